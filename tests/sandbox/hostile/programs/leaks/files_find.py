# problem: sum
# want: accepted
# after: leaks/files_plant
# why: the next job finds nothing of files_plant

import os

escaped = []
for place in ("/tmp", "/var/tmp", "/dev/shm", "/dev", "/run", "/", "/home", "/root", os.path.expanduser("~"), "/tmp/deep"):
    try:
        escaped += [f"{place}/{name}" for name in os.listdir(place) if "plant" in name or place.startswith("/tmp")]
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
