# problem: sum
# want: accepted
# why: enters the namespaces of others

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
import glob

for path in [*glob.glob("/proc/1/ns/*"), *glob.glob("/proc/[0-9]*/ns/*"), *glob.glob("/run/netns/*"), *glob.glob("/var/run/docker/netns/*"), *glob.glob("/proc/self/ns/*")]:
    try:
        fd = os.open(path, os.O_RDONLY)
    except OSError:
        continue
    if syscall(308, fd, 0) >= 0:
        escaped.append(path)
for pid in {1, os.getppid()} - {0}:
    fd = syscall(434, pid, 0)
    if fd >= 0 and syscall(308, fd, 0x7E020000) >= 0:
        escaped.append(pid)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
