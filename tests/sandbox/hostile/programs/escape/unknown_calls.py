# problem: sum
# want: accepted
# why: numbers that are newer than this filter, or that are none

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
for name, number, arguments in (
    ('400', 400, (0, 0, 0, 0, 0, 0)),
    ('424', 424, (0, 0, 0, 0, 0, 0)),
    ('431', 431, (0, 0, 0, 0, 0, 0)),
    ('432', 432, (0, 0, 0, 0, 0, 0)),
    ('443', 443, (0, 0, 0, 0, 0, 0)),
    ('444', 444, (0, 0, 0, 0, 0, 0)),
    ('446', 446, (0, 0, 0, 0, 0, 0)),
    ('447', 447, (0, 0, 0, 0, 0, 0)),
    ('448', 448, (0, 0, 0, 0, 0, 0)),
    ('450', 450, (0, 0, 0, 0, 0, 0)),
    ('451', 451, (0, 0, 0, 0, 0, 0)),
    ('453', 453, (0, 0, 0, 0, 0, 0)),
    ('459', 459, (0, 0, 0, 0, 0, 0)),
    ('460', 460, (0, 0, 0, 0, 0, 0)),
    ('461', 461, (0, 0, 0, 0, 0, 0)),
    ('462', 462, (0, 0, 0, 0, 0, 0)),
    ('463', 463, (0, 0, 0, 0, 0, 0)),
    ('464', 464, (0, 0, 0, 0, 0, 0)),
    ('465', 465, (0, 0, 0, 0, 0, 0)),
    ('466', 466, (0, 0, 0, 0, 0, 0)),
    ('467', 467, (0, 0, 0, 0, 0, 0)),
    ('468', 468, (0, 0, 0, 0, 0, 0)),
    ('469', 469, (0, 0, 0, 0, 0, 0)),
    ('470', 470, (0, 0, 0, 0, 0, 0)),
    ('500', 500, (0, 0, 0, 0, 0, 0)),
    ('547', 547, (0, 0, 0, 0, 0, 0)),
    ('548', 548, (0, 0, 0, 0, 0, 0)),
    ('600', 600, (0, 0, 0, 0, 0, 0)),
    ('1000', 1000, (0, 0, 0, 0, 0, 0)),
):
    if syscall(number, *arguments) >= 0:
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
