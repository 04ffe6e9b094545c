"""Majority vote over k of n answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from math import comb


def maj_at_k(answers: Sequence[str | None], gold: str, k: int) -> float:
    """Expected credit of the majority answer over all k-subsets (self-consistency: Wang et al. 2022, arXiv 2203.11171).

    Answers that tie for the majority share the credit: 1 / (number of tied) if gold is among them. None (no answer) takes a
    place in the subset and never wins. Exact: subsets are counted, not drawn. Raises ValueError where k > n.
    """
    if not 1 <= k <= len(answers):
        raise ValueError(f"want 1 <= k <= n, got n={len(answers)}, k={k}")
    counts = Counter(answer for answer in answers if answer is not None)
    right = counts.pop(gold, 0)
    silent = len(answers) - right - sum(counts.values())
    credit = Fraction(0)
    for top in range(1, min(right, k) + 1):
        # ways[chosen][ties]: choices of the other answers, none above `top`, `ties` of them at it
        ways: dict[tuple[int, int], int] = {(0, 0): 1}
        for count in counts.values():
            after: dict[tuple[int, int], int] = {}
            for (chosen, ties), number in ways.items():
                for take in range(min(count, top, k - top - chosen) + 1):
                    key = chosen + take, ties + (take == top)
                    after[key] = after.get(key, 0) + number * comb(count, take)
            ways = after
        for (chosen, ties), number in ways.items():
            credit += Fraction(comb(right, top) * number * comb(silent, k - top - chosen), ties + 1)
    return float(credit / comb(len(answers), k))
