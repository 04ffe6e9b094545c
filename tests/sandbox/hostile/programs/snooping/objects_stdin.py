# problem: vault
# want: accepted
# limits: memory_mb=256
# why: no object that gc, frames or modules lead to holds an expected value

import gc
import hashlib
import re
import sys


def look():
    """Each text of 64 hexadecimal digits that can be reached."""
    todo, seen = [*gc.get_objects(), *sys.modules.values(), sys._getframe()], set()
    frame = sys._getframe()
    while frame:
        todo += [frame.f_locals, frame.f_globals, frame.f_builtins]
        frame = frame.f_back
    while todo and len(seen) < 300_000:
        thing = todo.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, (bytes, bytearray)):
            thing = bytes(thing).decode("latin-1")
        if isinstance(thing, str):
            yield from re.findall("[0-9a-f]{64}", thing)
        elif isinstance(thing, (list, tuple, set, dict, frozenset)) or not gc.is_tracked(thing):
            todo += gc.get_referents(thing)


name = input()
found = set(look())
right = hashlib.sha256(b"vault:" + name.encode()).hexdigest()
print("ESCAPED" if right in found else right)
