# problem: sum
# want: accepted
# why: mounts, by the old calls and the new

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
buffer = ctypes.create_string_buffer(4096) if libc else None
for name, number, arguments in (
    ('mount tmpfs', 165, (b'none', b'/tmp', b'tmpfs', 0, 0)),
    ('mount proc', 165, (b'proc', b'/tmp', b'proc', 0, 0)),
    ('bind', 165, (b'/', b'/tmp', 0, 4096, 0)),
    ('remount', 165, (b'none', b'/', 0, 32 | 4096, 0)),
    ('umount', 166, (b'/tmp', 2)),
    ('open_tree', 428, (-100, b'/', 1)),
    ('fsopen', 430, (b'tmpfs', 0)),
    ('fspick', 433, (-100, b'/', 0)),
    ('move_mount', 429, (-100, b'/tmp', -100, b'/tmp', 0)),
    ('mount_setattr', 442, (-100, b'/', 0, buffer, 32)),
    ('statmount', 457, (buffer, buffer, 512, 0)),
    ('listmount', 458, (buffer, buffer, 8, 0)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
