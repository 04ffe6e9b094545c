# problem: sum
# want: accepted
# why: threads until no more are allowed

import threading
import time

threading.stack_size(1 << 16)
threads = 0
try:
    while threads < 1500:
        threading.Thread(target=time.sleep, args=[30], daemon=True).start()
        threads += 1
except (RuntimeError, MemoryError):
    pass
escaped = [threads] if threads >= 500 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
