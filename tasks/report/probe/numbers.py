"""Numbers about iteration 0, from its rollouts and verdicts alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, pstdev

from tasks.records import FinishReason, Rollout, Verdict, VerdictKind


@dataclass(frozen=True)
class TermNumbers:
    """Numbers of a reward's term, without its weight. None where it applied to no response.

    `spread`: the mean over groups of the standard deviation (ddof 0) in a group.
    """

    mean: float | None
    spread: float | None


@dataclass(frozen=True)
class ProbeNumbers:
    """Numbers of an iteration. Shares are of all responses, or of all groups with a judged response; in [0, 1].

    `all_right`, `all_wrong`: shares of groups without a contrast, which teach nothing. `repeated`: share of the
    responses that equal an earlier one of their group, token by token. `kinds`: shares of verdicts by kind. `tokens`,
    `right_tokens`: mean lengths of all and of right responses (None: there is none). `terms`: of the
    reward's other terms by name; `spread`: as theirs, of the outcome's score; `failed`: by term, the share of
    responses for which it failed.
    """

    groups: int
    responses: int
    score: float | None
    right: float
    all_right: float
    all_wrong: float
    truncated: float
    empty: float
    repeated: float
    kinds: Mapping[VerdictKind, float]
    tokens: float
    right_tokens: float | None
    terms: Mapping[str, TermNumbers] = field(default_factory=dict)
    spread: float | None = None
    failed: Mapping[str, float] = field(default_factory=dict)

    @property
    def without_contrast(self) -> float:
        """Return the share of groups whose responses are all right or all wrong."""
        return self.all_right + self.all_wrong

    @property
    def not_judged(self) -> float:
        """Return the share of responses that the verifier's own failure left without a score."""
        return self.kinds.get(VerdictKind.INFRASTRUCTURE, 0.0)


def probe_numbers(rollouts: Sequence[Rollout], verdicts: Sequence[Verdict], correct_at: float) -> ProbeNumbers:
    """Return the numbers of an iteration; a score from `correct_at` on is right. `rollouts` is not empty."""
    groups: dict[str, list[tuple[Rollout, Verdict]]] = {}
    pairs = list(zip(rollouts, verdicts, strict=True))
    for rollout, verdict in pairs:
        groups.setdefault(rollout.problem_id, []).append((rollout, verdict))
    judged = [[v.score >= correct_at for _, v in group if v.score is not None] for group in groups.values()]
    seen = [rights for rights in judged if rights]
    scores = [v.score for v in verdicts if v.score is not None]
    right = [len(r.response_ids) for r, v in pairs if v.score is not None and v.score >= correct_at]
    n = len(pairs)
    return ProbeNumbers(
        groups=len(groups),
        responses=n,
        score=fmean(scores) if scores else None,
        right=len(right) / n,
        all_right=fmean(map(all, seen)) if seen else 0.0,
        all_wrong=fmean(not any(rights) for rights in seen) if seen else 0.0,
        truncated=sum(r.finish_reason is FinishReason.LENGTH for r in rollouts) / n,
        # A sampled end token is part of a response: one token and no more is an empty text.
        empty=sum(len(r.response_ids) <= 1 and r.finish_reason is FinishReason.STOP for r in rollouts) / n,
        repeated=sum(len(group) - len({tuple(r.response_ids) for r, _ in group}) for group in groups.values()) / n,
        kinds={kind: count / n for kind, count in Counter(v.kind for v in verdicts).items()},
        tokens=fmean(len(r.response_ids) for r in rollouts),
        right_tokens=fmean(right) if right else None,
        terms={name: _term(name, groups) for name in verdicts[0].terms},
        spread=_spread([v.score for _, v in group] for group in groups.values()),
        failed={name: count / n for name, count in Counter(name for v in verdicts for name in v.failed).items()},
    )


def _term(name: str, groups: Mapping[str, Sequence[tuple[Rollout, Verdict]]]) -> TermNumbers:
    by_group = [[v.terms[name] for _, v in group] for group in groups.values()]
    values = [value for group in by_group for value in group if value is not None]
    return TermNumbers(fmean(values) if values else None, _spread(by_group))


def _spread(groups: Iterable[Sequence[float | None]]) -> float | None:
    """Return the mean over groups of the standard deviation in each, of the values that are there."""
    known = [[value for value in group if value is not None] for group in groups]
    spreads = [pstdev(group) for group in known if group]
    return fmean(spreads) if spreads else None
