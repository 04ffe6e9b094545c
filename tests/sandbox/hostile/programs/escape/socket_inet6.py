# problem: sum
# want: accepted
# why: an IPv6 socket: the network

import socket

escaped = []
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET):
    try:
        socket.socket(10, kind)
        escaped.append(int(kind))
    except OSError:
        pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
