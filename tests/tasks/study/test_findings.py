"""A whole study, simulated: what was put in is found, what was not is not claimed, and every number against a slower way to get it."""

from __future__ import annotations

import numpy as np
import pytest

from tasks.study.equal import path, values_at
from tasks.study.findings import Family, Findings, find
from tasks.study.holm import holm
from tasks.study.measures import pass_at
from tasks.study.plan import Plan
from tasks.study.wins import both
from tests.tasks.study.simulated import Effect, cells

PLAN = Plan("grpo", [("arm", "grpo"), ("other", "grpo")], ["arm", "other"], (1.0, 0.6), (1, 8, 32))
GAIN: dict[str, Effect] = {"grpo": (0.0, 0.3), "arm": (0.7, 0.0), "other": (0.0, 0.3)}


@pytest.fixture(scope="module")
def found() -> Findings:
    return find(cells(GAIN, settings=("one", "two")), PLAN)


def test_what_was_put_in_is_found(found: Findings) -> None:
    """arm is better in both by construction, other is the control once more."""
    for setting in ("one", "two"):
        for difference, adjusted in found.primary.of(setting, "arm", "grpo"):
            assert difference.found is not None
            assert difference.found.mean > 0.05
            assert adjusted is not None
            assert adjusted < 0.05
        for _, adjusted in found.primary.of(setting, "other", "grpo"):
            assert adjusted is not None
            assert adjusted > 0.05
    won = {(look.one.variant, look.one.iteration) for look in found.wins.found}
    assert ("arm", 80) in won
    assert {variant for variant, _ in won} == {"arm"}


def test_families_are_named_and_adjusted_together(found: Findings) -> None:
    assert (
        found.primary.name
        == "Pass@1 and Pass@32 at the last iteration, T = 1: 2 comparisons, 2 settings, 2 metrics: 8 differences, of which 8 are tested"
    )
    families = (*found.last, *found.from_control, *found.equal_pass_1, *found.equal_compute)
    assert [family.size for family in families] == [8, 8, 8, 8, 0, 0, 0, 0, 8, 8], "what is described is not tested"
    for family in families:
        assert list(family.adjusted) == holm([None if family.descriptive else d.p for d in family.differences])
        assert {d.temperature for d in family.differences} == {family.temperature}
    assert {d.metric for d in found.last[2].differences} == {"distinct correct answers", "entropy, nats per token"}
    assert {d.iteration for d in found.primary.differences} == {80}


def test_curves_are_means_over_seeds(found: Findings) -> None:
    curve = found.curve_of("two", "arm", 0.6)
    assert curve is not None
    assert [stop.iteration for stop in curve.stops] == [0, 20, 40, 60, 80]
    mine = [cell for cell in found.cells.all if (cell.setting, cell.variant) == ("two", "arm")]
    for stop in curve.stops:
        points = [cell.at(stop.iteration, 0.6) for cell in mine]
        assert stop.artifacts == tuple(point.artifact for point in points)
        assert stop.means["Pass@1"].mean == pytest.approx(np.mean([np.mean(point.correct) / 32 for point in points]))
        assert stop.means["Pass@32"].mean == pytest.approx(
            np.mean([np.mean([c > 0 for c in point.correct]) for point in points])
        )
        assert stop.means["entropy, nats per token"].by_seed == tuple(point.entropy for point in points)


def test_every_trained_policy_is_looked_at(found: Findings) -> None:
    """2 settings, 2 variants, 2 temperatures, 4 iterations; p by hand from the two tests."""
    looks = found.wins.looks
    assert len(looks) == 32
    by_hand = []
    for look in looks:
        assert look.one.found is not None
        assert look.many.found is not None
        assert look.one.p is not None
        assert look.many.p is not None
        higher = look.one.found.mean > 0 and look.many.found.mean > 0
        by_hand.append(max(look.one.p, look.many.p) if higher else 1.0)
    assert [look.adjusted for look in looks] == holm(by_hand)
    nearest = found.wins.nearest
    assert nearest is not None
    assert both(nearest.one, nearest.many) == min(by_hand), (
        "the clearest by what decides on a win, not by one of its two errors"
    )
    assert 0 not in {look.one.iteration for look in looks}


def test_equal_pass_1_is_equal(found: Findings) -> None:
    """At its place each path's Pass@1 is the level, which is the weaker one's best."""
    assert any(at.places for _, at in found.places_pass_1)
    for where, at in found.places_pass_1:
        for place in at.places:
            for variant, iteration in ((where.variant, place.variant_at), (where.against, place.against_at)):
                points = path(found.cells.of(where.setting, variant)[place.seed], where.temperature)
                assert float(values_at(points, iteration, pass_at(1)).mean()) == pytest.approx(place.level)


def test_one_seed_says_nothing_and_missing_seeds_are_left_out() -> None:
    alone = find(cells(GAIN, seeds=(3,)), PLAN)
    families: tuple[Family, ...] = (*alone.last, *alone.equal_pass_1, *alone.equal_compute)
    assert {family.size for family in families} == {0}
    assert not alone.wins.tested
    assert not alone.wins.found
    gone = find(cells(GAIN, skip=[("countdown", "arm", 2), ("countdown", "grpo", 4)]), PLAN)
    arm = gone.primary.of("countdown", "arm", "grpo")[0][0]
    assert (arm.seeds, arm.left_out) == ((0, 1, 3), (2, 4))


@pytest.mark.slow
def test_equal_variants_are_seldom_told_apart() -> None:
    """60 studies whose three variants are the same but for luck, 3 seeds each: any claim in the primary family, or any win, in at most 5 % of
    them (3 of 60; 7 would come with probability 0.03)."""
    false = 0
    for study in range(60):
        made = cells(
            {"grpo": (0.0, 0.1), "arm": (0.0, 0.1), "other": (0.0, 0.1)},
            seeds=(0, 1, 2),
            settings=(f"null-{study}",),
            seed_deviation=0.3,
        )
        seen = find(made, PLAN)
        false += seen.primary.shown > 0 or bool(seen.wins.found)
    assert false < 7
