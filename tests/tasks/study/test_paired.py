"""Variants paired by seed and question: small cases by hand, invariances, and cells that cannot be paired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.errors import DataError
from tasks.study.cells import Cell, Point
from tasks.study.design import Design, collect, unmatched_starts
from tasks.study.matched import (
    first_crossing,
    interpolated_values,
    iteration_at_tokens,
    match_compute,
    match_pass_1,
)
from tasks.study.metrics import DISTINCT, ENTROPY, pass_at
from tasks.study.paired import ONE_SEED, Comparison, paired_difference
from tests.tasks.study.simulated import cells

COMPARISON = Comparison("s", "arm", "grpo", 1.0, 2)


def point(
    iteration: int,
    correct: Sequence[int],
    *,
    judged: Sequence[int] | None = None,
    samples: int = 4,
    entropy: float | None = 0.5,
) -> Point:
    of = tuple(judged) if judged is not None else (samples,) * len(correct)
    return Point(
        iteration, 1.0, samples, tuple(correct), of, tuple(min(c, 2) for c in correct), entropy, None, None, None, "key"
    )


def cell(variant: str, seed: int, points: Sequence[Point], **changes: Any) -> Cell:
    (template,) = cells({variant: (0.0, 0.0)}, seeds=(seed,), evaluated=(0, 2), settings=("s",))
    last = max(p.iteration for p in points)
    return replace(
        template,
        points=tuple(points),
        questions=(len(points[0].correct), "digest"),
        dynamics={},
        iterations=last,
        **changes,
    )


def test_pass_at_k_is_the_share_of_draws_with_a_right_one() -> None:
    """All draws of k of the samples are counted, one by one."""
    found = pass_at(3).values(point(0, [0, 1, 3, 5], samples=5))
    for c, value in zip([0, 1, 3, 5], found, strict=True):
        draws = list(combinations([1] * c + [0] * (5 - c), 3))
        assert value == pytest.approx(sum(any(draw) for draw in draws) / len(draws))


def test_two_seeds_and_two_questions_by_hand() -> None:
    """Pass@1 of arm minus grpo: seed 0 (3 - 1, 2 - 2) / 4, seed 1 (4 - 1, 1 - 0) / 4."""
    arm = {
        0: cell("arm", 0, [point(2, [3, 2])]),
        1: cell("arm", 1, [point(2, [4, 1])]),
        5: cell("arm", 5, [point(2, [4, 4])]),
    }
    grpo = {
        0: cell("grpo", 0, [point(2, [1, 2])]),
        1: cell("grpo", 1, [point(2, [1, 0])]),
        7: cell("grpo", 7, [point(0, [0, 0])]),
    }
    found = paired_difference(COMPARISON, pass_at(1), arm, grpo)
    assert found.estimate is not None
    assert found.estimate.by_seed == pytest.approx((0.25, 0.5))
    assert found.estimate.mean == pytest.approx(0.375)
    assert (found.seeds, found.seeds_left_out, found.estimate.questions) == ((0, 1), (5, 7), 2)
    distinct = paired_difference(COMPARISON, DISTINCT, arm, grpo).estimate
    assert distinct is not None
    assert distinct.by_seed == pytest.approx((0.5, 1.0))


def test_one_seed_and_no_common_seed_are_no_claim() -> None:
    arm, grpo = {0: cell("arm", 0, [point(2, [4] * 20)])}, {0: cell("grpo", 0, [point(2, [0] * 20)])}
    found = paired_difference(COMPARISON, pass_at(1), arm, grpo)
    assert found.estimate is not None
    assert (found.estimate.mean, found.p, found.estimate.interval, found.remark) == (1.0, None, None, ONE_SEED)
    nothing = paired_difference(COMPARISON, pass_at(1), arm, {3: grpo[0]})
    assert (nothing.estimate, nothing.seeds_left_out) == (None, (0, 3))
    assert nothing.remark


def test_a_question_without_enough_judged_samples_is_left_out_everywhere() -> None:
    arm = {s: cell("arm", s, [point(2, [3, 2, 1], judged=[4, 3 if s else 4, 4])]) for s in (0, 1)}
    grpo = {s: cell("grpo", s, [point(2, [1, 2, s])]) for s in (0, 1)}
    assert paired_difference(COMPARISON, pass_at(1), arm, grpo).questions_left_out == 0
    four = paired_difference(COMPARISON, pass_at(4), arm, grpo)
    assert (four.questions_left_out, four.estimate and four.estimate.questions) == (1, 2)
    gone = {s: cell("arm", s, [point(2, [1, 1, 1], entropy=None)]) for s in (0, 1)}
    assert paired_difference(COMPARISON, ENTROPY, gone, grpo).estimate is None


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.lists(st.integers(0, 4), min_size=5, max_size=5), min_size=4, max_size=4),
    st.permutations(range(5)),
    st.sampled_from([1, 2, 4]),
)
def test_swapping_variants_and_shuffling_questions(counts: list[list[int]], order: list[int], k: int) -> None:
    arm = {s: cell("arm", s, [point(2, counts[s])]) for s in (0, 1)}
    grpo = {s: cell("grpo", s, [point(2, counts[2 + s])]) for s in (0, 1)}
    there = paired_difference(COMPARISON, pass_at(k), arm, grpo).estimate
    back = paired_difference(COMPARISON, pass_at(k), grpo, arm).estimate
    itself = paired_difference(COMPARISON, pass_at(k), arm, arm).estimate
    assert there is not None
    assert back is not None
    assert itself is not None
    assert back.mean == pytest.approx(-there.mean, abs=1e-15)
    assert (itself.mean, itself.interval, itself.p) == (0.0, (0.0, 0.0), 1.0)
    shuffled = [
        {s: cell("x", s, [point(2, [of[s].points[0].correct[q] for q in order])]) for s in (0, 1)} for of in (arm, grpo)
    ]
    other = paired_difference(COMPARISON, pass_at(k), *shuffled).estimate
    assert other is not None
    assert other.mean == pytest.approx(there.mean, abs=1e-15)
    if there.p is not None and other.p is not None:
        assert other.p == pytest.approx(there.p, abs=1e-9)


def test_cells_that_cannot_be_paired_are_refused() -> None:
    first, second = cell("arm", 0, [point(2, [1, 2])]), cell("grpo", 0, [point(2, [1, 2])])
    with pytest.raises(DataError, match=r"s/grpo seed 0 was evaluated on 2 .*\(other\), s/arm seed 0 on 2 \(digest\)"):
        collect([first, replace(second, questions=(2, "other"))])
    with pytest.raises(DataError, match="two cells are s/arm seed 0"):
        collect([first, first])
    with pytest.raises(DataError, match="4 samples a question for arm, 8 for grpo"):
        paired_difference(COMPARISON, pass_at(1), {0: first}, {0: cell("grpo", 0, [point(2, [1, 2], samples=8)])})
    # another setting may have other questions
    collect([first, replace(second, setting="other", questions=(9, "another"))])


def test_the_first_rise_to_the_level_counts() -> None:
    """Pass@1 over iterations 0, 10, 20, 30: 0.25, 0.5, 0.25, 0.75."""
    path = [point(10 * n, [c]) for n, c in enumerate([1, 2, 1, 3])]
    assert first_crossing(path, 0.375) == pytest.approx(5.0)
    assert first_crossing(path, 0.5) == pytest.approx(10.0)
    assert first_crossing(path, 0.625) == pytest.approx(27.5)
    assert first_crossing(path, 0.25) is None  # it falls back to this level and never rises to it
    assert first_crossing(path, 0.8) is None
    assert interpolated_values(path, 27.5, pass_at(1))[0] == pytest.approx(0.625)  # what the interpolation is for
    assert interpolated_values(path, 40.0, pass_at(1))[0] == 0.75


def test_at_equal_pass_1_by_hand() -> None:
    """Both start at 0.25; in ten iterations arm rises to 0.75 and grpo to 0.5.

    At 0.5 arm stands at iteration 5, half way between the Pass@4 of both ends. Seed 1's grpo never rises, so the seed
    has no level.
    """
    start, low, high = [1, 1], [4, 0], [3, 3]
    arm = {s: cell("arm", s, [point(0, start), point(10, high)]) for s in (0, 1)}
    grpo = {
        0: cell("grpo", 0, [point(0, start), point(10, low)]),
        1: cell("grpo", 1, [point(0, start), point(10, [1, 0])]),
    }
    found = match_pass_1(replace(COMPARISON, iteration=None), [pass_at(1), pass_at(4)], arm, grpo)
    (place,) = found.seeds
    assert (place.seed, place.level, place.variant_at, place.against_at) == (0, 0.5, 5.0, 10.0)
    one, four = found.differences
    assert (one.estimate and one.estimate.mean, four.estimate and four.estimate.mean) == (0.0, 0.5)
    assert (four.seeds_left_out, four.remark) == ((1,), ONE_SEED)


def test_at_equal_compute_by_hand() -> None:
    """In 10 iterations arm sampled 1000 tokens and grpo 2000, so after 1000 grpo stands at iteration 5."""
    arm = {0: cell("arm", 0, [point(0, [0]), point(10, [4])], tokens=1000)}
    grpo = {0: cell("grpo", 0, [point(0, [0]), point(10, [2])], tokens=2000)}
    found = match_compute(replace(COMPARISON, iteration=None), [pass_at(1)], arm, grpo)
    assert (found.seeds[0].variant_at, found.seeds[0].against_at, found.token_difference) == (10.0, 5.0, 1.0)
    assert found.differences[0].estimate is not None
    assert found.differences[0].estimate.mean == 0.75
    lengths = replace(grpo[0], iterations=4, dynamics={"response_length_mean": (1.0, 1.0, 2.0, 4.0)}, tokens=800)
    wanted = {0: 0.0, 50: 0.5, 100: 1.0, 300: 2.5, 400: 3.0, 600: 3.5, 800: 4.0, 900: 4.0}
    assert {tokens: iteration_at_tokens(lengths, tokens) for tokens in wanted} == wanted


def test_the_table_is_seeds_by_questions() -> None:
    """The differences of a simulated pair are those taken by hand with numpy."""
    made = cells({"arm": (0.5, 0.0), "grpo": (0.0, 0.2)}, seeds=(0, 1, 2), questions=30)
    by = {c.name: c for c in made}
    arm, grpo = ({s: by["countdown", name, s] for s in (0, 1, 2)} for name in ("arm", "grpo"))
    found = paired_difference(Comparison("countdown", "arm", "grpo", 0.6, 40), pass_at(1), arm, grpo).estimate
    table = np.array(
        [
            [(a - g) / 32 for a, g in zip(arm[s].at(40, 0.6).correct, grpo[s].at(40, 0.6).correct, strict=True)]
            for s in (0, 1, 2)
        ]
    )
    assert found is not None
    assert found.by_seed == pytest.approx(tuple(table.mean(axis=1)))


def test_cells_of_a_seed_that_did_not_begin_alike_are_named() -> None:
    same, drawn, other = ([point(0, [1, 2]), point(2, [c, 2])] for c in (1, 2, 3))
    drawn[0] = point(0, [2, 2])
    found = [cell("grpo", s, same, start="a") for s in range(3)]
    found += [cell("arm", 0, other, start="a"), cell("arm", 1, drawn, start="a"), cell("arm", 2, other, start="b")]
    lines = unmatched_starts(collect(found), Design("grpo", [], [], [1.0], [1]))
    assert [line.partition(" did not")[0] for line in lines] == [f"s/arm seed {s} and s/grpo seed {s}" for s in (1, 2)]
