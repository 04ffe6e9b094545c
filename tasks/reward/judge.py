"""From responses to verdicts: the outcome, by the verifier or a term of one's own, and the reward's other terms."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np

from specs.rewards import Reward
from tasks.errors import VerifierError
from tasks.ragged import Ints
from tasks.records import FinishReason, Problem, SourceRow, Verdict, VerdictKind
from tasks.reward.terms.base import ResponseGroup, Term, TermScore
from tasks.reward.terms.registry import make_term
from tasks.reward.verification import MASKED, Verifiers

Rows = Mapping[str, SourceRow]  # by problem id; of the problems whose terms read columns


@dataclass(frozen=True, slots=True)
class Response:
    """A sampled response: its text as verifiers get it, its token ids with a sampled end token."""

    problem: Problem
    text: str
    token_ids: Ints
    finish_reason: FinishReason


class Judge:
    """The verifiers and the terms of a run's reward. Close it: they hold processes. Usable from any thread.

    `rows` in the methods are the source's rows of the problems, which users' own functions read; none are needed
    without such functions.
    """

    def __init__(self, reward: Reward, max_response_tokens: int) -> None:
        self.verifiers = Verifiers(reward)
        self._reward, self._max_response_tokens = reward, max_response_tokens
        self._terms: dict[str, Term] = {}
        self._lock = threading.Lock()

    def start(self, problems: Iterable[Problem], rows: Rows, *, outcome_only: bool = False) -> None:
        """Start what judging the problems needs, before anything is sampled.

        `outcome_only`: for an evaluation. SandboxError where the sandbox does not contain programs; SpecError where a
        user's own file cannot be loaded, VerifierError where its function reads columns that rows have not.
        """
        reward = self._reward
        if reward.own_outcome is None or (reward.verifier_term is not None and not outcome_only):
            self.verifiers.start(problems)
        for name in reward.functions:
            if name == reward.outcome or not outcome_only:
                term = self._term(name)
                term.start()
                term.check(rows)

    def outcomes(
        self, responses: Sequence[Response], rows: Rows, iteration: int, *, mask_truncated: bool = False
    ) -> list[Verdict]:
        """Return whether each response is right, in order.

        `iteration` is told to own functions. `mask_truncated`: a response cut at the limit is not judged.
        """
        if self._reward.own_outcome is None:
            return self.verified(responses, mask_truncated)
        scores = self._scores(self._reward.outcome, responses, rows, iteration)
        return [
            MASKED
            if mask_truncated and each.finish_reason is FinishReason.LENGTH
            else self._outcome(score, each.problem)
            for score, each in zip(scores, responses, strict=True)
        ]

    def judge(self, responses: Sequence[Response], rows: Rows, iteration: int) -> list[Verdict]:
        """Return the verdict on each response of a training iteration, in order, with the reward's other terms."""
        reward = self._reward
        verdicts = self.outcomes(responses, rows, iteration, mask_truncated=reward.truncated == "mask")
        correct = [None if each.score is None else each.score >= reward.correct_at for each in verdicts]
        found: dict[str, Sequence[TermScore]] = {}
        for name in reward.weights:
            if name == reward.verifier_term != reward.outcome:
                found[name] = [_term_score(each) for each in self.verified(responses)]
            elif name != reward.outcome:
                found[name] = self._scores(name, responses, rows, iteration, correct)
        return [
            _with_terms(verdict, {name: scores[place] for name, scores in found.items()})
            for place, verdict in enumerate(verdicts)
        ]

    def metrics(self) -> dict[str, float]:
        """Return what own functions logged by `log_metric` when they last judged, by name."""
        return {f"logged_{name}": value for term in self._terms.values() for name, value in term.metrics().items()}

    def close(self) -> None:
        """End what verifiers and terms keep alive."""
        with ExitStack() as stack:
            stack.callback(self.verifiers.close)
            for term in self._terms.values():
                stack.callback(term.close)

    def verified(self, responses: Sequence[Response], mask_truncated: bool = False) -> list[Verdict]:
        """Return the verdict of each problem's own verifier, in order."""
        items = [(each.problem, each.text, each.finish_reason) for each in responses]
        return self.verifiers.verify(items, mask_truncated=mask_truncated)

    def _term(self, name: str) -> Term:
        """Return a term, made when it is first needed: an evaluation by verifiers does without a user's files."""
        with self._lock:
            if name not in self._terms:
                settings = self._reward.functions[name]
                self._terms[name] = make_term(name, settings, self._reward, self._max_response_tokens)
            return self._terms[name]

    def _scores(
        self,
        name: str,
        responses: Sequence[Response],
        rows: Rows,
        iteration: int,
        correct: Sequence[bool | None] | None = None,
    ) -> list[TermScore]:
        """Return what the term `name` says of each response, in order; it is asked for each problem's group at once."""
        groups: dict[str, list[int]] = {}
        for place, each in enumerate(responses):
            groups.setdefault(each.problem.id, []).append(place)
        asked = [
            _group(
                [responses[place] for place in places], rows, iteration, [correct[p] for p in places] if correct else ()
            )
            for places in groups.values()
        ]
        given = self._term(name).scores(asked)
        places = [place for group in groups.values() for place in group]
        scores = [score for group in given for score in group]
        by_place = dict(zip(places, scores, strict=True))
        return [by_place[place] for place in range(len(responses))]

    def _outcome(self, score: TermScore, problem: Problem) -> Verdict:
        """Return the score of the term that is the outcome as a verdict. VerifierError where it is not from 0 to 1."""
        value, answer = score.value, score.extra.get("answer")
        if value is None:
            kind = score.failure or VerdictKind.NOT_APPLICABLE
            return Verdict(None, kind, score.detail, answer, extra=score.extra)
        if not 0.0 <= value <= 1.0:
            raise VerifierError(
                f"reward.outcome: {self._reward.outcome} gave {value:g} on problem {problem.id}; the outcome says what "
                "is right, by a score from 0 to 1: scale it, or make it a term with a weight and name another outcome"
            )
        kind = VerdictKind.ACCEPTED if value >= self._reward.correct_at else VerdictKind.WRONG
        return Verdict(value, kind, score.detail, answer, extra=score.extra)


def _group(responses: Sequence[Response], rows: Rows, iteration: int, correct: Sequence[bool | None]) -> ResponseGroup:
    problem = responses[0].problem
    row = rows.get(problem.id) or SourceRow(problem.prompt, {})
    return ResponseGroup(
        problem_id=problem.id,
        prompt=row.prompt,
        columns=row.columns,
        texts=tuple(each.text for each in responses),
        token_ids=tuple(tuple(np.asarray(each.token_ids).tolist()) for each in responses),
        truncated=tuple(each.finish_reason is FinishReason.LENGTH for each in responses),
        iteration=iteration,
        correct=tuple(correct),
    )


def _term_score(verdict: Verdict) -> TermScore:
    """Return a verifier's verdict as the score of a term that is not the outcome."""
    return TermScore(verdict.score, None if verdict.judged else verdict.kind, verdict.detail)


def _with_terms(verdict: Verdict, scores: Mapping[str, TermScore]) -> Verdict:
    if not scores:
        return verdict
    failed = {name: f"{score.failure}: {score.detail}" for name, score in scores.items() if score.failure is not None}
    extra = {key: text for score in scores.values() for key, text in score.extra.items()}
    return replace(
        verdict,
        terms={name: score.value for name, score in scores.items()},
        failed=failed,
        extra={**verdict.extra, **extra},
    )
