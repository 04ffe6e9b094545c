# problem: sum
# want: accepted
# why: thousands of names for one file, and names for the library's files

import os

escaped = []
import sys

open("/tmp/one", "w").close()
try:
    for k in range(3000):
        os.link("/tmp/one", f"/tmp/link{k}")
except OSError:
    pass
for path in (os.__file__, sys.executable, "/usr/bin/env", "/etc/passwd"):
    try:
        os.link(path, f"/tmp/{os.path.basename(path)}")
        escaped.append(path)
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
