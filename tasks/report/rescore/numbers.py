"""What another reward says of the same responses: scores, flips, and how terms go with the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tasks.records import Rollout, Verdict
from tasks.reward.measures import term_measures


@dataclass(frozen=True)
class RescoredIteration:
    """One iteration under two rewards; `artifacts` are the keys of its verdicts, before and after.

    `terms`: the names of the reward's terms besides the outcome, after.
    """

    number: int
    rollouts: Sequence[Rollout]
    before: Sequence[Verdict]
    after: Sequence[Verdict]
    terms: Sequence[str]
    artifacts: tuple[str, str]


@dataclass(frozen=True)
class Flip:
    """A response that is right under one reward and not under the other."""

    iteration: int
    rollout: Rollout
    before: Verdict
    after: Verdict


def row_before(iteration: RescoredIteration, correct_at: float) -> dict[str, Any]:
    """Return the numbers of an iteration as it was judged."""
    return {
        "iteration": iteration.number,
        **_numbers(iteration.before, correct_at),
        "artifact": iteration.artifacts[0],
    }


def row_after(iteration: RescoredIteration, correct_at: float, correct_before: float) -> dict[str, Any]:
    """Return the numbers of an iteration as it is judged now, with flips and the numbers of each term.

    `correct_before`: from which score a response was correct before.
    """
    found = flips(iteration, correct_at, correct_before)
    return {
        "iteration": iteration.number,
        **_numbers(iteration.after, correct_at),
        "to_right": sum(_right(each.after, correct_at) for each in found),
        "to_wrong": sum(_right(each.before, correct_before) for each in found),
        **term_measures(iteration.rollouts, iteration.after, iteration.terms),
        "artifact": iteration.artifacts[1],
    }


def flips(iteration: RescoredIteration, correct_at: float, correct_before: float) -> list[Flip]:
    """Return the responses that are right under one reward alone, in order."""
    pairs = zip(iteration.rollouts, iteration.before, iteration.after, strict=True)
    return [
        Flip(iteration.number, rollout, before, after)
        for rollout, before, after in pairs
        if _right(before, correct_before) != _right(after, correct_at)
    ]


def _numbers(verdicts: Sequence[Verdict], correct_at: float) -> dict[str, float | None]:
    scores = [each.score for each in verdicts if each.score is not None]
    return {
        "reward_mean": fmean(scores) if scores else None,
        "right_share": fmean(_right(each, correct_at) for each in verdicts),
        "not_judged_share": fmean(not each.judged for each in verdicts),
    }


def _right(verdict: Verdict, correct_at: float) -> bool:
    return verdict.score is not None and verdict.score >= correct_at
