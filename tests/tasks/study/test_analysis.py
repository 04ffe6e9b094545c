"""A whole simulated study: effects that were put in are found, none is claimed where there is none, numbers by hand."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.study.analysis import Analysis, Family, analyse
from tasks.study.design import Design
from tasks.study.dominance import intersection_union_p
from tasks.study.matched import interpolated_values, trajectory
from tasks.study.metrics import pass_at
from tasks.study.multiple_tests import holm_adjusted
from tests.tasks.study.simulated import Effect, cells

DESIGN = Design("grpo", [("arm", "grpo"), ("other", "grpo")], ["arm", "other"], (1.0, 0.6), (1, 8, 32))
GAIN: dict[str, Effect] = {"grpo": (0.0, 0.3), "arm": (0.7, 0.0), "other": (0.0, 0.3)}


@pytest.fixture(scope="module")
def analysis() -> Analysis:
    return analyse(cells(GAIN, settings=("one", "two")), DESIGN)


def test_effects_that_were_put_in_are_found(analysis: Analysis) -> None:
    """By construction arm is better in both metrics, and other is a second control."""
    for setting in ("one", "two"):
        for difference, adjusted in analysis.primary.of(setting, "arm", "grpo"):
            assert difference.estimate is not None
            assert difference.estimate.mean > 0.05
            assert adjusted is not None
            assert adjusted < 0.05
        for _, adjusted in analysis.primary.of(setting, "other", "grpo"):
            assert adjusted is not None
            assert adjusted > 0.05
    shown = {(test.comparison.variant, test.comparison.iteration) for test in analysis.dominance.shown}
    assert ("arm", 80) in shown
    assert {variant for variant, _ in shown} == {"arm"}


def test_families_are_adjusted_together_and_their_names_count_them(analysis: Analysis) -> None:
    families = (*analysis.at_end, *analysis.against_control, *analysis.equal_pass_1, *analysis.equal_compute)
    assert [family.size for family in families] == [8, 8, 8, 8, 0, 0, 0, 0, 8, 8], "a descriptive family has no tests"
    for family in families:
        p_values = [None if family.descriptive else each.p for each in family.differences]
        assert list(family.adjusted) == holm_adjusted(p_values)
        assert {each.comparison.temperature for each in family.differences} == {family.temperature}
        assert f"{len(family.differences)} differences, of which {family.size} are tested" in family.name
    diversity = {each.metric for each in analysis.at_end[2].differences}
    assert diversity == {"distinct correct answers", "entropy, nats per token"}
    assert {each.comparison.iteration for each in analysis.primary.differences} == {80}


def test_curves_are_means_over_seeds(analysis: Analysis) -> None:
    curve = analysis.curve_of("two", "arm", 0.6)
    assert curve is not None
    assert [point.iteration for point in curve.points] == [0, 20, 40, 60, 80]
    mine = [cell for cell in analysis.cells.all if (cell.setting, cell.variant) == ("two", "arm")]
    for point in curve.points:
        evaluated = [cell.at(point.iteration, 0.6) for cell in mine]
        assert point.artifacts == tuple(each.artifact for each in evaluated)
        by_hand = {
            "Pass@1": np.mean([np.mean(each.correct) / 32 for each in evaluated]),
            "Pass@32": np.mean([np.mean([c > 0 for c in each.correct]) for each in evaluated]),
        }
        for name, mean in by_hand.items():
            assert point.means[name].mean == pytest.approx(mean)
        assert point.means["entropy, nats per token"].by_seed == tuple(each.entropy for each in evaluated)


def test_every_trained_policy_is_tested_for_dominance(analysis: Analysis) -> None:
    """There are 2 settings, 2 variants, 2 temperatures and 4 iterations; p is taken by hand from the two tests."""
    tests = analysis.dominance.tests
    assert len(tests) == 32
    by_hand = []
    for test in tests:
        assert test.pass_1.estimate is not None
        assert test.pass_k.estimate is not None
        assert test.pass_1.p is not None
        assert test.pass_k.p is not None
        higher = test.pass_1.estimate.mean > 0 and test.pass_k.estimate.mean > 0
        by_hand.append(max(test.pass_1.p, test.pass_k.p) if higher else 1.0)
    assert [test.p_adjusted for test in tests] == holm_adjusted(by_hand)
    strongest = analysis.dominance.strongest
    assert strongest is not None
    assert intersection_union_p(strongest.pass_1, strongest.pass_k) == min(by_hand), "by the p-value of both together"
    assert 0 not in {test.comparison.iteration for test in tests}


def test_policies_at_equal_pass_1_have_equal_pass_1(analysis: Analysis) -> None:
    """At the matched iterations the interpolated Pass@1 of both variants is the level."""
    assert any(each.seeds for each in analysis.matched_pass_1)
    for each in analysis.matched_pass_1:
        names = each.comparison
        for seed in each.seeds:
            for variant, iteration in ((names.variant, seed.variant_at), (names.against, seed.against_at)):
                points = trajectory(analysis.cells.of(names.setting, variant)[seed.seed], names.temperature)
                found = interpolated_values(points, iteration, pass_at(1)).mean()
                assert float(found) == pytest.approx(seed.level)


def test_one_seed_is_not_tested_and_missing_seeds_are_left_out() -> None:
    alone = analyse(cells(GAIN, seeds=(3,)), DESIGN)
    families: tuple[Family, ...] = (*alone.at_end, *alone.equal_pass_1, *alone.equal_compute)
    assert {family.size for family in families} == {0}
    assert not alone.dominance.tested
    assert not alone.dominance.shown
    part = analyse(cells(GAIN, skip=[("countdown", "arm", 2), ("countdown", "grpo", 4)]), DESIGN)
    arm = part.primary.of("countdown", "arm", "grpo")[0][0]
    assert (arm.seeds, arm.seeds_left_out) == ((0, 1, 3), (2, 4))


@pytest.mark.slow
def test_equal_variants_are_seldom_told_apart() -> None:
    """In 60 studies of three equal variants with 3 seeds, at most 5 % make a claim (7 have a probability of 0.03).

    A claim is a difference in the primary family, or a variant that dominates the control.
    """
    false_claims = 0
    for study in range(60):
        made = cells(
            {"grpo": (0.0, 0.1), "arm": (0.0, 0.1), "other": (0.0, 0.1)},
            seeds=(0, 1, 2),
            settings=(f"null-{study}",),
            seed_deviation=0.3,
        )
        found = analyse(made, DESIGN)
        false_claims += found.primary.shown > 0 or bool(found.dominance.shown)
    assert false_claims < 7
