# problem: sum
# want: accepted
# why: listens for others

import socket

escaped = []
for address in (("0.0.0.0", 8080), ("127.0.0.1", 0)):
    try:
        socket.create_server(address)
        escaped.append(address)
    except OSError:
        pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
