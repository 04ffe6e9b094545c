# problem: sum
# want: time_limit
# limits: cpu_s=0.5
# why: four threads that use each core, without the interpreter's lock

import threading
import zlib


def burn():
    data = bytes(1 << 20)
    while True:
        zlib.compress(data)


for _ in range(4):
    threading.Thread(target=burn).start()
