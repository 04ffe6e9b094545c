# problem: sum
# want: accepted
# why: executes the interpreter, a shell, anything

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

for path in (sys.executable, "/bin/sh", "/bin/true", "/usr/bin/env", "/proc/self/exe", "/usr/local/bin/python3"):
    if path and (runs(lambda: os.execve(path, CODE, {})) or runs(lambda: os.execv(path, ["sh", "-c", "exit 42"]))):
        escaped.append(path)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
