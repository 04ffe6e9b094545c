# problem: sum
# want: accepted
# after: leaks/limits_plant
# why: the next job finds nothing of limits_plant

import os
import resource
import signal

escaped = []
mask = os.umask(0o22)
if mask == 0o777 or signal.pthread_sigmask(signal.SIG_BLOCK, []) or os.getcwd() != "/tmp":
    escaped.append("mask")
escaped += [name for name in ("RLIMIT_NOFILE", "RLIMIT_NPROC", "RLIMIT_FSIZE", "RLIMIT_STACK") if resource.getrlimit(getattr(resource, name))[0] == 16]
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
