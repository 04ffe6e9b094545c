# problem: sum
# want: accepted
# why: folders with mode 000 that hold files and folders with mode 000

import os

escaped = []
for k in range(20):
    os.makedirs(f"/tmp/{k}/in/in")
    open(f"/tmp/{k}/in/in/file", "w").close()
    os.chmod(f"/tmp/{k}/in/in/file", 0)
    for folder in (f"/tmp/{k}/in/in", f"/tmp/{k}/in", f"/tmp/{k}"):
        os.chmod(folder, 0)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
