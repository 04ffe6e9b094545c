# problem: sum
# want: accepted
# why: links to everything outside, to be followed by whoever cleans or collects

import os

escaped = []
for k, target in enumerate(("/", "/etc/passwd", "/usr", "/lib", "/dev", "/proc/1/root", "/proc/self/fd", "..", ".", "/tmp", "/dev/zero", "/nowhere", "x" * 4000)):
    os.symlink(target, f"/tmp/link{k}")
os.mkdir("/tmp/d")
os.symlink("/usr", "/tmp/d/usr")
os.symlink("../d", "/tmp/d/d")
os.symlink("/tmp/loop2", "/tmp/loop1")
os.symlink("/tmp/loop1", "/tmp/loop2")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
