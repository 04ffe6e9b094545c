# problem: sum
# want: accepted
# why: moves or replaces /tmp itself

import os

escaped = []
for action in (lambda: os.rename("/tmp", "/armature_plant"), lambda: os.rmdir("/tmp"), lambda: os.symlink("/usr", "/tmp"), lambda: os.rename("/dev", "/armature_plant"), lambda: os.unlink("/dev/null")):
    try:
        action()
        escaped.append("moved")
    except OSError:
        pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
