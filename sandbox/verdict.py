"""The verdict of the grader on a program."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """The outcome of grading a program."""

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
    """The verdict on one program, with its costs.

    score: 1.0 where every test passed, else 0.0; None where the sandbox could not judge.
    trust: "weak" where a test was passed with an operator of the program's own objects; such a program is not accepted.
    test: index of the first failed test, from 0.
    cpu_s, wall_s, output_bytes: sums over all tests that ran. memory_bytes: the largest of them.
    cached: the verdict was taken from the cache.
    wall_limit: the verdict rests on a limit of wall time, so a less busy machine could give another one.
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
        """Return the fields as a dict that `json.dumps` takes."""
        return asdict(self)
