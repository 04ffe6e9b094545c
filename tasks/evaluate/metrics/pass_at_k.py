"""The chances of success if k of n samples are drawn without replacement, exact in rational arithmetic."""

from __future__ import annotations

from fractions import Fraction
from math import comb


def _require(n: int, c: int, k: int) -> None:
    if not 0 <= c <= n or not 1 <= k <= n:
        raise ValueError(f"want 0 <= c <= n and 1 <= k <= n, got n={n}, c={c}, k={k}")


def pass_at_k(n: int, c: int, k: int) -> float:
    """Return the chance that at least one of k samples is correct, if `c` of `n` are.

    It is the unbiased estimate 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, arXiv 2107.03374, equation 1). Raises
    ValueError if k > n.
    """
    _require(n, c, k)
    return float(1 - Fraction(comb(n - c, k), comb(n, k)))


def g_pass_at_k(n: int, c: int, k: int, m: int) -> float:
    """Return the chance that at least m of k samples are correct.

    Liu et al. 2024, arXiv 2412.13147, where m = ceil(tau * k). Raises ValueError if k > n or m > k.
    """
    _require(n, c, k)
    if not 0 <= m <= k:
        raise ValueError(f"want 0 <= m <= k, got m={m}, k={k}")
    return float(Fraction(sum(comb(c, j) * comb(n - c, k - j) for j in range(m, min(c, k) + 1)), comb(n, k)))


def pass_pow_k(n: int, c: int, k: int) -> float:
    """Return the chance that all of k samples are correct: C(c, k) / C(n, k).

    Yao et al. 2024, tau-bench, arXiv 2406.12045. Raises ValueError if k > n.
    """
    _require(n, c, k)
    return float(Fraction(comb(c, k), comb(n, k)))
