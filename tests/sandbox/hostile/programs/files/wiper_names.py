# problem: sum
# want: accepted
# why: names that a wiper may take for its own

import os

escaped = []
for k in range(30):
    os.makedirs(f"/tmp/.wipe-{k}/.wipe-{k + 1}/.wipe-{k + 2}")
    open(f"/tmp/.wipe-{k}/.wipe-{k + 1}/file", "w").close()
    open(f"/tmp/.wipe-{k}/.wipe-{k}", "w").close()
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
