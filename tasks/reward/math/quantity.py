"""Quantities: a value with what stands beside it: a unit, a magnitude, a percent sign, the ending of an ordinal.

Only what the closed lists name is taken off (`units`, `harmless_words`, `number_words`): with other words the whole is
no value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from tasks.reward.math.expression import integer
from tasks.reward.math.number_words import MAGNITUDES
from tasks.reward.math.units import Unit, named, parse_unit


@dataclass(frozen=True, slots=True)
class Quantity:
    """The text of a value, its unit, and the factor that words such as "million" put to it."""

    value: str
    unit: Unit | None = None
    factor: int = 1


_LETTERS = "A-Za-zÅµ€£¥₹¢℃℉\u3040-\u30ff\u4e00-\u9fff"
_QUOTED = re.compile(
    r'^(?P<value>.*?[^\s"])\s*(?P<phrase>"[^"]*"(?:\^\s*\{?-?\d\}?)?'
    r'(?:\s*(?:/|\\cdot|\\times)?\s*(?:"[^"]*"|\b(?:per)\b)(?:\^\s*\{?-?\d\}?)?)*)$',
    re.DOTALL,
)
_BARE = re.compile(
    rf"^(?P<value>.*[\d)}}|!%])(?P<space>\s*)"
    rf"(?P<phrase>[{_LETTERS}][{_LETTERS} .]*(?:/\s*[A-Za-z]+)?(?:\^\{{?-?\d\}}?)?)$",
    re.DOTALL,
)
_QUOTIENT = re.compile(r'\\frac\s*\{\s*("[^"{}]*"(?:\^\{?\d\}?)?)\s*\}\s*\{\s*("[^"{}]*"(?:\^\{?\d\}?)?)\s*\}$')
_PERCENT = re.compile(
    r'(?<=[\d}) ])\s*(?:"\s*(?:percent|per ?cent|percentage|pct)\b\s*"|(?:percent|per cent)$|'
    r'"\s*(?:percent|per ?cent)\b(?= ))'
)
_ORDINAL = re.compile(r'(?<=\d)\s*(?:\^\s*\{?\s*)?(?:"\s*(?:st|nd|rd|th)\s*"|(?:st|nd|rd|th))\s*\}?$')
_FRONT = re.compile(
    r'^(?P<sign>-?)\s*(?:\\\$|\$|(?P<other>[€£¥₹])|"(?P<name>USD|US\\?\$|EUR|GBP|JPY|CNY|RMB|INR|Rs\.?)"|'
    r"(?P<rs>Rs\.?(?=[\s\d])))\s*(?P<value>.+)$",
    re.DOTALL,
)
_DEGREE = re.compile(
    r"^(?P<value>.+?)\s*\^\{\\circ\}\s*(?P<scale>[CF]|\"[CF]\")?"
    r"(?:\s*(?P<minutes>\d{1,2}(?:\.\d+)?)\s*'(?!')(?:\s*(?P<seconds>\d{1,2}(?:\.\d+)?)\s*(?:''|\"))?)?$",
    re.DOTALL,
)
_TRIGONOMETRY = re.compile(r"(?:sin|cos|tan|cot|sec|csc)(?:h|\b|\W|\d)")
#: Units of one letter that count without quotes: behind white space alone, or they are symbols.
_BARE_SINGLE = frozenset(["m", "s", "g", "h", "L", "N", "J", "W", "V"])
_DOLLAR, _DEGREES = Unit("money"), Unit("angle")
_SCALES: Mapping[str, Unit] = {"": _DEGREES, "C": Unit("celsius"), "F": Unit("fahrenheit")}


def split_quantity(text: str) -> Quantity:
    """Return a tidy text as a quantity; all of it is the value where nothing can be taken off."""
    text = _percent(text)
    if '"' in text:
        text = _QUOTIENT.sub(r"\1/\2", text)
    if text.rstrip('} "').endswith(("st", "nd", "rd", "th")):
        text = _ORDINAL.sub("", text)
    if match := _FRONT.match(text):
        return _front_currency(text, match)
    if text.endswith(("\\$", "$")) and len(text) > 2:
        return Quantity(text.removesuffix("$").removesuffix("\\").strip(), _DOLLAR)
    if "\\circ" in text and (match := _DEGREE.match(text)) and not _TRIGONOMETRY.search(match.group("value")):
        value = match.group("value")
        if match.group("minutes"):
            seconds = match.group("seconds") or "0"
            value = f"({value})+({match.group('minutes')})/60+({seconds})/3600"
        return Quantity(value, _SCALES[(match.group("scale") or "").strip('"')])
    if '"' in text and (match := _QUOTED.match(text)):
        found = _phrase(match.group("phrase"))
        return Quantity(text) if found is None else Quantity(match.group("value"), *found)
    if match := _BARE.match(text):
        words = match.group("phrase")
        alone = len(re.sub(r"[^A-Za-z]", "", words)) == 1 and words.isascii()
        if alone and not (words in _BARE_SINGLE and match.group("space")):
            return Quantity(text)
        found = _phrase(words) if match.group("space") or not words.isascii() or named(words.split("^")[0]) else None
        return Quantity(text) if found is None else Quantity(match.group("value"), *found)
    return Quantity(text)


def _percent(text: str) -> str:
    return _PERCENT.sub(lambda m: '% "' if m.group().count('"') == 1 else "%", text) if "p" in text else text


def _front_currency(text: str, match: re.Match[str]) -> Quantity:
    """Return the quantity of a value behind a currency; a unit behind it as well has to be the same, or a noun."""
    inner = split_quantity(match.group("value"))
    name = (match.group("other") or match.group("name") or match.group("rs") or "").replace("\\", "")
    front = (named(name) if name and not name.startswith("US") else None) or _DOLLAR
    if inner.unit is not None and inner.unit.per:
        front = front.times(inner.unit)
    elif inner.unit is not None and inner.unit.known and inner.unit.dimension != front.dimension:
        return Quantity(text)
    return Quantity(match.group("sign") + inner.value, front, inner.factor)


def _phrase(phrase: str) -> tuple[Unit | None, int] | None:
    """Return the unit and the magnitude in a phrase; None for a phrase with other words."""
    words = phrase.replace('"', " ").split()
    factor = 1
    if words and not words[0].isascii():
        head = re.match(r"[百千万萬亿億]*", words[0])
        assert head is not None
        words = [*head.group(), *filter(None, [words[0][head.end() :]]), *words[1:]]
    while words and words[0].lower() in MAGNITUDES:
        factor *= MAGNITUDES[words[0].lower()]
        words = words[1:]
    if factor > 1:
        unit = parse_unit(" ".join(words)) if words else None
        return None if words and unit is None else (unit, factor)
    unit = parse_unit(phrase)
    return None if unit is None else (unit, 1)


_NUMBER = r"\d+(?:\.\d+)?"
_PART = re.compile(
    rf'\s*(?:,|"\s*,?\s*and\s*"|\band\b)?\s*(?P<number>{_NUMBER})\s*'
    rf'(?:"(?P<quoted>[^"]*?)(?:,?\s+and)?"|(?P<bare>[{_LETTERS}]+))'
)


def compound_quantity(text: str) -> tuple[Fraction, Unit] | None:
    """Return the value of "5 ft 6 in" in its last unit, and that unit; None for anything else.

    The units are of one dimension and each is smaller than the one in front, which its number does not fill.
    """
    parts: list[tuple[Fraction, Unit]] = []
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        unit = parse_unit(match.group("quoted") or match.group("bare") or "") if match else None
        if match is None or unit is None or not unit.known:
            return None
        whole, _, decimals = match.group("number").partition(".")
        value = Fraction(integer(whole + decimals), 10 ** len(decimals))
        if parts and (
            unit.dimension != parts[0][1].dimension
            or unit.size >= parts[-1][1].size
            or value * unit.size >= parts[-1][1].size
        ):
            return None
        parts.append((value, unit))
        at = match.end()
    if len(parts) < 2:
        return None
    last = parts[-1][1]
    return sum((value * unit.size for value, unit in parts), Fraction(0)) / last.size, last
