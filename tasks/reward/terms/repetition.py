"""The term `repetition`: minus the share of a response's n-grams of token ids that occurred earlier in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from specs.rewards import Repetition
from tasks.reward.terms.base import ResponseGroup, TermScore
from tasks.reward.terms.built_in import BuiltInTerm

VERSION = 1

_Words = NDArray[np.uint64]
_LEFT = np.uint64(0x9E3779B97F4A7C15)  # odd, so that the left half of an n-gram is told from the right one


def repeated_share(tokens: Sequence[int] | NDArray[np.integer], n: int) -> float:
    """Return the share of n-grams that occurred earlier: 1 - different n-grams / n-grams, 0 for fewer than n tokens.

    arXiv 2502.03373, appendix C.2, in the form of open-r1 and TRL, on token ids as in TRL 1.16. N-grams are compared by
    64-bit hashes: of a response with 8,192 tokens, two different ones are taken as equal with probability 2e-12.
    """
    ids = np.asarray(tokens, dtype=np.uint64)
    grams = len(ids) - n + 1
    if grams < 1:
        return 0.0
    hashes = np.sort(ngram_hashes(ids, n))
    return np.count_nonzero(hashes[1:] == hashes[:-1]) / grams


def ngram_hashes(ids: _Words, n: int) -> _Words:
    """Return a 64-bit hash of each n-gram, [tokens - n + 1], in about log2(n) passes over the response.

    A pass joins the hashes of two stretches, which may overlap, to that of the longer one that they cover.
    """
    hashes, width = _mixed(ids), 1
    while width < n:
        step = min(width, n - width)
        hashes = _mixed(hashes[:-step] * _LEFT + hashes[step:])
        width += step
    return hashes


def _mixed(words: _Words) -> _Words:
    """Return the words after the finaliser of splitmix64, a bijection that spreads each bit over all others."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return words ^ (words >> np.uint64(31))


class RepetitionTerm(BuiltInTerm[Repetition]):
    """Minus the share of repeated n-grams; a sampled end token counts as a token."""

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return minus the share of each response."""
        n = self.settings.ngram
        return [[TermScore(0.0 - repeated_share(ids, n)) for ids in group.token_ids] for group in groups]


TERM = RepetitionTerm
