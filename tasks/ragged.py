"""Arrays of different lengths, one after the other in one flat array: tokens and their numbers, without a loop."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]
#: Token ids, and a number for each: an array, or a list that a test or a user's own engine gives.
Ints = Sequence[int] | Array
Floats = Sequence[float] | Array


@dataclass(frozen=True, slots=True, eq=False)
class Ragged:
    """N parts: part i is `values[offsets[i] : offsets[i + 1]]`.

    `values` [total]; `offsets` [N + 1] int64, from 0 to the total, never falling.
    """

    values: Array
    offsets: Array

    @classmethod
    def of(cls, parts: Sequence[Ints | Floats], dtype: DTypeLike) -> Ragged:
        """Return parts as one array of `dtype`."""
        arrays = [np.asarray(part, dtype) for part in parts]
        return cls(np.concatenate(arrays) if arrays else np.zeros(0, dtype), offsets_of([len(part) for part in parts]))

    @property
    def lengths(self) -> Array:
        """Return the length of each part [N]."""
        return np.diff(self.offsets)

    @property
    def owners(self) -> Array:
        """Return the part that each value belongs to [total]."""
        return np.repeat(np.arange(len(self)), self.lengths)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> Array:
        """Return one part, a view."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"part {index} of {len(self)}")
        index %= len(self)
        return self.values[self.offsets[index] : self.offsets[index + 1]]

    def __iter__(self) -> Iterator[Array]:
        return iter(np.split(self.values, self.offsets[1:-1])) if len(self) else iter(())

    def take(self, parts: Sequence[int] | Array) -> Ragged:
        """Return some parts, in the order given."""
        chosen = np.asarray(parts, np.int64)
        lengths = self.lengths[chosen]
        return Ragged(self.values[spans(self.offsets[:-1][chosen], lengths)], offsets_of(lengths))


def concatenated(parts: Iterable[Ragged]) -> Ragged:
    """Return the parts of several, one after the other; of the values' common dtype. At least one is wanted."""
    every = list(parts)
    return Ragged(
        np.concatenate([each.values for each in every]),
        offsets_of(np.concatenate([each.lengths for each in every])),
    )


def offsets_of(lengths: Sequence[int] | Array) -> Array:
    """Return where parts of these lengths [N] begin and the last one ends [N + 1], int64."""
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.asarray(lengths, np.int64))])


def spans(starts: Array, lengths: Array) -> Array:
    """Return the positions start, start + 1, ... of each span, one after the other [sum of lengths], int64."""
    offsets = offsets_of(lengths)
    return np.arange(offsets[-1]) + np.repeat(np.asarray(starts, np.int64) - offsets[:-1], lengths)
