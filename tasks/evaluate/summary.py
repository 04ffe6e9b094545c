"""One evaluation in numbers: from judged samples to Pass@k, diversity and what they rest on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.evaluate.metrics.bootstrap import bootstrap_intervals
from tasks.evaluate.metrics.majority import maj_at_k_judged
from tasks.evaluate.metrics.pass_at_k import pass_at_k, pass_pow_k
from tasks.evaluate.metrics.uncertainty import clustered_standard_error
from tasks.evaluate.variety import answers, mean, varieties
from tasks.records import FinishReason, VerdictKind

SEED = 0
"""Of every summary's bootstrap: evaluations of the same problems share their resamples."""
GROUPED_BY = ("level", "subject", "source")


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One judged sample. `entropy`: mean over its tokens, nats, full vocabulary, T = 1; `surprisal`: mean of -log p of its tokens under the
    distribution sampled from, nats. `solutions`, `level`, `subject`, `source`: of its problem, where known."""

    problem_id: str
    sample: int
    score: float | None
    kind: str
    answer: str | None
    finish_reason: str
    response_tokens: int
    entropy: float | None
    solutions: int | None
    surprisal: float | None = None
    text: str | None = None
    level: str | None = None
    subject: str | None = None
    source: str | None = None


def records_of(rows: Sequence[Mapping[str, Any]]) -> list[SampleRecord]:
    """Rows of an evaluation's samples (tasks.table.SAMPLES)."""
    return [SampleRecord(**{name: row[name] for name in SampleRecord.__dataclass_fields__}) for row in rows]


