# problem: sum
# want: accepted
# why: secrets in the environment: its own, its parents', in memory

import os
import re
import sys

escaped = []
pattern = re.compile(rb"canary-[0-9a-f]{32}")
texts = [repr(dict(os.environ)).encode(), repr([sys.argv, sys.orig_argv]).encode()]
for name in ("self", "thread-self", "1", str(os.getppid())):
    try:
        texts.append(open(f"/proc/{name}/environ", "rb").read())
    except OSError:
        pass
escaped += [x for text in texts for x in pattern.findall(text)]
names = [name for name in os.environ if any(word in name.upper() for word in ("CANARY", "TOKEN", "SECRET", "AWS", "KEY", "PASSWORD", "PREFECT", "ARMATURE"))]
escaped += names

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
