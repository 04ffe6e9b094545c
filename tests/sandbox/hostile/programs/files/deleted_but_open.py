# problem: sum
# want: accepted, memory_limit
# why: files that have no name and take all space, held by a daemon

import os

escaped = []
import time

if os.fork() == 0:
    os.setsid()
    files = []
    try:
        for k in range(10):
            files.append(open(f"/tmp/{k}", "wb"))
            os.unlink(f"/tmp/{k}")
            for _ in range(8):
                files[-1].write(b"x" * (1 << 20))
    except OSError:
        pass
    os.closerange(0, 3)
    time.sleep(30)
    os._exit(0)
time.sleep(0.2)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
