# problem: sum
# want: accepted, memory_limit
# why: executes a program that lies in memory only

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

import ctypes

try:
    fd = os.memfd_create("program")
    with open(sys.executable or "/proc/self/exe", "rb") as file:
        while data := file.read(1 << 20):
            os.write(fd, data)
except (OSError, TypeError, AttributeError):
    fd = -1
if fd >= 0:
    if runs(lambda: os.execve(fd, CODE, {})) or runs(lambda: os.execve(f"/proc/self/fd/{fd}", CODE, {})):
        escaped.append("memfd")
    words = (ctypes.c_char_p * 6)(*[word.encode() for word in CODE], None)
    if runs(lambda: ctypes.CDLL(None).syscall(ctypes.c_long(322), ctypes.c_long(fd), b"", words, None, ctypes.c_long(0x1000))):
        escaped.append("execveat")

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
