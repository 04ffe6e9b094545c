"""Philox4x64-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") for many keys at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]

_MULTIPLIERS = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
_WEYL = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBB67AE8584CAA73B)
_ROUNDS = 10
_HALF, _LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


def raw_streams(seeds: Sequence[int], count: int) -> Words:
    """Return the first `count` numbers of each seed's stream [seeds, count], uint64.

    They are those of `numpy.random.Philox(key=seed).random_raw(count)`, which makes one generator for each seed. Seeds
    are in [0, 2**64).
    """
    blocks = -(-count // 4)
    first = np.repeat(np.asarray(seeds, np.uint64)[:, None], blocks, axis=1)
    second = np.zeros_like(first)
    # The counter is a number of 256 bits, whose lowest word counts the blocks from 1.
    words = [np.broadcast_to(np.arange(1, blocks + 1, dtype=np.uint64), first.shape), second, second, second]
    for round_number in range(_ROUNDS):
        if round_number:
            first, second = first + _WEYL[0], second + _WEYL[1]
        high, low = _product(_MULTIPLIERS[0], words[0])
        other_high, other_low = _product(_MULTIPLIERS[1], words[2])
        words = [other_high ^ words[1] ^ first, other_low, high ^ words[3] ^ second, low]
    return np.stack(words, axis=-1).reshape(len(first), 4 * blocks)[:, :count]


def _product(a: np.uint64, b: Words) -> tuple[Words, Words]:
    """Return the upper and the lower 64 bits of a * b."""
    low, high = a & _LOW, a >> _HALF
    middle = high * (b & _LOW) + ((low * (b & _LOW)) >> _HALF)
    carry = low * (b >> _HALF) + (middle & _LOW)
    return high * (b >> _HALF) + (middle >> _HALF) + (carry >> _HALF), a * b
