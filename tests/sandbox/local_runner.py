"""A runner for tests of the graders: the real modes in a plain subprocess, without isolation: trusted programs only."""

from __future__ import annotations

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
from sandbox.inside import apart
from sandbox.inside.modes import MODES
mode, program_path, payload_path, results_path = sys.argv[2:]
sys.argv = ["program.py"]
payload = open(payload_path, "rb").read()
results = open(results_path, "wb", buffering=0)
if mode == "apart":
    mode, program_path = ("serve", program_path) if apart.divide() else (mode, "")
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
    """A runner that applies the wall limit only, and counts its jobs by mode."""

    def __init__(self) -> None:
        self.jobs: Counter[str] = Counter()

    def program(self, job: Job) -> Result:
        return self._run(job)

    def tests(self, job: Job) -> Result:
        return self._run(job)

    def _run(self, job: Job) -> Result:
        self.jobs[job.mode] += 1
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder)
            program = ""
            if job.program is not None:
                program = str(path / "p")
                (path / "p").write_bytes(job.program)
            (path / "i").write_bytes(job.payload)
            (path / "stdin").write_bytes(job.stdin)
            (path / "r").touch()
            arguments = [str(_ROOT), job.mode, program, str(path / "i"), str(path / "r")]
            before, used = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
            wall_limit = False
            with open(path / "stdin", "rb") as stdin:
                child = subprocess.Popen(
                    [sys.executable, "-I", "-S", "-c", _CHILD, *arguments],  # -S: the programs need no packages
                    stdin=stdin,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    cwd=folder,
                )
                try:
                    stdout, stderr = child.communicate(timeout=job.limits.wall)
                except subprocess.TimeoutExpired:
                    wall_limit = True
                    child.kill()
                    stdout, stderr = child.communicate()
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu_s = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
            wall_s = time.monotonic() - before
            results = (path / "r").read_bytes()
        code = child.returncode
        if wall_limit:
            status = Status.WALL_LIMIT
        elif code == -signal.SIGKILL:
            status = Status.MEMORY_LIMIT
        elif code < 0:
            status = Status.SIGNAL
        else:
            status = {0: Status.OK, _COMPILE: Status.COMPILE_ERROR}.get(code, Status.EXIT)
        cap = job.limits.output_bytes
        if max(len(stdout), len(stderr), len(results)) > cap:
            status = Status.OUTPUT_LIMIT
        outputs = (stdout[:cap], stderr[:cap], results[:cap])
        return Result(status, abs(code), *outputs, cpu_s, wall_s, after.ru_maxrss << 10)
