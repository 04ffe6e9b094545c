"""What graders run jobs with."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sandbox.job import Job, Result, Status
from sandbox.verdict import Kind, Verdict

KINDS = {
    Status.COMPILE_ERROR: Kind.COMPILE_ERROR,
    Status.EXIT: Kind.RUNTIME_ERROR,
    Status.SIGNAL: Kind.RUNTIME_ERROR,
    Status.CPU_LIMIT: Kind.TIME_LIMIT,
    Status.WALL_LIMIT: Kind.TIME_LIMIT,
    Status.IDLE_LIMIT: Kind.TIME_LIMIT,
    Status.MEMORY_LIMIT: Kind.MEMORY_LIMIT,
    Status.OUTPUT_LIMIT: Kind.OUTPUT_LIMIT,
}
#: Limits that depend on the clock, and so on what else the machine does: another run may go otherwise.
CLOCK = frozenset({Status.WALL_LIMIT, Status.IDLE_LIMIT})
_IDLE = 0.5  # of the CPU limit: who used less when the wall limit came waited, or the machine was busy


class Runner(Protocol):
    """Two lanes: programs, and test code alone. Both raise SandboxError where no slot could run the job."""

    def program(self, job: Job) -> Result: ...
    def tests(self, job: Job) -> Result: ...


def waited(result: Result, job: Job) -> bool:
    """Whether it met the wall limit with little CPU time used, so that another run may go otherwise."""
    return result.status is Status.WALL_LIMIT and result.cpu_s < _IDLE * job.limits.cpu_s


def describe(result: Result) -> str:
    """Why it did not end well, in one line: for an exception, its last line on stderr."""
    if result.status is Status.SIGNAL:
        return f"ended by signal {result.code}"
    if result.status in (Status.EXIT, Status.COMPILE_ERROR):
        lines = result.stderr[-4096:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else f"exit status {result.code}"
    return str(result.status).replace("_", " ")


class Meter:
    """Runs a program's jobs and adds up what they cost."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.cpu_s = self.wall_s = 0.0
        self.memory_bytes = self.output_bytes = 0

    def run(self, job: Job) -> Result:
        """Once, and once more where it `waited`."""
        result = self._once(job)
        return self._once(job) if waited(result, job) else result

    def _once(self, job: Job) -> Result:
        result = self.runner.program(job)
        self.cpu_s += result.cpu_s
        self.wall_s += result.wall_s
        self.memory_bytes = max(self.memory_bytes, result.memory_bytes)
        self.output_bytes += len(result.stdout) + len(result.stderr) + len(result.results)
        return result

    def fill(self, verdict: Verdict) -> Verdict:
        return replace(
            verdict,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            memory_bytes=self.memory_bytes,
            output_bytes=self.output_bytes,
        )
