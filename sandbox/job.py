"""Jobs and results: a job is (program, inputs) -> (bytes, status). A job never contains an expected value."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal

MOST_S = 3600.0  # the most CPU seconds that a job may ask for
STDIN_BYTES = 128 << 20  # the largest input of a job: it is held in memory


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one job, that is of one test of a program.

    cpu_s: CPU seconds, the main limit.
    wall_s: wall seconds; 0 means 3 * cpu_s + 2, since a machine may be busy.
    memory_mb: MiB that the job may use beyond a bare interpreter.
    output_bytes: bytes of each of stdout, stderr and results.
    processes: threads and processes together.
    tmp_mb: MiB of files in /tmp.
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
        """Return the seconds that a job may spend neither computing nor waiting for a core."""
        return self.cpu_s + 2

    @property
    def wall(self) -> float:
        """Return the wall seconds after which the job is ended."""
        return self.wall_s or 3 * self.cpu_s + 2


#: Slots of the lane "program" run programs. Slots of the lane "tests" run test code only, never a program.
Lane = Literal["program", "tests"]
Mode = Literal["stdin", "calls", "apart", "collect", "replay"]


@dataclass(frozen=True, slots=True)
class Job:
    """A program to run, with its inputs.

    mode: name of the function in `sandbox/inside/modes.py` that runs in the child.
    program: Python source, compiled in the child before any of it runs; None for a mode without a program.
    payload: JSON for the mode.
    stdin: the contents of fd 0.
    """

    mode: Mode
    program: bytes | None
    payload: bytes = b""
    stdin: bytes = b""
    limits: Limits = field(default_factory=Limits)


class Status(StrEnum):
    """The end of a job as its supervisor observed it; nothing that the program writes can change it."""

    OK = "ok"  # exit status 0
    COMPILE_ERROR = "compile_error"  # the program is not valid Python
    EXIT = "exit"  # another exit status (1 for an uncaught exception)
    SIGNAL = "signal"  # killed by a signal: segfault, abort
    CPU_LIMIT = "cpu_limit"
    WALL_LIMIT = "wall_limit"  # on a less busy machine another run may end differently
    IDLE_LIMIT = "idle_limit"  # it slept, or waited for an event that never came
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"


@dataclass(frozen=True, slots=True)
class Result:
    """The result of a job.

    code: exit status, or number of the signal.
    stdout, stderr: bytes, cut at the limits.
    results: bytes that the mode wrote to its private descriptor. The child produced them: they prove nothing.
    cpu_s: CPU seconds of all processes of the job.
    memory_bytes: peak memory of the largest process.
    attempts: this run plus the slots that were lost while running the job.
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
