"""One evaluation in numbers: from judged samples to Pass@k, diversity and what they rest on."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.evaluate.metrics.majority import maj_at_k
from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.evaluate.metrics.uncertainty import clustered_standard_error
from tasks.records import FinishReason, VerdictKind


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One judged sample. `entropy`: mean over its tokens, nats, full vocabulary, T = 1; `solutions`: of its problem, where known."""

    problem_id: str
    sample: int
    score: float | None
    kind: str
    answer: str | None
    finish_reason: str
    response_tokens: int
    entropy: float | None
    solutions: int | None


@dataclass(frozen=True, slots=True)
class EvalSummary:
    """None where there was nothing to average.

    A problem without a judged sample is left out of what rests on judging (Pass@k, maj, distinct_correct, coverage). `samples` is
    the smallest number of judged samples of the others, and `pass_at` holds every k = 1..samples, so each of them counts at each k.
    Standard errors are clustered by problem. `maj` is over all samples of a problem, ties sharing; an answer counts as the right
    one if any sample that gave it was correct. `distinct_*` are means over problems; `coverage` is the mean share of all solutions
    found, over problems whose number of solutions is known.
    """

    problems: int
    samples: int
    pass_at: Mapping[str, float]
    pass_at_se: Mapping[str, float | None]
    avg: float | None
    maj: float | None
    entropy: float | None
    entropy_se: float | None
    distinct_answers: float | None
    distinct_correct: float | None
    distinct_correct_se: float | None
    coverage: float | None
    response_tokens: float | None
    truncated_share: float | None
    no_answer_share: float | None
    not_judged_share: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def summarise(records: Sequence[SampleRecord], correct_at: float) -> EvalSummary:
    """A sample is correct from score `correct_at`. What was not judged is left out of its problem's n, and counted."""
    problems: dict[str, list[SampleRecord]] = {}
    for record in records:
        problems.setdefault(record.problem_id, []).append(record)
    judged = {name: seen for name, rows in problems.items() if (seen := [r for r in rows if r.score is not None])}
    right = {name: [r for r in rows if r.score is not None and r.score >= correct_at] for name, rows in judged.items()}
    samples = min(map(len, judged.values()), default=0)
    pass_at: dict[str, float] = {}
    pass_at_se: dict[str, float | None] = {}
    for k in range(1, samples + 1):
        chances = [[pass_at_k(len(judged[name]), len(right[name]), k)] for name in judged]
        pass_at[str(k)] = _mean([chance for (chance,) in chances]) or 0.0
        pass_at_se[str(k)] = clustered_standard_error(chances)
    entropies = [[r.entropy for r in rows if r.entropy is not None] for rows in problems.values()]
    entropies = [row for row in entropies if row]
    correct_answers = [[float(len({r.answer for r in rows if r.answer is not None}))] for rows in right.values()]
    return EvalSummary(
        problems=len(problems),
        samples=samples,
        pass_at=pass_at,
        pass_at_se=pass_at_se,
        avg=_mean([r.score for rows in judged.values() for r in rows if r.score is not None]),
        maj=_mean([_majority(judged[name], right[name]) for name in judged]),
        entropy=_mean([value for row in entropies for value in row]),
        entropy_se=clustered_standard_error(entropies) if entropies else None,
        distinct_answers=_mean([float(len({r.answer for r in rows if r.answer is not None})) for rows in problems.values()]),
        distinct_correct=_mean([count for (count,) in correct_answers]),
        distinct_correct_se=clustered_standard_error(correct_answers) if correct_answers else None,
        coverage=_mean([
            len({r.answer for r in right[name] if r.answer is not None}) / rows[0].solutions for name, rows in judged.items() if rows[0].solutions
        ]),
        response_tokens=_mean([float(r.response_tokens) for r in records]),
        truncated_share=_mean([float(r.finish_reason == FinishReason.LENGTH) for r in records]),
        no_answer_share=_mean([float(r.kind == VerdictKind.NO_ANSWER) for r in records]),
        not_judged_share=_mean([float(r.score is None) for r in records]),
    )


def _majority(judged: Sequence[SampleRecord], right: Sequence[SampleRecord]) -> float:
    """Where several answers are right (a puzzle), they count as one: the vote is for being right."""
    accepted = {r.answer for r in right}
    answers = ["right" if r.answer in accepted and r.answer is not None else f"wrong {r.answer}" if r.answer is not None else None for r in judged]
    return maj_at_k(answers, "right", len(answers))


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None
