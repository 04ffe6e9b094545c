"""The self-test: hostile probes that run on a slot at each start. Where one is not contained, the start fails.

A probe that tries something forbidden prints CONTAINED if it was stopped, else what it got. A probe that exhausts a
resource must end by the limit on that resource. The suite of hostile programs in the tests is far longer; the
self-test checks that this machine contains programs as the machines of the tests do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status

#: Each probe meets one limit; the limits of time are far from the others, so that a slow machine changes nothing.
_LIMITS = Limits(cpu_s=20.0, memory_mb=64, output_bytes=1 << 20, processes=8)


@dataclass(frozen=True, slots=True)
class Probe:
    """A hostile program and the status with which it must end; with OK it must also print CONTAINED."""

    name: str
    program: str
    want: Status = Status.OK
    limits: Limits = _LIMITS


_REFUSED = """
def refused(action):
    try:
        got = action()
    except (OSError, ValueError):
        return
    print("got", got)
    raise SystemExit
"""

_TRIES = {
    "opens a socket": """
import socket
for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16, 17, 38, 40):
    refused(lambda: socket.socket(family, socket.SOCK_STREAM))
""",
    "executes a file": """
import os, sys
with open("/tmp/x", "w") as f: f.write("#!/bin/sh\\n")
os.chmod("/tmp/x", 0o755)
for path in ("/tmp/x", "/bin/sh", "/usr/local/bin/python3", sys.executable or "/usr/bin/python3"):
    refused(lambda: os.execv(path, [path]))
""",
    "reaches processes that are not its own": """
import os
if os.getpid() != 1: refused(lambda: os.kill(1, 0))
refused(lambda: open("/proc/1/environ").read())
refused(lambda: open("/proc/1/mem", "rb").read(1))
refused(lambda: os.listdir("/proc/1/fd"))
""",
    "gains privileges": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
refused(lambda: os.setuid(0))
unshare, mount, ptrace = (272, 0x10000000), (165, b"none", b"/tmp", b"tmpfs", 0, 0), (101, 0, 1, 0, 0)
process_vm_readv, bpf = (310, 1, 0, 0, 0, 0, 0), (321, 0, 0, 0)
io_uring_setup, memfd_create = (425, 1, 0), (319, b"x", 0)
for number, *arguments in (unshare, mount, ptrace, process_vm_readv, bpf, io_uring_setup, memfd_create):
    if libc.syscall(number, *arguments) >= 0: print("got", number); raise SystemExit
""",
    "writes outside /tmp, or finds what is the host's": """
import os
for path in ("/x", "/usr/x", "/packages/x", "/dev/x", "/etc/x", "/proc/sys/kernel/core_pattern"):
    refused(lambda: open(path, "w"))
for path in ("/var/run/docker.sock", "/run/docker.sock", "/dev/kvm", "/dev/mem", "/etc/shadow"):
    refused(lambda: open(path, "rb"))
""",
    "inherits something": """
import os
for fd in range(4, 256): refused(lambda: os.fstat(fd))
if os.environ: print("got", dict(os.environ)); raise SystemExit
""",
    "leaves something behind": """
import os, sys, time
open("/tmp/left", "w").write("x"); os.makedirs("/tmp/a/b"); os.chmod("/tmp/a", 0)
if os.fork() == 0:
    os.setsid(); os.close(1); os.close(2)
    while True: time.sleep(1)
""",
    "finds what was left": """
import os
numbers = [name for name in (os.listdir("/proc") if os.path.isdir("/proc") else []) if name.isdigit()]
left = os.listdir("/tmp") + [number for number in numbers if int(number) not in (1, os.getpid())]
if left: print("got", left); raise SystemExit
""",
}


def probes() -> list[Probe]:
    """Return the probes in the order in which they run: one looks for what the one before it left behind."""
    tries = [Probe(name, f"{_REFUSED}\n{body}\nprint('CONTAINED')") for name, body in _TRIES.items()]
    return [
        *tries,
        Probe("computes for ever", "while True: pass", Status.CPU_LIMIT, Limits(cpu_s=0.1, wall_s=60.0, memory_mb=64)),
        Probe(
            "waits for ever",
            "import time\ntime.sleep(60)",
            Status.WALL_LIMIT,
            Limits(cpu_s=1.0, wall_s=0.2, memory_mb=64),
        ),
        Probe("takes memory", "x = bytearray(1 << 30)", Status.MEMORY_LIMIT),
        Probe("takes memory in many processes", _MANY, Status.MEMORY_LIMIT),
        Probe("forks for ever", "import os\nwhile True: os.fork()", Status.EXIT),
        Probe("writes for ever", "while True: print('x' * 65536)", Status.OUTPUT_LIMIT),
    ]


_MANY = """
import os, time
for _ in range(6):
    if os.fork() == 0: break
x = bytearray(40 << 20)
for i in range(0, len(x), 4096): x[i] = 1
time.sleep(30)
"""


def check(run: Callable[[Job], Result], remedy: str) -> int:
    """Run the probes on one slot and return their number.

    Raises SandboxError, with `remedy`, for the first that is not contained.
    """
    all_probes = probes()
    for probe in all_probes:
        result = run(Job("stdin", probe.program.encode(), limits=probe.limits))
        contained = result.status is probe.want and (
            probe.want is not Status.OK or result.stdout.strip() == b"CONTAINED"
        )
        if not contained:
            seen = (result.stdout or result.stderr).decode(errors="replace").strip().rpartition("\n")[2][-300:]
            raise SandboxError(
                f"the self-test failed: a program that {probe.name} was not contained "
                f"({result.status}: {seen}); {remedy}"
            )
    return len(all_probes)
