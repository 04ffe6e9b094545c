"""A response cut at the limit is masked only where the caller asks for it: training may, an evaluation never does."""

from __future__ import annotations

from specs.rewards import Reward
from tasks.data.puzzles import countdown
from tasks.records import FinishReason, VerdictKind
from tasks.reward.verification import Verifiers


def test_truncated_answers_are_masked_on_request_alone() -> None:
    problem = countdown.generate(0, 0)
    item = (problem, countdown.demonstrations(problem)[0], FinishReason.LENGTH)
    verifiers = Verifiers(Reward())
    (masked,) = verifiers.verify([item], mask_truncated=True)
    (judged,) = verifiers.verify([item], mask_truncated=False)
    verifiers.close()
    assert (masked.score, masked.kind) == (None, VerdictKind.TRUNCATED)
    assert (judged.score, judged.kind) == (1.0, VerdictKind.ACCEPTED)
