"""The judged sample: one response of an evaluation with its verdict, a row of samples.parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedSample:
    """One response and its verdict; the fields are the columns of `tasks.table.SAMPLES`, in their order.

    `entropy` is the mean over the response's tokens (nats, whole vocabulary, T = 1); `surprisal` is the mean of -log p
    of its tokens under the distribution sampled from (nats). `solutions`, `level`, `subject` and `source` are those of
    the problem. What is not known is None.
    """

    problem_id: str
    sample: int
    score: float | None
    kind: str
    detail: str = ""
    answer: str | None = None
    text: str | None = None
    finish_reason: str
    response_tokens: int
    entropy: float | None = None
    surprisal: float | None = None
    solutions: int | None = None
    level: str | None = None
    subject: str | None = None
    source: str | None = None


FIELDS = tuple(JudgedSample.__dataclass_fields__)


def records_of(rows: Sequence[Mapping[str, Any]]) -> list[JudgedSample]:
    """Return the judged samples of rows with the columns of `tasks.table.SAMPLES`."""
    return [JudgedSample(**{name: row[name] for name in FIELDS}) for row in rows]
