"""Numbers and keys as the text of reports."""

from __future__ import annotations

import math
from html import escape

MINUS = "\u2212"


def number(value: float | int | str | None) -> str:
    """Return four significant digits; `-` if there is no number; a text as it is."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if not math.isfinite(value):
        return str(value)
    text = str(value) if isinstance(value, int) else f"{value:.4g}"
    return text.replace("-", MINUS, 1) if text.startswith("-") else text


def fixed(value: float | None, digits: int = 3, *, signed: bool = False) -> str:
    """Return a number with `digits` decimals and a true minus sign; `-` if there is none."""
    return "-" if value is None else f"{value:{'+' if signed else ''}.{digits}f}".replace("-", MINUS)


def interval_text(interval: tuple[float, float] | None, digits: int = 3, *, signed: bool = False) -> str:
    """Return `0.120 to 0.340`; `-` if there is no interval."""
    return "-" if interval is None else " to ".join(fixed(end, digits, signed=signed) for end in interval)


def percent(share: float | None) -> str:
    """Return `12.3%`; `-` if there is no share."""
    return "-" if share is None else f"{100 * share:.1f}%"


def p_text(p: float | None) -> str:
    """Return a p-value to two meaningful digits; `-` if there is none."""
    return "-" if p is None else "< 0.001" if p < 0.001 else f"{p:.3f}" if p < 0.1 else f"{p:.2f}"


def short_key(key: str) -> str:
    """Return the first 12 digits of an artifact's key, enough to find it in the store."""
    return key[:12]


def key_mark(key: str) -> str:
    """Return the start of an artifact's key as markup, with the whole key in the title."""
    return f'<code title="{escape(key)}">{escape(short_key(key))}</code>'
