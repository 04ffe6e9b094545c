"""Summary of one evaluation: Pass@k, votes, diversity and their errors from judged samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tasks.evaluate.diversity import answers, diversity_of, mean
from tasks.evaluate.judged_sample import JudgedSample
from tasks.evaluate.metrics.bootstrap import bootstrap_intervals
from tasks.evaluate.metrics.majority import maj_at_k_judged
from tasks.evaluate.metrics.pass_at_k import pass_at_k, pass_pow_k
from tasks.evaluate.metrics.uncertainty import clustered_standard_error
from tasks.records import FinishReason, VerdictKind

SEED = 0
"""The seed of every summary's bootstrap: evaluations of the same problems share their resamples."""
GROUPED_BY = ("level", "subject", "source")
"""The fields of a sample by which problems are grouped."""


@dataclass(frozen=True, slots=True)
class EvalSummary:
    """The numbers of one evaluation; a mean over nothing is None.

    A problem without a judged sample is left out of the numbers that judging decides (Pass@k, avg, maj,
    distinct_correct, coverage).
    - `samples`: the smallest number of judged samples of the other problems.
    - `pass_at`, `pass_pow` (all of k correct): for every k = 1..samples, so that each problem counts at each k.
    - `maj_at`: the majority vote for the powers of two up to `samples`, and for `samples`, which is `maj`. Ties share
      the credit; all right answers vote as one; an answer is right if one sample that gave it was correct.
    - `avg`: the mean over problems of their mean score.
    - `distinct_answers`, `distinct_correct`: means over problems of the number of different canonical answers.
    - `coverage`: the mean share of a problem's solutions found, over problems whose number of solutions is known.
    - `entropy`, `surprisal`, `response_tokens` and the shares: means over samples.
    - `*_se`: standard errors, clustered by problem.
    - `*_interval`: [low, high] at 95 %, BCa bootstrap over problems, on shared resamples.
    - `groups`: {"level" | "subject" | "source": {value: {problems, samples, avg, avg_se, pass_at at powers of two}}},
      for the fields that problems have.
    - `diversity`: {"all", "correct"}: `tasks.evaluate.diversity.Diversity` as JSON.
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
        """Return the summary as a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class _Question:
    """The samples of one problem in their order: all, the judged ones, and the correct ones."""

    rows: Sequence[JudgedSample]
    judged: Sequence[JudgedSample]
    right: Sequence[JudgedSample]

    @property
    def score(self) -> float:
        """Return the mean score of the judged samples, of which there must be one."""
        return mean([row.score for row in self.judged]) or 0.0


def summarise(records: Sequence[JudgedSample], correct_at: float) -> EvalSummary:
    """Return the summary of the judged samples of an evaluation.

    A sample is correct from score `correct_at`. A sample that was not judged does not count in its problem's n; its
    share is reported. The result does not depend on the order of `records`; the bootstrap's seed is fixed.
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
    diversity = diversity_of([question.rows for question in questions], [question.right for question in questions])
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
    """Numbers of one problem's samples: judged, correct, and different correct answers."""

    judged: int
    correct: int
    distinct_correct: int


def question_counts(records: Sequence[JudgedSample], correct_at: float) -> dict[str, Counts]:
    """Return {problem id: Counts} in the order of the ids, from which Pass@k follows for any k."""
    found = _questions(records, correct_at)
    return {name: Counts(len(q.judged), len(q.right), len(set(answers(q.right)))) for name, q in found.items()}


def question_means(records: Sequence[JudgedSample]) -> dict[str, float]:
    """Return {problem id: mean score of its judged samples} for paired comparisons, of problems that have one."""
    return {name: question.score for name, question in _questions(records, 1.0).items() if question.judged}


def _questions(records: Sequence[JudgedSample], correct_at: float) -> dict[str, _Question]:
    """Return the samples by problem, both in the order of their ids."""
    problems: dict[str, list[JudgedSample]] = {}
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
    """Return the smallest number of judged samples of a problem, 0 without problems."""
    return min((len(question.judged) for question in judged), default=0)


def _powers(samples: int) -> list[int]:
    """Return the powers of two up to `samples`."""
    return [2**place for place in range(samples.bit_length())]


def _chances(
    judged: Sequence[_Question], chance: Callable[[int, int, int], float], ks: Sequence[int]
) -> list[list[float]]:
    """Return chances [questions][ks], computed once for questions with the same counts of samples and correct ones."""
    counts = [(len(question.judged), len(question.right)) for question in judged]
    rows = {(n, c): [chance(n, c, k) for k in ks] for n, c in set(counts)}
    return [rows[count] for count in counts]


def _means(chances: Sequence[Sequence[float]], ks: Sequence[int]) -> dict[str, float]:
    """Return {k: mean over questions} of chances [questions][ks]."""
    return {str(k): mean([row[place] for row in chances]) or 0.0 for place, k in enumerate(ks)}


def _error(values: Sequence[float]) -> float | None:
    """Return the standard error of the mean over questions."""
    return clustered_standard_error([[value] for value in values]) if values else None


def _vote(question: _Question, k: int) -> float:
    """Return the credit of a majority vote of k samples; all right answers (of a puzzle, a program) vote as one."""
    return maj_at_k_judged([row.answer for row in question.judged], set(answers(question.right)), k)


def _grouped(questions: Sequence[_Question], by: str) -> dict[str, dict[str, Any]]:
    """Return {value: numbers of its problems} for a field of the problems."""
    groups: dict[str, list[_Question]] = {}
    for question in questions:
        value = getattr(question.rows[0], by)
        if value is not None:
            groups.setdefault(value, []).append(question)
    return {value: _group(groups[value]) for value in sorted(groups)}


def _group(questions: Sequence[_Question]) -> dict[str, Any]:
    """Return the numbers of some of the problems."""
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
