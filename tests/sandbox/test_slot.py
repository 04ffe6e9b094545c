"""Jobs on one slot: their ends, their surroundings, and that nothing of one job reaches the next."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from sandbox.job import Job, Limits, Status
from tests.sandbox.conftest import LIMITS, Runner, new_slot

LITTLE_CPU = replace(LIMITS, cpu_s=0.5)


def test_text_in_text_out(run: Runner) -> None:
    result = run("a, b = map(int, input().split())\nprint(a + b)", b"1 2\n")
    assert (result.status, result.stdout, result.stderr) == (Status.OK, b"3\n", b"")
    assert result.cpu_s > 0 and result.wall_s > 0 and result.memory_bytes > 1 << 20


@pytest.mark.parametrize(
    ("program", "status", "code"),
    [
        ("print(1)", Status.OK, 0),
        ("exit()", Status.OK, 0),
        ("import sys; sys.exit(3)", Status.EXIT, 3),
        ("import sys; sys.exit('bye')", Status.EXIT, 1),
        ("1 / 0", Status.EXIT, 1),
        ("def f(: pass", Status.COMPILE_ERROR, 87),
        ("x = '\0'", Status.COMPILE_ERROR, 87),
        ("(" * 5000, Status.COMPILE_ERROR, 87),
        ("x = bytearray(1 << 30)", Status.MEMORY_LIMIT, 86),
        ("print('x' * (2 << 20))", Status.OUTPUT_LIMIT, None),
        ("import sys\nwhile True: sys.stderr.write('x' * 65536)", Status.OUTPUT_LIMIT, None),
        ("import ctypes; ctypes.string_at(0)", Status.SIGNAL, 11),
    ],
)
def test_how_it_ends(run: Runner, program: str, status: Status, code: int | None) -> None:
    result = run(program)
    assert result.status is status, result
    assert code is None or result.code == code


@pytest.mark.parametrize(
    "program",
    [
        "while True: pass",
        "import threading\nfor _ in range(4): threading.Thread(target=lambda: sum(iter(int, 1))).start()",
        "import os\nif os.fork() == 0:\n    while True: pass\nos.wait()",
    ],
    ids=["a loop", "threads", "a grandchild"],
)
def test_cpu_time_of_all_threads_and_processes_counts(run: Runner, program: str) -> None:
    result = run(program, limits=LITTLE_CPU)
    assert result.status is Status.CPU_LIMIT
    assert result.cpu_s >= LITTLE_CPU.cpu_s


def test_waiting_costs_wall_time_not_cpu(run: Runner) -> None:
    result = run("import time; time.sleep(600)", limits=replace(LIMITS, wall_s=0.3))
    assert result.status is Status.WALL_LIMIT
    assert result.wall_s >= 0.3 and result.cpu_s < 1


def test_like_an_interpreter_of_its_own(run: Runner) -> None:
    """Run idioms of honest programs."""
    program = """
import sys, atexit, threading, __main__, dataclasses, random
sys.setrecursionlimit(10**6)
threading.stack_size(64 << 20)
def deep(n): return 0 if n == 0 else 1 + deep(n - 1)
out = []
thread = threading.Thread(target=lambda: out.append(deep(50_000)))
thread.start(); thread.join()
@dataclasses.dataclass
class Point: x: int
print(out, Point(3), __name__, __main__.Point is Point, sys.argv, len(open(0).read()), random.random() < 1)
threading.Thread(target=lambda: print("from a thread that nobody joined")).start()
atexit.register(print, "at exit")
"""
    result = run(program, b"x" * 100_000, replace(LIMITS, memory_mb=256))  # a stack counts as it is reserved
    assert result.status is Status.OK, result.stderr
    assert (
        result.stdout
        == b"[50000] Point(x=3) __main__ True ['program.py'] 100000 True\nfrom a thread that nobody joined\nat exit\n"
    )


def test_numpy_is_there(run: Runner) -> None:
    limits = replace(LIMITS, memory_mb=512)  # OpenBLAS reserves a buffer whose size depends on the processor
    result = run("import numpy as np; print(np.arange(4).reshape(2, 2) @ np.eye(2))", limits=limits)
    assert result.stdout == b"[[0. 1.]\n [2. 3.]]\n", result


def test_bytes_are_data(run: Runner) -> None:
    every = bytes(range(256)) + b"\r\n\0\xff\xed\xa0\x80\x1b[31m"
    assert run("import sys; sys.stdout.buffer.write(sys.stdin.buffer.read())", every).stdout == every
    assert run("import sys; sys.stdout.write(sys.stdin.read())", b"a\r\nb\xff").stdout == b"a\nb\xff"


def test_an_input_that_is_never_read(run: Runner) -> None:
    result = run("print(1)", b"x" * (100 << 20))
    assert (result.status, result.stdout) == (Status.OK, b"1\n")


@pytest.mark.parametrize(
    "plant",
    [
        "open('/tmp/x', 'w').write('1')",
        "import os\nfor i in range(500): os.makedirs(f'/tmp/{i}/a/b')",
        "import os\nd = os.open('/tmp', os.O_RDONLY)\nfor i in range(900):\n"
        "    os.mkdir('n' * 200, dir_fd=d); e = os.open('n' * 200, os.O_RDONLY, dir_fd=d); os.close(d); d = e",
        "import os\nos.makedirs('/tmp/a/b'); open('/tmp/a/b/c', 'w').write('1')\n"
        "os.chmod('/tmp/a/b', 0); os.chmod('/tmp/a', 0)",
        "import os\nos.symlink('/', '/tmp/root'); os.symlink('nowhere', '/tmp/dangling')",
        "f = open('/tmp/sparse', 'wb'); f.truncate(60 << 20)",
        "import os\ntry:\n    for i in range(10**6): open(f'/tmp/{i}', 'w')\nexcept OSError: pass",
        "try:\n    f = open('/tmp/full', 'wb')\n    while True: f.write(b'x' * (1 << 20))\nexcept OSError: pass",
    ],
    ids=["file", "folders", "depth", "closed folders", "links", "sparse", "inodes", "full"],
)
def test_tmp_is_new_for_each_job(run: Runner, plant: str) -> None:
    run(plant)
    assert run.slot.usable, "the slot was cleaned, not discarded"
    after = run(
        "import os\nprint(os.listdir('/tmp'))\n"
        "open('/tmp/x', 'w').write('x' * 1000)\nprint(open('/tmp/x').read() == 'x' * 1000)"
    )
    assert after.stdout == b"[]\nTrue\n", after


def test_no_process_outlives_its_job(run: Runner) -> None:
    """Leave two daemons, one of which holds stdout: the job ends all the same, and they end with it."""
    daemons = """
