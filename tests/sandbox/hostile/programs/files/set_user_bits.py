# problem: sum
# want: accepted
# why: files with set-user, set-group and sticky bits

import os

escaped = []
for mode in (0o4777, 0o2777, 0o1777, 0o7777):
    open(f"/tmp/{mode}", "w").close()
    os.mkdir(f"/tmp/{mode}d")
    os.chmod(f"/tmp/{mode}", mode)
    os.chmod(f"/tmp/{mode}d", mode)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
