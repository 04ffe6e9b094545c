"""Two rewards of the same responses: what flips, and what a reward that did not judge says of it."""

from __future__ import annotations

from tasks.records import FinishReason, Rollout, Verdict, VerdictKind
from tasks.report.rescore.numbers import RescoredIteration, flips, row_after, row_before

RIGHT, WRONG = Verdict(1.0, VerdictKind.ACCEPTED), Verdict(0.0, VerdictKind.WRONG)
AWAY = Verdict(None, VerdictKind.INFRASTRUCTURE, "no route to host")


def iteration(before: list[Verdict], after: list[Verdict]) -> RescoredIteration:
    rollouts = [Rollout("p", k, (1,), (2,), (-0.5,), FinishReason.STOP, "l", k) for k in range(len(before))]
    return RescoredIteration(0, rollouts, before, after, (), ("a" * 64, "b" * 64))


def test_a_response_that_was_not_judged_does_not_flip() -> None:
    found = iteration([RIGHT, RIGHT, WRONG, AWAY, RIGHT], [AWAY, WRONG, RIGHT, RIGHT, RIGHT])
    assert [each.rollout.sample for each in flips(found, 1.0, 1.0)] == [1, 2]
    row = row_after(found, 1.0, 1.0)
    assert (row["to_right"], row["to_wrong"], row["not_judged_share"], row["right_share"]) == (1, 1, 0.2, 0.75)
    assert row_before(found, 1.0)["right_share"] == 0.75, "of the judged ones, as the score is"


def test_an_iteration_that_nothing_judged_has_no_share() -> None:
    row = row_after(iteration([RIGHT], [AWAY]), 1.0, 1.0)
    assert row["right_share"] is None and row["reward_mean"] is None and row["to_wrong"] == 0
