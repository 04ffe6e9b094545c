# problem: sum
# want: accepted
# why: listens on a name that has no file, and a daemon keeps it

escaped = []
import os
import socket
import time

try:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind("\0armature_plant")
    listener.listen()
except OSError:
    pass

if os.fork() == 0:  # stays, so that what it holds stays
    os.setsid()
    if os.fork():
        os._exit(0)
    os.closerange(0, 3)
    time.sleep(20)
    os._exit(0)
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
