"""When, if ever, a variant wins on both: Pass@1 and Pass@k above the control's, looked for everywhere, and paid for by Holm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.study.holm import ALPHA, holm
from tasks.study.measures import pass_at
from tasks.study.paired import Difference, Where, compared
from tasks.study.plan import Cells, Plan


@dataclass(frozen=True, slots=True)
class Look:
    """One setting, variant, temperature and iteration. `p` for "higher in both": the larger of the two p-values where both differences are above 0, else 1
    (an intersection-union test: Berger 1982, Technometrics 24; two-sided p-values for a one-sided question, so it errs to the safe side)."""

    one: Difference
    many: Difference
    adjusted: float | None

    @property
    def wins(self) -> bool:
        """At this p both lower ends, adjusted alike, are above 0."""
        return self.adjusted is not None and self.adjusted <= ALPHA

    @property
    def above(self) -> bool:
        """Whether both means are above 0, whatever chance may have done."""
        return all(each.found is not None and each.found.mean > 0.0 for each in (self.one, self.many))

    @property
    def weaker(self) -> float | None:
        """The smaller of the two differences in units of their standard errors."""
        found = [each.found.t for each in (self.one, self.many) if each.found is not None and each.found.t is not None]
        return min(found) if len(found) == 2 else None


@dataclass(frozen=True, slots=True)
class Wins:
    """Every look, in the order of settings, variants, temperatures and iterations; the tested ones (two seeds or more) are one family of Holm's.
    Trained policies alone: at iteration 0 variants share theirs. `aside`: looks at the variants that are counted and not tested."""

    looks: tuple[Look, ...]
    aside: tuple[Look, ...] = ()

    @property
    def tested(self) -> list[Look]:
        return [look for look in self.looks if look.adjusted is not None]

    @property
    def found(self) -> list[Look]:
        return [look for look in self.looks if look.wins]

    @property
    def nearest(self) -> Look | None:
        """The one with the least adjusted p; among equals the one whose smaller difference is the most standard errors."""
        return min(self.tested, key=lambda look: (look.adjusted, -(look.weaker or 0.0)), default=None)


def wins(plan: Plan, cells: Cells) -> Wins:
    tested, aside = _pairs(plan, cells, plan.arms), _pairs(plan, cells, plan.aside)
    adjusted = holm([both(*pair) for pair in tested])
    return Wins(
        tuple(Look(*pair, p) for pair, p in zip(tested, adjusted, strict=True)),
        tuple(Look(*pair, None) for pair in aside),
    )


def _pairs(plan: Plan, cells: Cells, variants: Sequence[str]) -> list[tuple[Difference, Difference]]:
    """Pass@1 and Pass@k against the control, wherever both were evaluated after training began."""
    one, many = pass_at(1), pass_at(plan.largest_k)
    pairs = []
    for setting in cells.settings:
        control = cells.of(setting, plan.control)
        for name in variants:
            for temperature in plan.temperatures:
                for iteration in cells.evaluated(setting, temperature):
                    variant, where = cells.of(setting, name), Where(setting, name, plan.control, temperature, iteration)
                    found = [compared(where, metric, variant, control) for metric in (one, many)] if iteration else []
                    if found and found[0].seeds and found[1].seeds:
                        pairs.append((found[0], found[1]))
    return pairs


def both(one: Difference, many: Difference) -> float | None:
    """p of "higher in both"; None where one of the two cannot be tested."""
    if one.found is None or many.found is None or one.p is None or many.p is None:
        return None
    return max(one.p, many.p) if min(one.found.mean, many.found.mean) > 0.0 else 1.0
