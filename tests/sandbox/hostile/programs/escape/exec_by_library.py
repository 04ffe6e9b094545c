# problem: sum
# want: accepted
# why: subprocess, os.system, popen, spawn, pty and multiprocessing

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

import multiprocessing
import subprocess


def spawned():
    process = multiprocessing.get_context("spawn").Process(target=os._exit, args=(42,))
    process.start()
    process.join()
    os._exit(process.exitcode or 0)


for name, action in (
    ("subprocess", lambda: os._exit(subprocess.run([sys.executable, *CODE[1:]]).returncode)),
    ("system", lambda: os._exit(os.waitstatus_to_exitcode(os.system("exit 42")))),
    ("popen", lambda: os._exit((os.popen("exit 42").close() or 0) >> 8)),
    ("posix_spawn", lambda: os._exit(os.waitstatus_to_exitcode(os.waitpid(os.posix_spawn(sys.executable, CODE, {}), 0)[1]))),
    ("spawnv", lambda: os._exit(os.spawnv(os.P_WAIT, sys.executable, CODE))),
    ("multiprocessing", spawned),
):
    if runs(action):
        escaped.append(name)

a, b = map(int, input().split())
print("ESCAPED", *escaped) if escaped else print(a + b)
