# problem: sum
# want: accepted
# after: leaks/patched_library_plant
# why: the next job finds nothing of patched_library_plant

import builtins
import json
import sys

escaped = [name for name in ("builtins", "json", "sys") if hasattr(sys.modules[name], "armature_plant")]
if json.loads(json.dumps([1])) != [1] or sys.getrecursionlimit() < 1000 or "/tmp" in sys.path:
    escaped.append("patched")
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
