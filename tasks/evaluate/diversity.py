"""Diversity of the responses of an evaluation: each measure within a problem, then averaged over problems."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.evaluate.judged_sample import JudgedSample
from tasks.evaluate.metrics.diversity import KERNEL, answer_entropy, distinct_n, self_bleu, text_kernel, vendi

COMPARED_RESPONSES = 8
"""The text measures are taken over this many responses of a problem, the first ones."""
COMPARED_WORDS = 512
"""The text measures are taken over this many words of a response, the first ones."""


@dataclass(frozen=True, slots=True)
class Diversity:
    """Measures of `responses` responses to `problems` problems.

    All others are means over the problems in which they are defined, None if there is no such problem:
    - `response_tokens`, `entropy`, `surprisal` (nats): means over a problem's responses.
    - `distinct_answers`, `answer_entropy` (nats): of a problem's canonical answers; without an answer the first is 0,
      the second not defined.
    - `distinct_1`, `distinct_2`: the share of different words, and of different pairs of neighbouring words, in a
      problem's responses together; defined if there is a word, or a pair.
    - `self_bleu`, `vendi` (with the kernel named by `kernel`): defined for two responses, of which one has a word.
    - `coverage`: the share of a problem's solutions that were found.

    The four text measures are taken over a problem's first COMPARED_RESPONSES responses and the first COMPARED_WORDS
    words of each: pooled n-grams repeat more in larger groups, so that groups of 8 and of 32 could not be compared, and
    work and memory stay bounded. Long texts have fewer distinct n-grams too: read them beside `response_tokens`.
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


def diversity_of(
    problems: Sequence[Sequence[JudgedSample]], right: Sequence[Sequence[JudgedSample]]
) -> dict[str, dict[str, Any]]:
    """Return {"all", "correct"}: `Diversity` as JSON of all responses, and of the correct ones.

    `problems` and `right` hold the responses, and the correct responses, of each problem in the same order. Problems
    without a correct response are left out of "correct", which measures how different solutions are. Only correct
    answers cover solutions, so that the two coverages differ in nothing but the problems that they average.
    """
    cache: dict[tuple[str, ...], dict[str, float | None]] = {}
    solved = [rows for rows in right if rows]
    covered = [_coverage(rows, own) for rows, own in zip(problems, right, strict=True)]
    return {
        "all": asdict(_diversity(problems, covered, cache)),
        "correct": asdict(
            _diversity(solved, [share for share, rows in zip(covered, right, strict=True) if rows], cache)
        ),
    }


def answers(rows: Sequence[JudgedSample]) -> list[str]:
    """Return the canonical answers of responses; a response without one is left out."""
    return [row.answer for row in rows if row.answer is not None]


def mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the values that are not None, None if there are none."""
    found = [value for value in values if value is not None]
    return math.fsum(found) / len(found) if found else None


def _diversity(
    groups: Sequence[Sequence[JudgedSample]],
    covered: Sequence[float | None],
    cache: dict[tuple[str, ...], dict[str, float | None]],
) -> Diversity:
    texts = [_texts(rows, cache) for rows in groups]
    return Diversity(
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


def _coverage(rows: Sequence[JudgedSample], right: Sequence[JudgedSample]) -> float | None:
    """Return the share of a problem's solutions found; None if their number is unknown or nothing was judged."""
    if not rows[0].solutions or all(row.score is None for row in rows):
        return None
    return len(set(answers(right))) / rows[0].solutions


def _texts(
    rows: Sequence[JudgedSample], cache: dict[tuple[str, ...], dict[str, float | None]]
) -> Mapping[str, float | None]:
    """Return the text measures of a problem's responses; None for what is not defined.

    `cache` [texts] saves the second computation for problems whose responses are all correct.
    """
    written = [row.text for row in rows if row.text is not None][:COMPARED_RESPONSES]
    texts = tuple(" ".join(text.split(None, COMPARED_WORDS)[:COMPARED_WORDS]) for text in written)
    if texts in cache:
        return cache[texts]
    found: dict[str, float | None] = {f"distinct_{n}": distinct_n(texts, n) for n in (1, 2)}
    if len(texts) > 1 and any(texts):
        scores = self_bleu(texts)
        found |= {"self_bleu": math.fsum(scores) / len(scores), "vendi": vendi(text_kernel(texts))}
    cache[texts] = found
    return found
