# problem: sum
# want: accepted
# why: reads what /proc says of pid 1 and of all others

import glob
import os

escaped = []
for folder in {"/proc/1", f"/proc/{os.getppid()}", *glob.glob("/proc/[0-9]*")} - {f"/proc/{os.getpid()}"}:
    for name in ("environ", "mem", "maps", "auxv", "stack", "io", "pagemap", "syscall"):
        try:
            with open(f"{folder}/{name}", "rb") as file:
                if file.read(64):
                    escaped.append(f"{folder}/{name}")
        except OSError:
            pass
    for name in ("root", "cwd", "fd", "exe", "task/1/root"):
        try:
            escaped.append(f"{folder}/{name}: {os.listdir(f'{folder}/{name}')[:3]}")
        except OSError:
            pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
