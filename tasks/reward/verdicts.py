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
    """Raise VerifierError where the share of infrastructure failures is above `limit` (reward.max_not_judged_share).

    A term of the reward that failed counts too.
    """
    failures = [v.detail for v in verdicts if v.kind is VerdictKind.INFRASTRUCTURE]
    failures += [f"reward.terms.{name}: {text}" for v in verdicts for name, text in list(v.failed.items())[:1]]
    if verdicts and len(failures) / len(verdicts) > limit:
        raise VerifierError(
            f"{where}: {len(failures)} of {len(verdicts)} responses could not be judged "
            f"(reward.max_not_judged_share {limit}); first: {failures[0]}"
        )


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
