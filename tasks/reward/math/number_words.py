"""Numbers in words, and the words that multiply the number in front of them."""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache

_SMALL = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19,
}  # fmt: skip
_TENS = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
}  # fmt: skip
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {
    "half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fourth": 4, "fourths": 4, "fifth": 5,
    "fifths": 5, "sixth": 6, "sixths": 6, "seventh": 7, "sevenths": 7, "eighth": 8, "eighths": 8, "ninth": 9,
    "ninths": 9, "tenth": 10, "tenths": 10,
}  # fmt: skip
MAGNITUDES = {
    **_SCALES,
    **{f"{scale}s": value for scale, value in _SCALES.items()},
    "hundred": 100, "hundreds": 100, "dozen": 12, "dozens": 12, "bn": 10**9, "lakh": 10**5, "lakhs": 10**5,
    "crore": 10**7, "crores": 10**7, "百": 100, "千": 1000, "万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8,
}  # fmt: skip


def _below_hundred(words: list[str]) -> int | None:
    if len(words) == 1:
        return _SMALL.get(words[0], _TENS.get(words[0]))
    if len(words) == 2 and words[0] in _TENS and 0 < _SMALL.get(words[1], 0) < 10:
        return _TENS[words[0]] + _SMALL[words[1]]
    return None


def _below_thousand(words: list[str]) -> int | None:
    if "hundred" not in words:
        return _below_hundred(words)
    at = words.index("hundred")
    hundreds = 1 if words[:at] == ["a"] else _below_hundred(words[:at])
    rest = words[at + 1 :]
    if rest[:1] == ["and"]:
        rest = rest[1:]
        if not rest:
            return None
    below = _below_hundred(rest) if rest else 0
    return None if not hundreds or below is None else 100 * hundreds + below


def _integer(words: list[str]) -> int | None:
    total, limit = 0, 10**15
    while words:
        at = next((k for k, word in enumerate(words) if word in _SCALES), None)
        if at is None:
            words = words[1:] if total and words[0] == "and" else words
            last = _below_thousand(words)
            return None if last is None else total + last
        scale = _SCALES[words[at]]
        count = 1 if words[:at] == ["a"] else _below_thousand(words[:at])
        if not count or scale >= limit:
            return None
        total, limit, words = total + count * scale, scale, words[at + 1 :]
    return total or None


@lru_cache(maxsize=4096)
def number_in_words(text: str) -> Fraction | None:
    """Return the number that a text names ("twenty-one", "minus two thirds"), None for anything else."""
    words = re.sub(r"(?<=[a-z])-(?=[a-z])|,", " ", text.lower()).split()
    if not words or len(words) > 20:
        return None
    sign = -1 if words[0] in ("minus", "negative") else 1
    words = words[1:] if sign < 0 else words
    if words == ["a", "half"]:
        return Fraction(sign, 2)
    if len(words) > 1 and words[-1] in _PARTS:
        top = _integer(words[:-1])
        return None if top is None else Fraction(sign * top, _PARTS[words[-1]])
    value = _integer(words) if words else None
    return None if value is None else Fraction(sign * value)
