"""Tests whether a variant dominates the control: higher in both Pass@1 and Pass@k, at any iteration after the start."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tasks.study.design import CellTable, Design
from tasks.study.metrics import pass_at
from tasks.study.multiple_tests import ALPHA, holm_adjusted
from tasks.study.paired import Comparison, Difference, paired_difference


@dataclass(frozen=True, slots=True)
class DominanceTest:
    """One setting, variant, temperature and iteration, against the control.

    `p_adjusted`: Holm's p-value of "higher in both"; None if it was not tested.
    """

    pass_1: Difference
    pass_k: Difference
    p_adjusted: float | None

    @property
    def comparison(self) -> Comparison:
        """Return the setting, variant, temperature and iteration."""
        return self.pass_1.comparison

    @property
    def dominates(self) -> bool:
        """Return True where both differences are shown to be above 0."""
        return self.p_adjusted is not None and self.p_adjusted <= ALPHA

    @property
    def both_above(self) -> bool:
        """Return True where both means are above 0, whatever chance may have done."""
        estimates = (self.pass_1.estimate, self.pass_k.estimate)
        return all(each is not None and each.mean > 0.0 for each in estimates)

    @property
    def smaller_t(self) -> float | None:
        """Return the smaller of the two differences, in units of their standard errors."""
        estimates = (self.pass_1.estimate, self.pass_k.estimate)
        found = [each.t for each in estimates if each is not None and each.t is not None]
        return min(found) if len(found) == 2 else None


@dataclass(frozen=True, slots=True)
class Dominance:
    """The tests of all variants, in the order of settings, variants, temperatures and iterations.

    `tests`: one family of Holm's; those with fewer than two seeds are not tested. `counted`: of variants that are
    counted and not tested. Iteration 0 is left out, since variants share that policy.
    """

    tests: tuple[DominanceTest, ...]
    counted: tuple[DominanceTest, ...] = ()

    @property
    def tested(self) -> list[DominanceTest]:
        """Return the tests that could be made."""
        return [test for test in self.tests if test.p_adjusted is not None]

    @property
    def shown(self) -> list[DominanceTest]:
        """Return the tests in which the variant dominates the control."""
        return [test for test in self.tests if test.dominates]

    @property
    def strongest(self) -> DominanceTest | None:
        """Return the test with the smallest adjusted p-value; among equals the one with the largest `smaller_t`."""
        return min(self.tested, key=lambda test: (test.p_adjusted, -(test.smaller_t or 0.0)), default=None)


def dominance(design: Design, cells: CellTable) -> Dominance:
    """Test every evaluated iteration after the start, at each temperature, in each setting."""
    tested, counted = _pairs(design, cells, design.tested_variants), _pairs(design, cells, design.counted_variants)
    adjusted = holm_adjusted([intersection_union_p(*pair) for pair in tested])
    return Dominance(
        tuple(DominanceTest(*pair, p) for pair, p in zip(tested, adjusted, strict=True)),
        tuple(DominanceTest(*pair, None) for pair in counted),
    )


def _pairs(design: Design, cells: CellTable, variants: Sequence[str]) -> list[tuple[Difference, Difference]]:
    """Return the differences in Pass@1 and Pass@k wherever both variants were evaluated after training began."""
    pairs = []
    for setting in cells.settings:
        control = cells.of(setting, design.control)
        for name in variants:
            variant = cells.of(setting, name)
            for temperature in design.temperatures:
                for iteration in cells.evaluated_iterations(setting, temperature):
                    if iteration == 0:
                        continue
                    comparison = Comparison(setting, name, design.control, temperature, iteration)
                    first, second = (
                        paired_difference(comparison, pass_at(k), variant, control) for k in (1, design.largest_k)
                    )
                    if first.seeds and second.seeds:
                        pairs.append((first, second))
    return pairs


def intersection_union_p(pass_1: Difference, pass_k: Difference) -> float | None:
    """Return the p-value of "higher in both"; None if one of the two could not be tested.

    It is the larger of the two p-values if both differences are above 0, else 1 (an intersection-union test: Berger
    1982, Technometrics 24). The p-values are two-sided although the question is one-sided, which errs to the safe
    side.
    """
    if pass_1.estimate is None or pass_k.estimate is None or pass_1.p is None or pass_k.p is None:
        return None
    return max(pass_1.p, pass_k.p) if min(pass_1.estimate.mean, pass_k.estimate.mean) > 0.0 else 1.0
