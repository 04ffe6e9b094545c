# problem: sum
# want: accepted, runtime_error, memory_limit
# why: kills its own group, in which nobody else may be

import os
import signal

escaped = []
os.kill(0, signal.SIGKILL)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
