# problem: sum
# want: accepted
# after: leaks/abstract_socket_plant
# why: the next job finds nothing of abstract_socket_plant

import socket

escaped = []
try:
    socket.socket(socket.AF_UNIX).connect("\0armature_plant")
    escaped.append("connected")
except OSError:
    pass
try:
    escaped += [line for line in open("/proc/net/unix") if "armature_plant" in line]
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
