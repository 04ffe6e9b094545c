"""Numbers about an iteration's responses and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import StatisticsError, correlation, fmean, pstdev
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


def term_measures(
    rollouts: Sequence[Rollout], verdicts: Sequence[Verdict], terms: Sequence[str]
) -> dict[str, float | None]:
    """Return, of each term besides the outcome, numbers over the responses to which it applies.

    Mean and standard deviation (ddof 0); the share of groups in which it tells no response from another, as it then
    teaches nothing; its Pearson correlation with the outcome's score. None where there is none; also the share of
    responses without a reward because a term failed, where one did.
    """
    numbers: dict[str, float | None] = {}
    for name in terms:
        values: dict[str, list[float]] = {}
        pairs = []
        for rollout, verdict in zip(rollouts, verdicts, strict=True):
            if (value := verdict.terms.get(name)) is not None:
                values.setdefault(rollout.problem_id, []).append(value)
                pairs += [(value, verdict.score)] if verdict.score is not None else []
        every = [value for group in values.values() for value in group]
        flat = [len(set(group)) == 1 for group in values.values()]
        numbers |= {
            f"term_{name}_mean": fmean(every) if every else None,
            f"term_{name}_std": pstdev(every) if every else None,
            f"term_{name}_zero_variance_share": sum(flat) / len(flat) if flat else None,
            f"term_{name}_outcome_correlation": _correlation(pairs),
        }
    failed = sum(bool(verdict.failed) for verdict in verdicts)
    return {**numbers, **({"term_failed_share": failed / len(verdicts)} if failed else {})}


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Pearson's correlation; None where either side does not vary."""
    try:
        return correlation([x for x, _ in pairs], [y for _, y in pairs])
    except StatisticsError:
        return None


def reused_share(verdicts: Sequence[Verdict]) -> float | None:
    """Return the share of the verdicts on programs that were known before; None where there is none."""
    known = [v.cached for v in verdicts if v.cached is not None]
    return sum(known) / len(known) if known else None
