# problem: sum
# want: accepted
# why: names that a shell, a terminal, a decoder or a wiper would stumble over

import os

escaped = []
for name in (b"-rf", b"\xff\xfe", b"new\nline", b"*", b"~", b" ", b"...", b".wipe-1", b".wipe-2", b"\x1b[2J", b"n" * 255, "\u202e".encode(), b"$(touch x)", b"'\"`;"):
    os.mkdir(b"/tmp/" + name)
    open(b"/tmp/" + name + b"/" + name, "w").close()
a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