import os, time
for close in (True, False):
    if os.fork() == 0:
        os.setsid()
        if os.fork(): os._exit(0)
        if close: os.close(1); os.close(2)
        while True: time.sleep(0.01); os.path.isdir("/tmp") and open(f"/tmp/{close}", "w").close()
while len(os.listdir("/tmp")) < 2: time.sleep(0.01)
print("done")
"""
    result = run(daemons)
    assert (result.status, result.stdout) == (Status.OK, b"done\n")
    assert run("import os, time; time.sleep(0.1); print(os.listdir('/tmp'))").stdout == b"[]\n"


def test_memory_of_many_processes_is_one_budget(run: Runner) -> None:
    program = """
import os, time
for _ in range(4):
    if os.fork() == 0: break
x = bytearray(b"x") * (60 << 20)
time.sleep(600)
"""
    assert run(program).status is Status.MEMORY_LIMIT


def test_forks_are_bounded(run: Runner) -> None:
    program = """
import os
made = 0
try:
    while True:
        if os.fork() == 0:
            import time; time.sleep(600)
        made += 1
except OSError: pass
print(made)
"""
    result = run(program)
    assert result.status is Status.OK
    assert 1 <= int(result.stdout) <= LIMITS.processes


def test_a_lane_for_test_code_has_numpy_loaded(backend: str) -> None:
    slot = new_slot(backend, 1, "tests")
    try:
        assert "numpy" in slot.hello["loaded"]
        result = slot.run(Job("stdin", b"import sys; print('numpy' in sys.modules)", limits=LIMITS))
        assert result.stdout == b"True\n"
    finally:
        slot.end()


def test_a_sleeping_job_ends_by_the_idle_limit(run: Runner) -> None:
    """End a job that neither computes nor waits for a core long before its wall limit."""
    limits = Limits(cpu_s=0.5, wall_s=300.0, memory_mb=128)
    result = run("print(3, flush=True)\nimport time\ntime.sleep(600)", limits=limits)
    assert result.status is Status.IDLE_LIMIT
    assert result.wall_s >= limits.idle == 2.5 and result.cpu_s < 0.5


class Impatient(Limits):
    """Limits with an idle limit that does not depend on `cpu_s`."""

    @property
    def idle(self) -> float:
        return 2.0


@pytest.mark.slow
def test_a_job_that_waits_for_a_core_is_not_idle(run: Runner) -> None:
    """Compute on a busy machine until more time was spent waiting for a core than a job may be idle."""
    limits = Impatient(cpu_s=60.0, wall_s=300.0, memory_mb=128)
    program = """
import time
began = time.monotonic()
while time.monotonic() - began - time.process_time() < 5.0: pass
print("done")
"""
    others = [
        subprocess.Popen([sys.executable, "-c", "while True: pass"], start_new_session=True)
        for _ in range(8 * len(os.sched_getaffinity(0)))
    ]
    try:
        result = run(program, limits=limits)
    finally:
        for other in others:
            other.kill()
            other.wait()
    assert (result.status, result.stdout) == (Status.OK, b"done\n"), result
    assert result.wall_s - result.cpu_s > 5.0 > limits.idle