@dataclass(frozen=True, slots=True)
class EvalSummary:
    """None where there was nothing to average.

    A problem without a judged sample is left out of what rests on judging (Pass@k, avg, maj, distinct_correct, coverage). `samples` is
    the smallest number of judged samples of the others; `pass_at` and `pass_pow` (all of k correct) hold every k = 1..samples, so each
    problem counts at each k; `maj_at` holds the powers of two up to `samples` and `samples` itself, which is `maj`. `avg` is the mean over
    problems of their mean score. Standard errors (`_se`) are clustered by problem; intervals ([low, high]) are 95 %, BCa bootstrap over
    problems, on shared resamples. The vote's ties share its credit, right answers vote as one, and an answer counts as right if any
    sample that gave it was correct. `distinct_*` are means over problems; `coverage` is the mean share of all solutions found, over
    problems whose number of solutions is known. `entropy`, `surprisal`, `response_tokens` and the shares are means over samples.

    `groups`: {"level" | "subject" | "source": {value: {problems, samples, avg, avg_se, pass_at at the powers of two}}}, where problems
    have one. `diversity`: {"all", "correct": tasks.evaluate.variety.Variety}.
    """

    problems: int
    samples: int
    pass_at: Mapping[str, float]
    pass_at_se: Mapping[str, float | None]
    pass_at_interval: Mapping[str, list[float] | None]
    pass_pow: Mapping[str, float]
    avg: float | None
    avg_se: float | None
    avg_interval: list[float] | None
    maj: float | None
    maj_at: Mapping[str, float]
    entropy: float | None
    entropy_se: float | None
    surprisal: float | None
    distinct_answers: float | None
    distinct_correct: float | None
    distinct_correct_se: float | None
    coverage: float | None
    response_tokens: float | None
    truncated_share: float | None
    no_answer_share: float | None
    not_judged_share: float | None
    time_limit_share: float | None
    groups: Mapping[str, Mapping[str, Mapping[str, Any]]]
    diversity: Mapping[str, Mapping[str, Any]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Question:
    """The samples of a problem in their order, those that were judged, and those that are correct."""

    rows: Sequence[SampleRecord]
    judged: Sequence[SampleRecord]
    right: Sequence[SampleRecord]

    @property
    def score(self) -> float:
        """Mean score of the judged samples; there is at least one."""
        return mean([row.score for row in self.judged]) or 0.0


def summarise(records: Sequence[SampleRecord], correct_at: float) -> EvalSummary:
    """A sample is correct from score `correct_at`. What was not judged is left out of its problem's n, and counted.

    Exact and without chance but for the bootstrap, whose seed is fixed: the order of `records` changes nothing.
    """
    questions = list(_questions(records, correct_at).values())
    judged = [question for question in questions if question.judged]
    samples = _samples(judged)
    ks = range(1, samples + 1)
    passed, all_passed = _chances(judged, pass_at_k, ks), _chances(judged, pass_pow_k, ks)
    scores = [question.score for question in judged]
    intervals = bootstrap_intervals([[score, *row] for score, row in zip(scores, passed, strict=True)], SEED) or [None]
    avg_interval, *pass_intervals = [None if interval is None else list(interval) for interval in intervals]
    votes = {
        str(k): mean([_vote(question, k) for question in judged]) or 0.0
        for k in sorted({*_powers(samples), samples} - {0})
    }
    entropies = [
        found for question in questions if (found := [row.entropy for row in question.rows if row.entropy is not None])
    ]
    correct = [float(len(set(answers(question.right)))) for question in judged]
    diversity = varieties([question.rows for question in questions], [question.right for question in questions])
    return EvalSummary(
        problems=len(questions),
        samples=samples,
        pass_at=_means(passed, ks),
        pass_at_se={str(k): _error([row[place] for row in passed]) for place, k in enumerate(ks)},
        pass_at_interval=dict(zip(map(str, ks), pass_intervals, strict=True)),
        pass_pow=_means(all_passed, ks),
        avg=mean(scores),
        avg_se=_error(scores),
        avg_interval=avg_interval,
        maj=votes.get(str(samples)),
        maj_at=votes,
        entropy=mean([value for row in entropies for value in row]),
        entropy_se=clustered_standard_error(entropies) if entropies else None,
        surprisal=mean([r.surprisal for r in records]),
        distinct_answers=diversity["all"]["distinct_answers"],
        distinct_correct=mean(correct),
        distinct_correct_se=_error(correct),
        coverage=diversity["all"]["coverage"],
        response_tokens=mean([r.response_tokens for r in records]),
        truncated_share=mean([r.finish_reason == FinishReason.LENGTH for r in records]),
        no_answer_share=mean([r.kind == VerdictKind.NO_ANSWER for r in records]),
        not_judged_share=mean([r.score is None for r in records]),
        time_limit_share=mean([r.kind == VerdictKind.TIME_LIMIT for r in records]),
        groups={by: groups for by in GROUPED_BY if (groups := _grouped(questions, by))},
        diversity=diversity,
    )


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one question's samples: how many were judged, how many of those are correct, and how many different correct answers there are."""

    judged: int
    correct: int
    distinct_correct: int


def question_counts(records: Sequence[SampleRecord], correct_at: float) -> dict[str, Counts]:
    """{problem id: Counts}, in the order of the ids: all that Pass@k of any k, and a comparison of questions, needs."""
    found = _questions(records, correct_at)
    return {name: Counts(len(q.judged), len(q.right), len(set(answers(q.right)))) for name, q in found.items()}


def question_means(records: Sequence[SampleRecord]) -> dict[str, float]:
    """{problem id: mean score of its judged samples}, for a paired comparison; problems without one have none."""
    return {name: question.score for name, question in _questions(records, 1.0).items() if question.judged}


def _questions(records: Sequence[SampleRecord], correct_at: float) -> dict[str, _Question]:
    """By problem, in the order of their ids; samples in theirs."""
    problems: dict[str, list[SampleRecord]] = {}
    for record in sorted(records, key=lambda record: (record.problem_id, record.sample)):
        problems.setdefault(record.problem_id, []).append(record)
    return {
        name: _Question(
            rows,
            [r for r in rows if r.score is not None],
            [r for r in rows if r.score is not None and r.score >= correct_at],
        )
        for name, rows in problems.items()
    }


def _samples(judged: Sequence[_Question]) -> int:
    return min((len(question.judged) for question in judged), default=0)


def _powers(samples: int) -> list[int]:
    """Powers of two up to `samples`."""
    return [2**place for place in range(samples.bit_length())]


def _chances(
    judged: Sequence[_Question], chance: Callable[[int, int, int], float], ks: Sequence[int]
) -> list[list[float]]:
    """[questions][ks]; the exact arithmetic is done once for questions with as many right of as many samples."""
    counts = [(len(question.judged), len(question.right)) for question in judged]
    rows = {(n, c): [chance(n, c, k) for k in ks] for n, c in set(counts)}
    return [rows[count] for count in counts]


def _means(chances: Sequence[Sequence[float]], ks: Sequence[int]) -> dict[str, float]:
    return {str(k): mean([row[place] for row in chances]) or 0.0 for place, k in enumerate(ks)}


def _error(values: Sequence[float]) -> float | None:
    """Standard error of the questions' mean."""
    return clustered_standard_error([[value] for value in values]) if values else None


def _vote(question: _Question, k: int) -> float:
    """Where several answers are right (a puzzle, a program), they count as one: the vote is for being right."""
    return maj_at_k_judged([row.answer for row in question.judged], set(answers(question.right)), k)


def _grouped(questions: Sequence[_Question], by: str) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[_Question]] = {}
    for question in questions:
        value = getattr(question.rows[0], by)
        if value is not None:
            groups.setdefault(value, []).append(question)
    return {value: _group(groups[value]) for value in sorted(groups)}


def _group(questions: Sequence[_Question]) -> dict[str, Any]:
    judged = [question for question in questions if question.judged]
    samples = _samples(judged)
    ks, scores = _powers(samples), [question.score for question in judged]
    pass_at = _means(_chances(judged, pass_at_k, ks), ks)
    return {
        "problems": len(questions),
        "samples": samples,
        "avg": mean(scores),
        "avg_se": _error(scores),
        "pass_at": pass_at,
    }
