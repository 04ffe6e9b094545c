# problem: sum
# want: accepted
# why: writes anywhere but /tmp: the root, the library, the supervisor's own files

import os
import sys

escaped = []
places = {"/", "/usr", "/usr/lib", "/lib", "/etc", "/var", "/var/tmp", "/run", "/home", "/root", "/dev", "/dev/shm", "/dev/mqueue", "/opt", "/srv", "/mnt", sys.prefix, sys.base_prefix, os.path.dirname(os.__file__), os.path.expanduser("~")}
places |= {p for p in sys.path if p} | {os.path.dirname(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
for place in places:
    if place.startswith("/tmp"):
        continue
    path = f"{place}/armature_plant.py"
    try:
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY))
        escaped.append(path)
        os.unlink(path)
    except OSError:
        pass
for module in list(sys.modules.values()):
    path = getattr(module, "__file__", None)
    if path and not path.startswith("/tmp"):
        try:
            os.close(os.open(path, os.O_WRONLY))
            escaped.append(path)
        except OSError:
            pass

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
