"""Numbers about an iteration's responses and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tasks.records import FinishReason, Rollout, Verdict
from tasks.reward.verdicts import counts


def iteration_measures(rollouts: Sequence[Rollout], verdicts: Sequence[Verdict], correct_at: float) -> dict[str, Any]:
    """Return numbers about an iteration's responses and verdicts.

    Lengths (tokens), truncated share, verdicts by kind, and distinct (correct) answers of a problem, averaged over
    problems. Of programs: the share of those judged by a test that they could have cheated.
    """
    answers: dict[str, set[str]] = {}
    correct: dict[str, set[str]] = {}
    for rollout, verdict in zip(rollouts, verdicts, strict=True):
        seen, right = answers.setdefault(rollout.problem_id, set()), correct.setdefault(rollout.problem_id, set())
        if verdict.answer is not None:
            seen.add(verdict.answer)
            if verdict.score is not None and verdict.score >= correct_at:
                right.add(verdict.answer)
    trusts = [v.trust for v in verdicts if v.trust is not None]
    lengths = [len(r.response_ids) for r in rollouts]
    return {
        "responses": len(rollouts),
        "response_tokens": sum(lengths),
        "response_length_mean": sum(lengths) / len(lengths),
        "truncated_share": sum(r.finish_reason is FinishReason.LENGTH for r in rollouts) / len(rollouts),
        "not_judged_share": sum(not v.judged for v in verdicts) / len(verdicts),
        "distinct_answers": sum(map(len, answers.values())) / len(answers),
        "distinct_correct": sum(map(len, correct.values())) / len(correct),
        **({"weak_trust_share": trusts.count("weak") / len(trusts)} if trusts else {}),
        "verdicts": counts(verdicts),
    }


def reused_share(verdicts: Sequence[Verdict]) -> float | None:
    """Return the share of the verdicts on programs that were known before; None where there is none."""
    known = [v.cached for v in verdicts if v.cached is not None]
    return sum(known) / len(known) if known else None
