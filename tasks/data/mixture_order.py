"""The problems that an iteration takes from a mixture: which part each position goes to, and which of its problems.

A position goes to the part that is furthest behind its share (Sainte-Laguë's method): the j-th problem of a part with
weight w, from 0, is due at (2 j + 1) / (2 w), and positions take what is due first. So the shares of all positions up
to any one follow the weights to within a few problems, exactly in the long run, and both are computed: nothing is
stored, and nothing is random. Within a part problems are drawn as from one source (tasks/data/order.py): without
replacement, an epoch is a permutation keyed by (seed, part, epoch), and no iteration has a problem twice.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import pairwise
from math import lcm

from tasks.data.order import behind
from tasks.errors import DataError

_SLACK = 2  # problems that a part may be behind its share, beside one for each part


@dataclass(frozen=True)
class Mixture:
    """Parts by name with their weights, in alphabetical order: `{"a": 3.0, "b": 1.0}` as pairs."""

    weights: tuple[tuple[str, float], ...]

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Mixture:
        """Return the mixture of parts with these weights, in whichever order they come."""
        return cls(tuple(sorted(weights.items())))

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of the parts."""
        return tuple(name for name, _ in self.weights)

    @cached_property
    def shares(self) -> tuple[Fraction, ...]:
        """Return the share of each part, exactly as the weights are written in decimal digits."""
        exact = [Fraction(str(weight)) for _, weight in self.weights]
        return tuple(each / sum(exact) for each in exact)

    @cached_property
    def _steps(self) -> tuple[int, ...]:
        """Return the distance between two problems of each part, all in one unit that makes them whole numbers."""
        common = lcm(*(share.denominator for share in self.shares))
        whole = [int(share * common) for share in self.shares]
        return tuple(lcm(*whole) // each for each in whole)

    def taken(self, position: int) -> tuple[int, ...]:
        """Return how many of the first `position` problems each part gives."""
        return _taken(self, position)

    def parts(self, start: int, count: int) -> list[tuple[int, int]]:
        """Return (part, number among that part's problems) of `count` positions from `start` on."""
        numbers, found = list(self.taken(start)), []
        for _ in range(count):
            part = self._next(numbers)
            found.append((part, numbers[part]))
            numbers[part] += 1
        return found

    def _next(self, numbers: Sequence[int]) -> int:
        """Return the part whose next problem is due first; of equals the first part."""
        due = [(2 * number + 1) * step for number, step in zip(numbers, self._steps, strict=True)]
        return due.index(min(due))


@lru_cache(maxsize=4096)
def _taken(mixture: Mixture, position: int) -> tuple[int, ...]:
    # Each part has given at least this many, so that the last few positions are all that has to be gone through.
    behind_most = len(mixture.shares) + _SLACK
    numbers = [max(0, int(position * share) - behind_most) for share in mixture.shares]
    for _ in range(position - sum(numbers)):
        numbers[mixture._next(numbers)] += 1
    return tuple(numbers)


def check_parts(mixture: Mixture, sizes: Sequence[int], drawn: int, iterations: int) -> None:
    """Raise DataError where one of `iterations` iterations draws more of a part than the part has.

    `sizes`: the number of problems of each part. `drawn`: the problems of an iteration.
    """
    bounds = [mixture.taken(k * drawn) for k in range(iterations + 1)]
    for part, (name, size) in enumerate(zip(mixture.names, sizes, strict=True)):
        most = max(after[part] - before[part] for before, after in pairwise(bounds))
        if most > size:
            raise DataError(
                f"an iteration draws {most} problems of data.train.{name} (its share of rollout.prompts x "
                f"rollout.oversample), but there are only {size}: lower its weight or rollout.prompts, or give more "
                "data"
            )


def mixture_positions(
    seed: int, iteration: int, drawn: int, mixture: Mixture, sizes: Sequence[int]
) -> list[tuple[int, int]]:
    """Return (part, index below its size) of the `drawn` problems of an iteration (from 0).

    All different, and a pure function of the arguments. DataError where a part has too few problems.
    """
    start = iteration * drawn
    places = mixture.parts(start, drawn)
    orders = {
        part: _PartOrder(seed, part, sizes[part], drawn, mixture) for part in dict.fromkeys(part for part, _ in places)
    }
    for part, order in orders.items():
        if (count := sum(part == each for each, _ in places)) > order.size:
            raise DataError(
                f"iteration {iteration} draws {count} problems of data.train.{mixture.names[part]}, but there are only "
                f"{order.size}: lower its weight or rollout.prompts, or give more data"
            )
    return [(part, orders[part].epoch(number // sizes[part])[number % sizes[part]]) for part, number in places]


@dataclass(frozen=True)
class _PartOrder:
    """The order of one part's problems, epoch by epoch."""

    seed: int
    part: int
    size: int
    drawn: int
    mixture: Mixture

    def epoch(self, epoch: int) -> tuple[int, ...]:
        """Return the order of one epoch."""
        return _epoch(self, epoch)

    def crossing(self, epoch: int) -> tuple[int, int]:
        """Return how many problems the iteration in which an epoch begins takes from the epoch before it, and from it.

        (0, 0) where the epoch begins with an iteration.
        """
        if epoch == 0:
            return 0, 0
        begin = epoch * self.size
        behind_most = len(self.mixture.shares) + _SLACK
        last = int((begin + behind_most + 1) / self.mixture.shares[self.part]) // self.drawn + 2
        after = bisect_left(range(last), begin, key=lambda k: self._given(k * self.drawn))
        end, start = self._given(after * self.drawn), self._given((after - 1) * self.drawn)
        return (begin - start, end - begin) if end > begin else (0, 0)

    def _given(self, position: int) -> int:
        return self.mixture.taken(position)[self.part]


@lru_cache(maxsize=64)
def _hashed(seed: int, name: str, epoch: int, size: int) -> tuple[int, ...]:
    """Return all indices below `size`, sorted by a hash."""
    return tuple(sorted(range(size), key=lambda i: hashlib.sha256(f"{seed}/{name}/{epoch}/{i}".encode()).digest()))


@lru_cache(maxsize=64)
def _epoch(order: _PartOrder, epoch: int) -> tuple[int, ...]:
    """Return the order of one epoch of a part: the hashed one, with what an iteration already has moved behind it.

    That depends on the end of the epoch before, which is that of its hashed order unless the part is so small that
    what was moved reaches it: then on the epoch before that one, too.
    """
    name, size = order.mixture.names[order.part], order.size
    first = epoch
    while first > 0:
        first -= 1
        if size - order.crossing(first + 1)[0] >= sum(order.crossing(first)):
            break
    found = _hashed(order.seed, name, first, size)
    for current in range(first + 1, epoch + 1):
        left, wanted = order.crossing(current)
        tail = frozenset(found[size - left :])
        found = behind(_hashed(order.seed, name, current, size), tail, wanted)
    return found
