# problem: sum
# want: accepted, runtime_error
# why: system calls by int 0x80 have other numbers: a filter must look at the architecture

import mmap

escaped = []
try:
    import ctypes

    code = bytes.fromhex("53 bb01000000 b901000000 ba00000000 b867010000 cd80 5b c3")  # socket(AF_UNIX, SOCK_STREAM, 0)
    area = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    area.write(code)
    fd = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(area)))()
    if fd >= 0:
        escaped.append(fd)
except (ImportError, OSError):
    pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
