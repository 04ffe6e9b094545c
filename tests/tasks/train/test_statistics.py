"""Numbers of tokens, flat: taken from micro-batches in any order, found again by response."""

from __future__ import annotations

import torch

from tasks.train.statistics import TokenValues, by_length, merged


def test_parts_of_several_micro_batches_stand_in_order_and_the_last_of_equal_ones_counts() -> None:
    first = TokenValues.of([(3, 1, 2, 4), (0, 2, 0, 2)], torch.arange(5.0)[None])
    second = TokenValues.of([(0, 2, 0, 2), (0, 0, 3, 4)], torch.arange(5.0)[None] + 10)
    for whole in (merged([first, second]), merged([merged([first]), second])):
        assert whole.parts.tolist() == [[0, 0], [0, 2], [3, 1]] and whole.lengths.tolist() == [1, 2, 2]
        assert whole.values.tolist() == [[13.0, 10.0, 11.0, 2.0, 3.0]]
        assert whole.places(torch.tensor([[3, 1], [0, 0]])).tolist() == [3, 4, 0]
        assert whole.of_groups([3]).values.tolist() == [[2.0, 3.0]]


def test_a_micro_batch_of_padding_has_no_part() -> None:
    nothing = TokenValues.of([], torch.ones(3, 1))
    one = TokenValues.of([(0, 0, 0, 1)], torch.ones(3, 1))
    assert nothing.values.shape == (3, 0) and merged([nothing, one]).values.tolist() == one.values.tolist()


def test_rows_of_equal_length_are_the_parts() -> None:
    lengths = torch.tensor([2, 1, 2, 3])
    values = torch.arange(8.0)
    found = {
        int(part): row.tolist()
        for parts, rows in by_length(values, lengths)
        for part, row in zip(parts, rows, strict=True)
    }
    assert found == {n: part.tolist() for n, part in enumerate(values.split(lengths.tolist()))}
