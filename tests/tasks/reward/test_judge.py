"""What was cut at the limit is masked only where the caller asks for it: training may, an evaluation never does."""

from __future__ import annotations

from tasks.data.puzzles import countdown
from tasks.records import FinishReason, VerdictKind
from tasks.reward.judge import Judge


def test_truncated_answers_are_masked_on_request_alone() -> None:
    problem = countdown.generate(0, 0)
    item = (problem, countdown.demonstrations(problem)[0], FinishReason.LENGTH)
    judge = Judge(math_deadline_s=1.0, math_workers=1)
    (masked,) = judge.judge([item], mask_truncated=True)
    (judged,) = judge.judge([item], mask_truncated=False)
    judge.close()
    assert (masked.score, masked.kind) == (None, VerdictKind.TRUNCATED)
    assert (judged.score, judged.kind) == (1.0, VerdictKind.ACCEPTED)
