"""The order of a mixture: shares follow weights, parts are permutations, no iteration has a problem twice."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tasks.data import mixture_order
from tasks.data.mixture_order import Mixture, check_parts, mixture_positions
from tasks.errors import DataError

WEIGHTS = st.lists(st.one_of(st.integers(1, 9), st.sampled_from([0.1, 0.3, 2.5, 0.0001])), min_size=1, max_size=6)


def mixture_of(*weights: float) -> Mixture:
    return Mixture.of({f"part{index}": weight for index, weight in enumerate(weights)})


def naive(mixture: Mixture, count: int) -> list[int]:
    numbers, found = [0] * len(mixture.shares), []
    for _ in range(count):
        due = [(2 * number + 1) / share for number, share in zip(numbers, mixture.shares, strict=True)]
        found.append(due.index(min(due)))
        numbers[found[-1]] += 1
    return found


@given(WEIGHTS, st.integers(0, 300), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_a_position_is_computed_as_if_all_before_it_were_gone_through(weights, start, count):
    mixture = mixture_of(*weights)
    wanted = naive(mixture, start + count)
    assert [part for part, _ in mixture.parts(start, count)] == wanted[start:]
    assert mixture.taken(start) == tuple(Counter(wanted[:start])[part] for part in range(len(weights)))


@given(WEIGHTS, st.integers(0, 10**9))
@settings(max_examples=200, deadline=None)
def test_shares_follow_the_weights_however_far(weights, position):
    mixture = mixture_of(*weights)
    taken = mixture.taken(position)
    assert sum(taken) == position
    for count, share in zip(taken, mixture.shares, strict=True):
        assert abs(count - position * share) <= len(weights) / 2 + 1


def test_every_period_has_exactly_the_shares():
    assert [part for part, _ in mixture_of(3, 1).parts(0, 8)] == [0, 0, 1, 0, 0, 0, 1, 0]
    assert mixture_of(3, 1).taken(4000) == (3000, 1000)
    assert mixture_of(0.3, 0.1).taken(4000) == (3000, 1000)  # decimal digits, not binary ones


def test_the_order_of_the_spec_does_not_matter():
    assert Mixture.of({"a": 1.0, "b": 2.0}) == Mixture.of({"b": 2.0, "a": 1.0})


SIZES = st.lists(st.integers(1, 30), min_size=6, max_size=6)


@given(st.integers(0, 2**40), WEIGHTS, SIZES, st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_epochs_of_a_part_are_permutations_and_no_iteration_has_a_problem_twice(seed, weights, sizes, drawn):
    mixture, sizes = mixture_of(*weights), sizes[: len(weights)]
    iterations = 40
    try:
        check_parts(mixture, sizes, drawn, iterations)
    except DataError:
        assume(False)
    drawn_of: dict[int, list[int]] = {}
    for k in range(iterations):
        places = mixture_positions(seed, k, drawn, mixture, sizes)
        assert len(set(places)) == drawn
        for part, index in places:
            drawn_of.setdefault(part, []).append(index)
    for part, indices in drawn_of.items():
        size = sizes[part]
        for epoch in range(len(indices) // size):
            assert sorted(indices[epoch * size : (epoch + 1) * size]) == list(range(size))


@given(st.integers(0, 2**40), WEIGHTS, SIZES, st.integers(1, 12), st.integers(0, 60))
@settings(max_examples=100, deadline=None)
def test_a_position_does_not_depend_on_what_was_asked_before(seed, weights, sizes, drawn, iteration):
    mixture, sizes = mixture_of(*weights), [size + 12 for size in sizes[: len(weights)]]
    earlier = mixture_positions(seed, iteration, drawn, mixture, sizes)
    for cache in (mixture_order._taken, mixture_order._hashed, mixture_order._epoch):
        cache.cache_clear()
    assert mixture_positions(seed, iteration, drawn, mixture, sizes) == earlier


def test_parts_have_orders_of_their_own_by_seed_and_name():
    def first(seed: int, *names: str) -> list[int]:
        mixture = Mixture.of(dict.fromkeys(names, 1.0))
        return [index for part, index in mixture_positions(seed, 0, 20, mixture, [10, 10]) if part == 0]

    assert first(1, "a", "b") == first(1, "a", "c")
    assert first(1, "a", "b") != first(2, "a", "b")
    assert first(1, "a", "b") != first(1, "b", "c")


def test_a_part_that_is_too_small_is_an_error():
    check_parts(mixture_of(3, 1), [6, 2], 8, 100)
    with pytest.raises(DataError, match=r"draws 6 problems of data\.train\.part0 .*, but there are only 5"):
        check_parts(mixture_of(3, 1), [5, 2], 8, 100)
    with pytest.raises(DataError, match=r"iteration 3 draws 6 problems of data\.train\.part0, but there are only 5"):
        mixture_positions(0, 3, 8, mixture_of(3, 1), [5, 2])
