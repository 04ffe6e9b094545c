"""Verdicts as rows, their counts, and the limit on those that are missing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from tasks import table
from tasks.errors import VerifierError
from tasks.records import Verdict, VerdictKind

TERM = "term/"  # before the name of a term, in the column of its values


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Return how many there are of each kind, in a fixed order; kinds that do not occur are left out."""
    return {str(kind): n for kind in VerdictKind if (n := sum(v.kind is kind for v in verdicts))}


def require_judged(verdicts: Sequence[Verdict], limit: float, where: str) -> None:
    """Raise VerifierError where more than the share `limit` (reward.max_not_judged_share) failed, or none has a score.

    A response of which a term of the reward failed counts too. One that the outcome does not apply to is no failure.
    """
    if verdicts and all(each.kind is VerdictKind.NOT_APPLICABLE for each in verdicts):
        raise VerifierError(
            f"{where}: reward.outcome gave None for each of the {len(verdicts)} responses, so that nothing can be "
            "learned: return a score from 0 to 1 where the function applies"
        )
    failures = [text for v in verdicts if (text := _failure(v)) is not None]
    if verdicts and len(failures) / len(verdicts) > limit:
        raise VerifierError(
            f"{where}: {len(failures)} of {len(verdicts)} responses could not be judged "
            f"(reward.max_not_judged_share {limit}); first: {failures[0]}"
        )


def _failure(verdict: Verdict) -> str | None:
    """Return what happened where the outcome, or else a term, of a response failed; None where none did."""
    if verdict.score is None and verdict.kind in (VerdictKind.INFRASTRUCTURE, VerdictKind.TIME_LIMIT):
        return verdict.detail
    return next((f"reward.terms.{name}: {text}" for name, text in verdict.failed.items()), None)


def row(verdict: Verdict, terms: Iterable[str] = ()) -> dict[str, Any]:
    """Return the part of a verdict that is stored. `terms`: the names of the reward's terms besides the outcome."""
    return {
        "score": verdict.score,
        "kind": str(verdict.kind),
        "detail": verdict.detail,
        "answer": verdict.answer,
        **{TERM + name: verdict.terms[name] for name in terms},
        "failed": json.dumps(verdict.failed) if verdict.failed else None,
        "extra": json.dumps(verdict.extra) if verdict.extra else None,
    }


def schema(terms: Iterable[str]) -> table.Schema:
    """Return the columns of stored verdicts: more where a reward has terms besides the verifier's score."""
    columns = {TERM + name: pa.float64() for name in terms}
    return {**table.VERDICTS, **columns, "failed": pa.string(), "extra": pa.string()}


def verdict_of(fields: Mapping[str, Any]) -> Verdict:
    """Return the verdict that `row` wrote."""
    return Verdict(
        fields["score"],
        VerdictKind(fields["kind"]),
        fields["detail"],
        fields["answer"],
        terms={name.removeprefix(TERM): value for name, value in fields.items() if name.startswith(TERM)},
        failed=json.loads(fields.get("failed") or "{}"),
        extra=json.loads(fields.get("extra") or "{}"),
    )
