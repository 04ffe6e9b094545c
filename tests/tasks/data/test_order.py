"""The order of problems: every epoch is a permutation, an iteration never holds a problem twice, position is pure."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data import order
from tasks.data.order import positions
from tasks.errors import DataError

SIZES = st.integers(1, 40).flatmap(lambda n: st.tuples(st.integers(1, n), st.just(n)))


def drawn(seed: int, prompts: int, n: int, iterations: int) -> list[int]:
    return [index for k in range(iterations) for index in positions(seed, k, prompts, n)]


@given(st.integers(0, 2**40), SIZES)
@settings(max_examples=200, deadline=None)
def test_every_epoch_holds_every_problem_once_and_no_iteration_one_twice(seed, size):
    prompts, n = size
    sequence = drawn(seed, prompts, n, 3 * n // prompts + 2)
    for epoch in range(3):
        assert sorted(sequence[epoch * n : (epoch + 1) * n]) == list(range(n))
    for k in range(0, len(sequence), prompts):
        assert len(set(sequence[k : k + prompts])) == prompts


@given(st.integers(0, 2**40), SIZES, st.integers(0, 500))
@settings(max_examples=200, deadline=None)
def test_a_position_does_not_depend_on_what_was_asked_before(seed, size, iteration):
    prompts, n = size
    earlier = positions(seed, iteration, prompts, n)
    order._epoch.cache_clear()
    order._hashed.cache_clear()
    assert positions(seed, iteration, prompts, n) == earlier


def test_the_first_epoch_is_the_hash_order_of_seed_and_epoch():
    wanted = sorted(range(100), key=lambda i: hashlib.sha256(f"17/0/{i}".encode()).digest())
    assert drawn(17, 25, 100, 4) == wanted
    assert drawn(17, 25, 100, 8)[100:] != wanted  # the next epoch is another one
    assert drawn(18, 25, 100, 4) != wanted


def test_more_prompts_than_problems_is_an_error():
    assert sorted(positions(0, 3, 5, 5)) == [0, 1, 2, 3, 4]
    with pytest.raises(DataError, match=r"an iteration draws 6 problems .*, but there are only 5"):
        positions(0, 0, 6, 5)
