"""Which tokens go through the model together: nothing lost, nothing twice, budgets kept, little padding."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from tasks.train.layout import Row, micro_batches, rows_of, share

groups = st.lists(
    st.tuples(st.integers(1, 30), st.dictionaries(st.integers(0, 15), st.integers(1, 60), max_size=8)),
    min_size=1,
    max_size=6,
)


def rows_for(values: list[tuple[int, dict[int, int]]], limit: int) -> list[Row]:
    return [row for g, (prompt, responses) in enumerate(values) for row in rows_of(g, prompt, responses, limit=limit)]


@given(groups, st.integers(1, 200))
def test_rows_hold_every_response_once_within_the_limit(values: list[tuple[int, dict[int, int]]], limit: int) -> None:
    rows = rows_for(values, limit)
    assert sorted((r.group, s) for r in rows for s in r.samples) == sorted(
        (g, s) for g, (_, responses) in enumerate(values) for s in responses
    )
    for row in rows:
        prompt, responses = values[row.group]
        assert row.length == prompt + sum(responses[s] for s in row.samples)
        assert row.length <= limit or len(row.samples) == 1


@given(groups, st.integers(1, 200), st.integers(1, 4), st.integers(1, 300))
def test_ranks_share_every_row_once_in_equally_many_batches_within_the_budget(
    values: list[tuple[int, dict[int, int]]], limit: int, ranks: int, budget: int
) -> None:
    rows = rows_for(values, limit)
    shares = share(rows, ranks, budget)
    assert len(shares) == ranks
    dealt = [row for part in shares for batch in part for row in batch]
    assert sorted(dealt, key=str) == sorted(rows, key=str)
    assert len({len(part) for part in shares}) == 1 and shares[0], (
        "every rank runs equally many micro-batches, at least one"
    )
    for part in shares:
        for batch in part:
            if len(batch) > 1:
                assert max(row.length for row in batch) * len(batch) <= budget
    assert not rows or any(all(part) for part in shares), "more micro-batches than any rank needs"
    load = [sum(row.length for batch in part for row in batch) for part in shares]
    assert max(load) - min(load) <= max((row.length for row in rows), default=0)


@given(groups, st.integers(1, 200), st.integers(1, 4), st.integers(1, 300), st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    values: list[tuple[int, dict[int, int]]], limit: int, ranks: int, budget: int, draw: random.Random
) -> None:
    rows = rows_for(values, limit)
    shuffled = list(rows)
    draw.shuffle(shuffled)
    assert share(shuffled, ranks, budget) == share(rows, ranks, budget)


@given(st.integers(1, 40), st.integers(1, 50), st.integers(1, 400))
def test_rows_of_equal_length_waste_nothing(count: int, length: int, budget: int) -> None:
    batches = micro_batches([Row(g, (0,), length) for g in range(count)], budget)
    per_batch = max(1, budget // length)
    assert len(batches) == -(-count // per_batch)
    assert {row.length for batch in batches for row in batch} == {length}


def test_little_padding_on_lengths_as_they_come() -> None:
    """Long-tailed lengths: under a tenth of what goes through the model is padding."""
    draw = random.Random(0)
    rows = [Row(g, (0,), 60 + int(draw.lognormvariate(5, 0.8))) for g in range(500)]
    batches = micro_batches(rows, 8192)
    real = sum(row.length for row in rows)
    padded = sum(max(row.length for row in batch) * len(batch) for batch in batches)
    assert real / padded > 0.9


def test_long_responses_come_first_so_that_rows_are_full() -> None:
    assert [row.samples for row in rows_of(0, 10, {0: 5, 1: 50, 2: 40, 3: 5}, limit=100)] == [(1, 2), (0, 3)]
