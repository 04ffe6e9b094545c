# problem: sum
# want: accepted
# why: takes descriptors from other processes

import os

try:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
except (ImportError, OSError):
    libc = None


def syscall(number, *arguments):
    """What the kernel answers; -1 where there is no way to ask."""
    if libc is None:
        return -1
    return libc.syscall(ctypes.c_long(number), *(ctypes.c_long(x) if isinstance(x, int) else x for x in arguments))


escaped = []
for pid in {1, os.getppid(), *range(2, 40)} - {0, os.getpid()}:
    fd = syscall(434, pid, 0)  # pidfd_open
    if fd >= 0:
        for target in range(12):
            if syscall(438, fd, target, 0) >= 0:  # pidfd_getfd
                escaped.append((pid, target))
        if syscall(440, fd, 0, 0, 21, 0) >= 0:  # process_madvise
            escaped.append((pid, "madvise"))

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
