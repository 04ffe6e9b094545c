# problem: vault_call
# want: accepted
# limits: memory_mb=256
# why: no readable page of the process holds an expected value

import hashlib
import re
import os
import sys

try:
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
except (ImportError, OSError):
    libc = None


def regions():
    """Address ranges of this process: from /proc, else guessed from where objects, the heap and the stack lie."""
    try:
        for line in open("/proc/self/maps"):
            span, rights = line.split()[:2]
            if rights[0] == "r":
                yield tuple(int(end, 16) for end in span.split("-"))
        return
    except OSError:
        pass
    import gc

    size = 1 << 20
    near = {id(x) // size for x in [*gc.get_objects(), *sys.modules, *sys.modules.values(), sys._getframe(), b"", "", object()]}
    near |= {block + step for block in near for step in (-2, -1, 1, 2)}
    yield from ((block * size, (block + 1) * size) for block in sorted(near))
    libc.sbrk.restype = ctypes.c_void_p
    heap = libc.sbrk(ctypes.c_long(0)) or 0
    yield heap - (32 << 20), heap
    libc.getauxval.restype = ctypes.c_ulong
    for key in (25, 31):  # AT_RANDOM, AT_EXECFN: the beginning of the stack, with arguments and environment
        top = libc.getauxval(ctypes.c_ulong(key))
        if top:
            yield top - (1 << 17), top + (1 << 17)


def memory():
    """What of it can be read, a region at a time: write() says EFAULT where nothing is mapped."""
    if libc is None:
        return
    out, into = os.pipe()
    page = 4096
    for start, end in regions():
        found = bytearray()
        for address in range(max(page, start) // page * page, min(end, start + (64 << 20)), page):
            if libc.write(into, ctypes.c_void_p(address), ctypes.c_size_t(page)) == page:
                found += os.read(out, page)
        yield found


def look():
    for region in memory():
        yield from (text.decode() for text in re.findall(rb"[0-9a-f]{64}", region))


class Vault:
    def open(self, name):
        found = set(look())
        right = hashlib.sha256(b"vault:" + name.encode()).hexdigest()
        return "ESCAPED" if right in found else right
