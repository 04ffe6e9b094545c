# problem: sum
# want: runtime_error
# why: a core dump for the next job to read

escaped = []
import os
import resource

MARK = "planted-core"
try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
except (OSError, ValueError):
    pass
os.abort()
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
