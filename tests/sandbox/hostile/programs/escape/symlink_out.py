# problem: sum
# want: accepted
# why: links, folders and descriptors that lead out

import os

escaped = []
for path in ("/proc/self/root/..", "/proc/self/cwd/../../..", "/..", "/tmp/../..", "/dev/fd/3/..", "/proc/self/fd/0/..", "/proc/thread-self/root"):
    try:
        if os.stat(path).st_ino != os.stat("/").st_ino and path.count("..") and "fd" not in path:
            escaped.append(path)
    except OSError:
        pass
for fd in range(3, 256):  # a folder that somebody left open is a way out of any root
    try:
        os.fchdir(fd)
        escaped.append((fd, os.listdir(".")[:5]))
    except OSError:
        pass
os.chdir("/tmp")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
