# problem: sum
# want: accepted
# after: leaks/descriptor_plant
# why: the next job finds nothing of descriptor_plant

import os

escaped = []
for fd in range(4, 256):  # one beyond the three is the way of results
    try:
        os.fstat(fd)
        escaped.append(fd)
    except OSError:
        pass
escaped += [fd for fd in range(3) if not os.get_blocking(fd)]
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
