"""Verdicts as rows, their counts, and the limit on those that are missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.errors import VerifierError
from tasks.records import Verdict, VerdictKind


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many there are of each kind, in a fixed order; kinds that do not occur are left out."""
    return {str(kind): n for kind in VerdictKind if (n := sum(v.kind is kind for v in verdicts))}


def require_judged(verdicts: Sequence[Verdict], limit: float, where: str) -> None:
    """Raise VerifierError where the share of infrastructure failures is above `limit` (reward.max_not_judged_share)."""
    failures = [v for v in verdicts if v.kind is VerdictKind.INFRASTRUCTURE]
    if verdicts and len(failures) / len(verdicts) > limit:
        raise VerifierError(
            f"{where}: {len(failures)} of {len(verdicts)} responses could not be judged "
            f"(reward.max_not_judged_share {limit}); first: {failures[0].detail}"
        )


def row(verdict: Verdict) -> dict[str, Any]:
    """Return the part of a verdict that is stored."""
    return {"score": verdict.score, "kind": str(verdict.kind), "detail": verdict.detail, "answer": verdict.answer}


def verdict_of(fields: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `row` wrote."""
    return Verdict(fields["score"], VerdictKind(fields["kind"]), fields["detail"], fields["answer"])
