"""What honest programs use on judges: the names of the standard streams, libraries, integers of any length."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.api import Sandbox
from sandbox.job import Job, Limits, Status
from tests.sandbox.conftest import LIMITS, Runner

READ = (
    "print(open('/dev/stdin').read().strip())",
    "print(open('/dev/stdin', 'rb').read().decode().strip())",
    "with open('/dev/stdin') as f:\n    for line in f:\n        print(line.strip())",
    "print(open('/dev/fd/0').read().strip())",
    "print(open('/proc/self/fd/0').read().strip())",
    "from pathlib import Path\nprint(Path('/dev/stdin').read_text().strip())",
    "import sys\nsys.stdin = open('/dev/stdin')\nprint(input())\nprint(input())",
    "import io\nprint(io.open('/dev/stdin').read().strip())",
    "import os\nprint(os.read(os.open('/dev/stdin', os.O_RDONLY), 100).decode().strip())",
    "import fileinput\nfor line in fileinput.input('/dev/stdin'):\n    print(line.strip())",
    "import codecs\nprint(codecs.open('/dev/stdin', encoding='utf-8').read().strip())",
    "print(open(b'/dev/stdin').read().strip())",
    "*lines, = open('/dev/stdin')\nprint(*map(str.strip, lines), sep='\\n')",
    "import os\nprint(os.fdopen(0).read().strip())",
    "print(open(0).read().strip())",
)


@pytest.mark.parametrize("program", READ)
def test_stdin_has_its_names(run: Runner, program: str) -> None:
    result = run(program, b"5 6\nseven\n")
    assert (result.status, result.stdout) == (Status.OK, b"5 6\nseven\n"), result.stderr


WRITE = (
    "open('/dev/stdout', 'w').write('1\\n2\\n')",
    "open('/dev/stdout', 'wb').write(b'1\\n2\\n')",
    "print('1', flush=True)\nprint('2', file=open('/dev/stdout', 'w'))",  # what stood there is not lost
    "with open('/dev/stdout', 'a') as f:\n    f.write('1\\n')\nprint(2)",
    "for x in '12':\n    with open('/dev/stdout', 'w') as f:\n        print(x, file=f)",
    "import sys\nsys.stdout = open('/dev/stdout', 'w')\nprint(1)\nprint(2)",
    "from pathlib import Path\nPath('/dev/stdout').write_text('1\\n2\\n')",
    "import os\nos.write(os.open('/dev/stdout', os.O_WRONLY), b'1\\n2\\n')",
    "open('/dev/fd/1', 'w').write('1\\n2\\n')\nopen('/dev/stderr', 'w').write('3')",
    "open(1, 'w').write('1\\n2\\n')",
)


@pytest.mark.parametrize("program", WRITE)
def test_stdout_has_its_names(run: Runner, program: str) -> None:
    result = run(program)
    assert (result.status, result.stdout) == (Status.OK, b"1\n2\n"), result.stderr


@pytest.mark.parametrize(
    "program",
    [
        "open('/dev/stdin2')",
        "open('/dev/stdout/x', 'w')",
        "open('stdin')",
        "open('/dev/fd/77', 'w')",
        "open('/dev/../etc/passwd')",
        "open(None)",
        "open('/dev/stdin', 'q')",
        "open()",
        "import os\nos.open('/dev/sdin', os.O_RDONLY)",
        "open('/no/such/file', 'w')",
    ],
)
def test_other_names_are_as_they_were(run: Runner, program: str) -> None:
    assert run(program).status is Status.EXIT


def test_open_does_all_else_as_ever(run: Runner) -> None:
    program = (
        "import os\nwith open('/tmp/a', 'w', encoding='utf-16', newline='\\r\\n') as f:\n    print('é', file=f)\n"
        "print(open('/tmp/a', 'rb').read().hex(), open.__name__, os.open.__name__)\n"
        "fd = os.open('/tmp/b', os.O_CREAT | os.O_RDWR, 0o600)\nos.write(fd, b'x')\nos.close(fd)\n"
        "print(oct(os.stat('/tmp/b').st_mode), open('/tmp/b', opener=lambda p, f: os.open(p, f)).read())\n"
        "d = os.open('/tmp', os.O_RDONLY)\nprint(os.read(os.open('b', os.O_RDONLY, dir_fd=d), 9))"
    )
    result = run(program)
    assert result.stdout == b"fffee9000d000a00 open open\n0o100600 x\nb'x'\n", result.stderr


LIBRARIES = (
    "from sortedcontainers import SortedList\ns = SortedList([3, 1])\ns.add(2)\nprint(*s)",
    "import sortedcontainers\nprint(*sortedcontainers.SortedList([3, 1, 2]))",
    "from sortedcontainers import SortedDict\nprint(*SortedDict({3: 0, 1: 0, 2: 0}))",
    "from sortedcontainers import SortedSet\nprint(*SortedSet([3, 1, 2, 1]))",
    "from sortedcontainers import SortedKeyList\nprint(*SortedKeyList([3, 1, 2], key=lambda x: x))",
    "import sortedcontainers as sc\ns = sc.SortedList([1, 2, 3])\nprint(s[0], s[1], s[s.bisect_left(3)])",
    "from sortedcontainers import *\nprint(*SortedList([3, 1, 2]))",
    "import numpy as np\nprint(*np.sort([3, 1, 2]))",
    "import numpy\nfrom sortedcontainers import SortedList\nprint(*SortedList(numpy.array([3, 1, 2]).tolist()))",
    "try:\n    from sortedcontainers import SortedList\nexcept ImportError:\n    SortedList = None\n"
    "print(*SortedList([3, 1, 2]))",
)


@pytest.fixture(scope="module")
def roomy(backend: str) -> Iterator[Sandbox]:
    """Give as much memory as users' programs have: OpenBLAS on some processors does not start in 128 MiB."""
    with Sandbox(backend, slots=1, limits=Limits(cpu_s=30.0, wall_s=300.0, memory_mb=512)) as sandbox:
        yield sandbox


@pytest.mark.parametrize("program", LIBRARIES)
def test_libraries_of_judges_are_there(roomy: Sandbox, program: str) -> None:
    result = roomy.run(Job("stdin", program.encode(), limits=roomy.limits))
    assert (result.status, result.stdout) == (Status.OK, b"1 2 3\n"), result.stderr


@pytest.mark.parametrize("name", ["torch", "pytest", "infra", "tasks", "requests", "hypothesis"])
def test_others_are_not(run: Runner, name: str) -> None:
    result = run(f"import {name}")
    assert result.status is Status.EXIT and b"ModuleNotFoundError" in result.stderr


@pytest.mark.parametrize(
    ("program", "printed"),
    [
        ("print(len(str(int(input()))))", b"5000"),
        ("print(len(str(10**5000 - 1)))", b"5000"),
        ("import sys\nprint(sys.get_int_max_str_digits())", b"0"),
        ("print(len(f'{3**10000}'))", b"4772"),
        ("import math\nprint(len(str(math.factorial(2000))))", b"5736"),
        ("print(int(input()) % 7)", b"1"),
    ],
)
def test_integers_have_any_length(run: Runner, program: str, printed: bytes) -> None:
    assert run(program, b"9" * 5000).stdout.strip() == printed


def test_their_cpu_time_is_limited_all_the_same(run: Runner) -> None:
    assert run("print(10**(10**8))", limits=replace(LIMITS, cpu_s=1.0, wall_s=300.0)).status is Status.CPU_LIMIT
