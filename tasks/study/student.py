"""Student's t distribution, from the incomplete beta function: scipy is no dependency of what is installed to train."""

from __future__ import annotations

import math

_TINY = 1e-300
_PRECISION = 1e-15
_STEPS = 10_000


def two_sided(t: float, df: float) -> float:
    """P(|T| >= |t|) with `df` > 0 degrees of freedom, not necessarily whole: I_x(df / 2, 1 / 2) at x = df / (df + t^2) (Abramowitz & Stegun 26.7.1)."""
    return _incomplete_beta(df / (df + t * t), df / 2, 0.5)


def quantile(level: float, df: float) -> float:
    """The t with P(|T| <= t) = `level`, 0 < level < 1. Newton's method from 0: P(|T| >= t) is convex for t > 0, so that no step goes too far."""
    t = 0.0
    for _ in range(_STEPS):
        step = (two_sided(t, df) - (1 - level)) / (2 * _density(t, df))
        t += step
        if step <= 1e-13 * t:
            return t
    raise ArithmeticError(f"the quantile of Student's t did not converge at level = {level}, df = {df}")


def _density(t: float, df: float) -> float:
    front = math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - math.log(df * math.pi) / 2
    return math.exp(front - (df + 1) / 2 * math.log1p(t * t / df))


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """Regularised: I_x(a, b), by its continued fraction where that converges fast, and by I_x(a, b) = 1 - I_{1-x}(b, a) elsewhere."""
    if x <= 0.0 or x >= 1.0:
        return min(max(x, 0.0), 1.0)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1.0 - front * _fraction(1.0 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """Lentz's method (Press et al., Numerical Recipes, 3rd edition, section 6.4)."""
    c, d = 1.0, 1.0 / _away(1.0 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1.0 / _away(1.0 + term * d)
            c = _away(1.0 + term / c)
            value *= d * c
        if abs(d * c - 1.0) < _PRECISION:
            return value
    raise ArithmeticError(f"the incomplete beta function did not converge at x = {x}, a = {a}, b = {b}")


def _away(value: float) -> float:
    """Never 0."""
    return value if abs(value) > _TINY else _TINY
