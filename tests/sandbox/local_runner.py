"""A runner for tests of the graders: the real modes in a plain subprocess. It isolates nothing: trusted programs only."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from sandbox.job import Job, Result, Status

_ROOT = Path(__file__).resolve().parents[2]
_COMPILE = 87
_CHILD = """
import sys, types
sys.path.insert(0, sys.argv[1])
from sandbox.inside.modes import MODES
mode, program_path, payload_path, results_path, limit = sys.argv[2:]
sys.argv = ["program.py"]
payload = open(payload_path, "rb").read()
results = open(results_path, "wb", buffering=0)
main = types.ModuleType("__main__")
sys.modules["__main__"] = main
code = None
if program_path:
    try:
        code = compile(open(program_path, "rb").read(), "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        print(error, file=sys.stderr)
        raise SystemExit(87)
MODES[mode](code, payload, results.write)
"""


class LocalRunner:
    """`jobs` counts the modes that ran; `broken` makes every job raise it."""

    def __init__(self) -> None:
        self.jobs: Counter[str] = Counter()
        self.seconds: Counter[str] = Counter()
        self.broken: Exception | None = None

    def program(self, job: Job) -> Result:
        return self._run(job)

    def tests(self, job: Job) -> Result:
        return self._run(job)

    def _run(self, job: Job) -> Result:
        self.jobs[job.mode] += 1
        if self.broken is not None:
            raise self.broken
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            program = ""
            if job.program is not None:
                program = str(path / "p")
                (path / "p").write_bytes(job.program)
            (path / "i").write_bytes(job.payload)
            (path / "stdin").write_bytes(job.stdin)
            (path / "r").touch()
            argv = [
                sys.executable,
                "-I",
                "-c",
                _CHILD,
                str(_ROOT),
                job.mode,
                program,
                str(path / "i"),
                str(path / "r"),
                "0",
            ]
            cpu = job.limits.cpu_s

            def limit() -> None:
                resource.setrlimit(resource.RLIMIT_CPU, (int(cpu) + 1, int(cpu) + 1))

            before = time.monotonic()
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            wall_limit = False
            with open(path / "stdin", "rb") as stdin:
                child = subprocess.Popen(
                    argv, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder, preexec_fn=limit,
                    env={"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
                )  # fmt: skip
                try:
                    stdout, stderr = child.communicate(timeout=job.limits.wall)
                except subprocess.TimeoutExpired:
                    wall_limit = True
                    child.kill()
                    stdout, stderr = child.communicate()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            results = (path / "r").read_bytes()
            self.seconds[job.mode] += cpu_s
        code = child.returncode
        if wall_limit:
            status = Status.WALL_LIMIT
        elif code in (-signal.SIGXCPU, -signal.SIGKILL):
            status = Status.CPU_LIMIT
        elif code < 0:
            status = Status.SIGNAL
        else:
            status = {0: Status.OK, _COMPILE: Status.COMPILE_ERROR}.get(code, Status.EXIT)
        if status is Status.EXIT and stderr.rstrip().endswith(b"MemoryError"):
            status = Status.MEMORY_LIMIT
        cap = job.limits.output_bytes
        if max(len(stdout), len(stderr), len(results)) > cap:
            status = Status.OUTPUT_LIMIT
        return Result(
            status,
            abs(code),
            stdout[:cap],
            stderr[:cap],
            results[:cap],
            cpu_s,
            time.monotonic() - before,
            after.ru_maxrss << 10,
        )


def payload(**fields: object) -> bytes:
    return json.dumps(fields).encode()


assert os.name == "posix"
