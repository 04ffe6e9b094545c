# problem: sum
# want: accepted, memory_limit
# why: a child takes a gigabyte while the parent waits

import os

child = os.fork()
if child == 0:
    try:
        data = b"x" * (1 << 30)
    except MemoryError:
        os._exit(1)
    os._exit(42)
escaped = ["a gigabyte"] if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
