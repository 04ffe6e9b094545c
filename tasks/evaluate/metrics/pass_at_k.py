"""Chances of success when k of n samples are drawn without replacement, exact in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb


def _require(n: int, c: int, k: int) -> None:
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"want 0 <= c <= n and 1 <= k <= n, got n={n}, c={c}, k={k}")


def pass_at_k(n: int, c: int, k: int) -> float:
    """At least one of k is correct: 1 - C(n-c, k) / C(n, k), unbiased (Chen et al. 2021, arXiv 2107.03374, equation 1).

    `n` samples, `c` of them correct. Raises ValueError where k > n.
    """
    _require(n, c, k)
    return float(1 - Fraction(comb(n - c, k), comb(n, k)))


def g_pass_at_k(n: int, c: int, k: int, m: int) -> float:
    """At least m of k are correct (Liu et al. 2024, arXiv 2412.13147; there m = ceil(tau * k))."""
    _require(n, c, k)
    if not 0 <= m <= k:
        raise ValueError(f"want 0 <= m <= k, got m={m}, k={k}")
    return float(Fraction(sum(comb(c, j) * comb(n - c, k - j) for j in range(m, min(c, k) + 1)), comb(n, k)))


def pass_pow_k(n: int, c: int, k: int) -> float:
    """All of k are correct: C(c, k) / C(n, k) (Yao et al. 2024, tau-bench, arXiv 2406.12045)."""
    _require(n, c, k)
    return float(Fraction(comb(c, k), comb(n, k)))
