"""Majority vote over k of n answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from fractions import Fraction
from math import comb


def maj_at_k(answers: Sequence[str | None], gold: str, k: int) -> float:
    """Return the expected credit of the majority answer over all k-subsets.

    This is self-consistency (Wang et al. 2022, arXiv 2203.11171). Answers that tie for the majority share the credit:
    1 / (number of tied) if `gold` is among them. None (no answer) takes a place in the subset and never wins. The
    result is exact: subsets are counted, not drawn. Raises ValueError if k > n.
    """
    return maj_at_k_judged(answers, {gold}, k)


def maj_at_k_judged(answers: Sequence[str | None], right: Collection[str], k: int) -> float:
    """Return `maj_at_k` if several canonical answers are right (a puzzle, a program): those in `right` vote as one.

    `answers` [samples]: canonical forms, None if there is no answer. If `right` is empty no vote is right.
    """
    if not 1 <= k <= len(answers):
        raise ValueError(f"want 1 <= k <= n, got n={len(answers)}, k={k}")
    counts = Counter(answer for answer in answers if answer is not None)
    accepted = sum(counts.pop(answer, 0) for answer in set(right))
    others = sorted(counts.values(), reverse=True)
    silent = len(answers) - accepted - sum(others)
    credit = Fraction(0)
    for top in range(1, min(accepted, k) + 1):
        for ties, number in _ways_beside(others, silent, k - top, top).items():
            credit += Fraction(comb(accepted, top) * number, ties + 1)
    return float(credit / comb(len(answers), k))


def _ways_beside(others: Sequence[int], silent: int, places: int, top: int) -> dict[int, int]:
    """Return {ties: number of ways to fill `places` from the wrong clusters (sizes `others`) and the `silent`}.

    No cluster is taken more than `top` times, and `ties` of them exactly `top` times.
    """
    left = silent + sum(others)  # samples that can still fill a place
    ways: dict[tuple[int, int], int] = {(0, 0): 1}
    for count in others:
        left -= count
        after: dict[tuple[int, int], int] = {}
        for (chosen, ties), number in ways.items():
            for take in range(max(0, places - chosen - left), min(count, top, places - chosen) + 1):
                key = chosen + take, ties + (take == top)
                after[key] = after.get(key, 0) + number * comb(count, take)
        ways = after
    found: dict[int, int] = {}
    for (chosen, ties), number in ways.items():
        found[ties] = found.get(ties, 0) + number * comb(silent, places - chosen)
    return found
