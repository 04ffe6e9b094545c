# problem: sum
# want: accepted
# why: shared memory with a name, by file and by library

escaped = []
import multiprocessing.shared_memory
import os

for path in ("/dev/shm/armature_plant", "/run/shm/armature_plant", "/dev/armature_plant"):
    try:
        with open(path, "w") as file:
            file.write("armature_plant")
    except OSError:
        pass
try:
    area = multiprocessing.shared_memory.SharedMemory("armature_plant2", create=True, size=64)
    area.buf[:14] = b"armature_plant"
except Exception:  # its helper process cannot be started either
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
