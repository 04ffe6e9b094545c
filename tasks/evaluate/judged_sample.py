"""The judged sample: one response of an evaluation with its verdict, a row of samples.parquet.

A response has three types on its way: `Completion` (of an engine), `Sample` (stored before it is judged, with its
tokens), `JudgedSample` (what summaries, comparisons and reports read).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks import table


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

    def row(self) -> dict[str, Any]:
        """Return the sample as a row of `tasks.table.SAMPLES`."""
        return {name: getattr(self, name) for name in FIELDS}


FIELDS = tuple(JudgedSample.__dataclass_fields__)


def to_bytes(samples: Sequence[JudgedSample]) -> bytes:
    """Return the payload samples.parquet."""
    return table.to_bytes([sample.row() for sample in samples], table.SAMPLES)


def from_bytes(data: bytes) -> list[JudgedSample]:
    """Return the samples of a payload samples.parquet."""
    return records_of(table.from_bytes(data))


def records_of(rows: Sequence[Mapping[str, Any]]) -> list[JudgedSample]:
    """Return the judged samples of rows with the columns of `tasks.table.SAMPLES`."""
    return [JudgedSample(**{name: row[name] for name in FIELDS}) for row in rows]
