"""What a grader says of a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    ACCEPTED = "accepted"
    WRONG = "wrong"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    SANDBOX_ERROR = "sandbox_error"  # not judged: never a reward


@dataclass(frozen=True, slots=True)
class Verdict:
    """`score`: 1.0 where every test passed, else 0.0; None where the sandbox could not judge. `trust` is weak where a test had to run
    beside the program, which could then have cheated it. `test` is the first that failed (from 0). Costs are of all tests that ran:
    `cpu_s` and `wall_s` summed, `memory_bytes` the largest, `output_bytes` summed. `cached`: taken from the cache of verdicts.
    `wall_limit`: it rests on a limit of wall time, so that a less busy machine could say otherwise.
    """

    kind: Kind
    score: float | None
    trust: Literal["strong", "weak"] = "strong"
    detail: str = ""
    test: int | None = None
    tests_run: int = 0
    cpu_s: float = 0.0
    wall_s: float = 0.0
    memory_bytes: int = 0
    output_bytes: int = 0
    cached: bool = False
    wall_limit: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)
