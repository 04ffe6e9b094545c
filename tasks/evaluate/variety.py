"""How different the responses of an evaluation are: each measure within a problem, then averaged over problems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from tasks.evaluate.metrics.diversity import KERNEL, answer_entropy, distinct_n, self_bleu, text_kernel, vendi

if TYPE_CHECKING:
    from tasks.evaluate.summary import SampleRecord

COMPARED_RESPONSES = 8
COMPARED_WORDS = 512
"""Texts are compared over the first so many responses of a problem, and the first so many words of each."""


@dataclass(frozen=True, slots=True)
class Variety:
    """`responses` in `problems`; the rest are means over those problems in which they are defined, None where there is none.

    `response_tokens`, `entropy` and `surprisal`: means over a problem's responses. `distinct_answers`, `answer_entropy` (nats): of its
    canonical answers; a problem without an answer has 0 of the first and none of the second. `distinct_1`, `distinct_2`: share of
    different words and pairs of words, pooled; `self_bleu` and `vendi` (with the kernel named by `kernel`) want two responses, and all
    four a word (`distinct_2` two neighbouring ones).
    `coverage`: share of the problem's solutions found.

    The four text measures are taken over a problem's first 8 responses and the first 512 words of each: pooled n-grams repeat more in
    larger groups, so that groups of 8 and of 32 could not be compared, and work and memory stay bounded. Long texts have fewer distinct
    n-grams too: read them beside `response_tokens`.
    """

    responses: int
    problems: int
    response_tokens: float | None
    entropy: float | None
    surprisal: float | None
    distinct_answers: float | None
    answer_entropy: float | None
    distinct_1: float | None
    distinct_2: float | None
    self_bleu: float | None
    vendi: float | None
    kernel: str
    coverage: float | None


def varieties(
    problems: Sequence[Sequence[SampleRecord]], right: Sequence[Sequence[SampleRecord]]
) -> dict[str, dict[str, Any]]:
    """{"all", "correct"}: `Variety` as JSON of all responses of each problem, and of its correct ones (`right`, in the same order).

    Problems without a correct response are not in "correct": it says how different the solutions are where there are any. Only correct
    answers cover solutions, so that the two coverages differ in the problems alone.
    """
    known: dict[tuple[str, ...], dict[str, float]] = {}
    solved = [rows for rows in right if rows]
    covered = [_coverage(rows, own) for rows, own in zip(problems, right, strict=True)]
    return {
        "all": asdict(_variety(problems, covered, known)),
        "correct": asdict(_variety(solved, [share for share, rows in zip(covered, right, strict=True) if rows], known)),
    }


def answers(rows: Sequence[SampleRecord]) -> list[str]:
    """The canonical answers of responses, those without one left out."""
    return [row.answer for row in rows if row.answer is not None]


def mean(values: Sequence[float | None]) -> float | None:
    """Mean of the values that there are."""
    found = [value for value in values if value is not None]
    return math.fsum(found) / len(found) if found else None


def _variety(
    groups: Sequence[Sequence[SampleRecord]],
    covered: Sequence[float | None],
    known: dict[tuple[str, ...], dict[str, float]],
) -> Variety:
    texts = [_texts(rows, known) for rows in groups]
    return Variety(
        responses=sum(map(len, groups)),
        problems=len(groups),
        response_tokens=mean([mean([row.response_tokens for row in rows]) for rows in groups]),
        entropy=mean([mean([row.entropy for row in rows]) for rows in groups]),
        surprisal=mean([mean([row.surprisal for row in rows]) for rows in groups]),
        distinct_answers=mean([len(set(answers(rows))) for rows in groups]),
        answer_entropy=mean([answer_entropy(found) if (found := answers(rows)) else None for rows in groups]),
        distinct_1=mean([row.get("distinct_1") for row in texts]),
        distinct_2=mean([row.get("distinct_2") for row in texts]),
        self_bleu=mean([row.get("self_bleu") for row in texts]),
        vendi=mean([row.get("vendi") for row in texts]),
        kernel=KERNEL,
        coverage=mean(covered),
    )


def _coverage(rows: Sequence[SampleRecord], right: Sequence[SampleRecord]) -> float | None:
    """Share of the solutions found; None where their number is not known, or nothing was judged."""
    if not rows[0].solutions or all(row.score is None for row in rows):
        return None
    return len(set(answers(right))) / rows[0].solutions


def _texts(rows: Sequence[SampleRecord], known: dict[tuple[str, ...], dict[str, float]]) -> Mapping[str, float]:
    """The measures of a problem's texts; `known` keeps them, for problems whose correct responses are its responses."""
    written = [row.text for row in rows if row.text is not None][:COMPARED_RESPONSES]
    texts = tuple(" ".join(text.split(None, COMPARED_WORDS)[:COMPARED_WORDS]) for text in written)
    if texts in known:
        return known[texts]
    found: dict[str, float] = {}
    if any(texts):
        found["distinct_1"] = distinct_n(texts, 1)
    if any(" " in text for text in texts):
        found["distinct_2"] = distinct_n(texts, 2)
    if len(texts) > 1 and any(texts):
        scores = self_bleu(texts)
        found |= {"self_bleu": math.fsum(scores) / len(scores), "vendi": vendi(text_kernel(texts))}
    known[texts] = found
    return found
