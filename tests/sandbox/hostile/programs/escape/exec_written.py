# problem: sum
# want: accepted, memory_limit
# why: executes what it wrote to /tmp: a copy of the interpreter, a script, the smallest program

import os
import shutil
import sys


def runs(action):
    """Whether a program was executed: it would end with status 42."""
    try:
        child = os.fork()
    except OSError:
        return False
    if child == 0:
        try:
            action()
        except BaseException:
            pass
        os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 42


CODE = ["python", "-I", "-S", "-c", "import os; os._exit(42)"]
escaped = []

for source in (sys.executable, "/bin/sh", "/proc/self/exe"):
    try:
        shutil.copyfile(source, "/tmp/program")
        os.chmod("/tmp/program", 0o755)
    except (OSError, TypeError):
        continue
    if runs(lambda: os.execve("/tmp/program", CODE, {})) or runs(lambda: os.execve("/tmp/program", ["sh", "-c", "exit 42"], {})):
        escaped.append(source)
with open("/tmp/script", "w") as file:
    file.write(f"#!{sys.executable} -IS\nimport os; os._exit(42)\n")
os.chmod("/tmp/script", 0o755)
if runs(lambda: os.execve("/tmp/script", ["script"], {})):
    escaped.append("script")
head = b"\x7fELF\x02\x01\x01" + bytes(9) + bytes.fromhex("02003e0001000000 7800400000000000 4000000000000000 0000000000000000 00000000 4000 3800 0100 0000 0000 0000")
segment = bytes.fromhex("01000000 05000000 0000000000000000 0000400000000000 0000400000000000 8400000000000000 8400000000000000 0010000000000000")
with open("/tmp/elf", "wb") as file:
    file.write(head + segment + bytes.fromhex("bf2a000000 b83c000000 0f05"))  # exit(42)
os.chmod("/tmp/elf", 0o755)
if runs(lambda: os.execve("/tmp/elf", ["elf"], {})):
    escaped.append("elf")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
