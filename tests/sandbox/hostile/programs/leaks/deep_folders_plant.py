# problem: sum
# want: accepted
# why: folders without end, that a wiper must get to the bottom of

escaped = []
import os

try:
    for _ in range(3000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        open("armature_plant", "w").close()
except OSError:
    pass
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
