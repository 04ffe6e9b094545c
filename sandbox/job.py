"""What goes into a slot and what comes out: a job is (program, inputs) -> (bytes, status). No expected value is part of one."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

MOST_S = 3600.0  # CPU seconds of a job, at most
STDIN_BYTES = 128 << 20  # of a job's input, at most: it lies in memory


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one job (one test of a program).

    `cpu_s`: CPU seconds, the main limit. `wall_s`: wall seconds; 0 means three times `cpu_s` and two seconds (a machine may be busy).
    `memory_mb`: MiB that the job may use beyond a bare interpreter. `output_bytes`: of stdout, of stderr and of results, each.
    `processes`: threads and processes. `tmp_mb`: MiB of files in /tmp.
    """

    cpu_s: float = 4.0
    wall_s: float = 0.0
    memory_mb: int = 512
    output_bytes: int = 16 << 20
    processes: int = 64
    tmp_mb: int = 64

    def __post_init__(self) -> None:
        for name, value in (
            ("cpu_s", self.cpu_s),
            ("memory_mb", self.memory_mb),
            ("output_bytes", self.output_bytes),
            ("processes", self.processes),
        ):
            if not value > 0:  # nor a NaN
                raise ValueError(f"Limits.{name}: {value}; it must be above 0")
        if not (self.wall_s >= 0 and self.tmp_mb >= 0):
            raise ValueError("Limits: wall_s and tmp_mb must not be negative")
        if self.cpu_s > MOST_S or self.wall_s > 10 * MOST_S:
            raise ValueError(
                f"Limits: cpu_s {self.cpu_s}, wall_s {self.wall_s}; the most are {MOST_S} and {10 * MOST_S} seconds"
            )

    @property
    def idle(self) -> float:
        """Seconds that a job may spend neither computing nor waiting for a core."""
        return self.cpu_s + 2

    @property
    def wall(self) -> float:
        """Wall seconds until the job is ended."""
        return self.wall_s or 3 * self.cpu_s + 2


#: Slots of the lane "program" run programs; those of the lane "tests" run test code alone, never a program.
Lane = Literal["program", "tests"]
Mode = Literal["stdin", "calls", "together", "collect", "replay"]


@dataclass(frozen=True, slots=True)
class Job:
    """`mode` names the function of `sandbox/inside/modes.py` that runs in the child; it reads `payload` (JSON). `program` is Python
    source as bytes, compiled in the child before anything of it runs; None where the mode needs none. `stdin`: what fd 0 gives.
    """

    mode: Mode
    program: bytes | None
    payload: bytes = b""
    stdin: bytes = b""
    limits: Limits = field(default_factory=Limits)


class Status(StrEnum):
    """How a job ended, as its supervisor saw it: nothing that the program writes can change it."""

    OK = "ok"  # exit status 0
    COMPILE_ERROR = "compile_error"  # the program is no Python
    EXIT = "exit"  # another exit status (an exception that nobody caught: 1)
    SIGNAL = "signal"  # killed by a signal: segfault, abort
    CPU_LIMIT = "cpu_limit"
    WALL_LIMIT = "wall_limit"  # on a busy machine another run may go otherwise
    IDLE_LIMIT = "idle_limit"  # it slept, or waited for what never came
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"


@dataclass(frozen=True, slots=True)
class Result:
    """`results` is what the mode emitted over its private descriptor (bytes of the child's making: data, not facts); `stdout` and
    `stderr` are cut at the limits. `code` is the exit status or the signal's number. `cpu_s` counts all of the job's processes,
    `memory_bytes` is the largest process's peak. `attempts` counts slots that were lost over this job, and this run.
    """

    status: Status
    code: int
    stdout: bytes
    stderr: bytes
    results: bytes
    cpu_s: float
    wall_s: float
    memory_bytes: int
    attempts: int = 1
