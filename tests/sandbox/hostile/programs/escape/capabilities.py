# problem: sum
# want: accepted
# why: no capability may be left, and none may come

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
if libc:
    header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    if syscall(125, header, data) == 0 and any(data):
        escaped.append(list(data))
    wanted = (ctypes.c_uint32 * 6)(*[0xFFFFFFFF] * 6)
    if syscall(126, header, wanted) == 0:
        escaped.append("capset")
    for capability in range(41):
        if syscall(157, 47, 2, capability, 0, 0) >= 0 and syscall(157, 47, 1, capability, 0, 0) == 1:  # PR_CAP_AMBIENT
            escaped.append(("ambient", capability))
    if syscall(157, 8, 1, 0, 0, 0) == 0 and os.getuid() == 0:  # PR_SET_KEEPCAPS
        escaped.append("keepcaps")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
