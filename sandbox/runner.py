"""The interface by which graders run jobs, and the reading of a job's result."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from sandbox.job import Job, Result, Status
from sandbox.verdict import Kind, Verdict

KIND_OF_STATUS = {
    Status.COMPILE_ERROR: Kind.COMPILE_ERROR,
    Status.EXIT: Kind.RUNTIME_ERROR,
    Status.SIGNAL: Kind.RUNTIME_ERROR,
    Status.CPU_LIMIT: Kind.TIME_LIMIT,
    Status.WALL_LIMIT: Kind.TIME_LIMIT,
    Status.IDLE_LIMIT: Kind.TIME_LIMIT,
    Status.MEMORY_LIMIT: Kind.MEMORY_LIMIT,
    Status.OUTPUT_LIMIT: Kind.OUTPUT_LIMIT,
}
#: Limits that depend on the clock, and so on the load of the machine: another run may end differently.
CLOCK_LIMITS = frozenset({Status.WALL_LIMIT, Status.IDLE_LIMIT})
_LITTLE_CPU = 0.5  # share of the CPU limit; a job that used less at its wall limit waited, or the machine was busy


class Runner(Protocol):
    """Two lanes, one for programs and one for test code. Both raise SandboxError where no slot could run the job."""

    def program(self, job: Job) -> Result:
        """Run a program."""

    def tests(self, job: Job) -> Result:
        """Run test code."""


def should_retry(result: Result, job: Job) -> bool:
    """Return whether a job met its wall limit with little CPU time used, so that another run may end differently."""
    return result.status is Status.WALL_LIMIT and result.cpu_s < _LITTLE_CPU * job.limits.cpu_s


def describe(result: Result) -> str:
    """Return in one line why a job did not end well: for an exception, the last line on stderr."""
    if result.status is Status.SIGNAL:
        return f"ended by signal {result.code}"
    if result.status in (Status.EXIT, Status.COMPILE_ERROR):
        lines = result.stderr[-4096:].decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else f"exit status {result.code}"
    return str(result.status).replace("_", " ")


class Meter:
    """A runner of one program's jobs that adds up their costs."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.cpu_s = self.wall_s = 0.0
        self.memory_bytes = self.output_bytes = 0

    def run(self, job: Job) -> Result:
        """Run a job, a second time where `should_retry` says so, and return the last result."""
        result = self._once(job)
        return self._once(job) if should_retry(result, job) else result

    def _once(self, job: Job) -> Result:
        result = self.runner.program(job)
        self.cpu_s += result.cpu_s
        self.wall_s += result.wall_s
        self.memory_bytes = max(self.memory_bytes, result.memory_bytes)
        self.output_bytes += len(result.stdout) + len(result.stderr) + len(result.results)
        return result

    def with_costs(self, verdict: Verdict) -> Verdict:
        """Return the verdict with the costs of all jobs so far."""
        return replace(
            verdict,
            cpu_s=self.cpu_s,
            wall_s=self.wall_s,
            memory_bytes=self.memory_bytes,
            output_bytes=self.output_bytes,
        )
