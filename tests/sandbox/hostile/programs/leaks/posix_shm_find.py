# problem: sum
# want: accepted
# after: leaks/posix_shm_plant
# why: the next job finds nothing of posix_shm_plant

import glob
import multiprocessing.shared_memory

escaped = [path for place in ("/dev/shm", "/run/shm", "/dev") for path in glob.glob(f"{place}/*") if "armature_plant" in path or "sem." in path or "psm_" in path]
try:
    multiprocessing.shared_memory.SharedMemory("armature_plant2")
    escaped.append("shared memory")
except Exception:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
