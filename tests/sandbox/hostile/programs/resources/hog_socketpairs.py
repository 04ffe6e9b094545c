# problem: sum
# want: accepted, memory_limit
# why: socket buffers are memory of the kernel

import socket

taken, kept = 0, []
try:
    while taken < 600 << 20:
        pair = socket.socketpair()
        kept.append(pair)
        for one in pair:
            one.setblocking(False)
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 24)
            except OSError:
                pass
            try:
                while True:
                    taken += one.send(b"x" * (1 << 16))
            except BlockingIOError:
                pass
except OSError:
    pass
escaped = [taken >> 20, "MB in sockets"] if taken >= 512 << 20 else []

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
