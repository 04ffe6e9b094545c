# problem: sum
# want: accepted
# why: the machine's state: restart, swap, accounting, logs, ports (with arguments that do nothing where they are allowed)

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
    ('reboot', 169, (1, 2, 3, 0)),
    ('swapon', 167, (b'/armature_none', 0)),
    ('swapoff', 168, (b'/armature_none',)),
    ('acct', 163, (b'/armature_none',)),
    ('syslog', 103, (3, buffer, 64)),
    ('ioperm', 173, (0x80, 1, 1)),
    ('iopl', 172, (3,)),
    ('quotactl', 179, (0x800000, 0, 0, buffer)),
    ('vhangup', 153, ()),
    ('modify_ldt', 154, (0x11, buffer, 16)),
    ('lookup_dcookie', 212, (0, buffer, 64)),
    ('nfsservctl', 180, (0, 0, 0)),
    ('sethostname', 170, (b'armature', 8)),
    ('setdomainname', 171, (b'armature', 8)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
