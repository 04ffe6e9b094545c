# problem: sum
# want: accepted
# why: the folder in which the process runs is deleted

import os

escaped = []
os.makedirs("/tmp/a/b")
os.chdir("/tmp/a/b")
os.rmdir("/tmp/a/b")
os.rmdir("/tmp/a")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
