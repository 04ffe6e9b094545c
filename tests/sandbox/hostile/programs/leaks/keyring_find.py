# problem: sum
# want: accepted
# after: leaks/keyring_plant
# why: the next job finds nothing of keyring_plant

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
for ring in (-3, -4, -5):
    if syscall(250, 10, ring, b"user", b"armature_plant", 0) > 0:  # KEYCTL_SEARCH
        escaped.append(ring)
if syscall(249, b"user", b"armature_plant", 0, 0) > 0:
    escaped.append("request")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
