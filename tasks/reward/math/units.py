"""Units and currencies: taken off the end (or front) of an answer, compared only where both sides name one.

A known unit has a dimension and a size in it, so that 1 m and 100 cm are equal and 5 cm and 5 m are not. A noun that is
no known unit ("9 values") is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# dimension: {names: size in the dimension's first unit}
_TABLE: dict[str, dict[str, Fraction]] = {
    "length": {
        "mm|millimeter|millimetre": Fraction(1, 1000), "cm|centimeter|centimetre": Fraction(1, 100), "dm|decimeter|decimetre": Fraction(1, 10), "m|meter|metre": Fraction(1),
        "km|kilometer|kilometre": Fraction(1000), "in|inch|inches": Fraction(254, 10000), "ft|foot|feet": Fraction(3048, 10000), "yd|yard": Fraction(9144, 10000),
        "mi|mile": Fraction(1609344, 1000), "nm|nanometer|nanometre": Fraction(1, 10**9), "um|micron|micrometer|micrometre": Fraction(1, 10**6),
    },
    "time": {
        "s|sec|second": Fraction(1), "ms|millisecond": Fraction(1, 1000), "min|minute": Fraction(60), "h|hr|hour": Fraction(3600), "day": Fraction(86400), "week": Fraction(604800),
    },
    "months": {"month": Fraction(1), "yr|year": Fraction(12)},
    "mass": {
        "g|gram": Fraction(1), "mg|milligram": Fraction(1, 1000), "kg|kilogram": Fraction(1000), "lb|lbs|pound": Fraction(45359237, 100000), "oz|ounce": Fraction(45359237, 1600000),
        "ton": Fraction(90718474, 100), "tonne": Fraction(10**6),
    },
    "volume": {"ml|mL|milliliter|millilitre": Fraction(1, 1000), "l|L|liter|litre": Fraction(1), "gal|gallon": Fraction(3785411784, 10**9), "quart": Fraction(946352946, 10**9), "cup": Fraction(2365882365, 10**10)},
    "money": {"dollar|usd|buck": Fraction(1), "cent|¢": Fraction(1, 100)},
    "euro": {"euro|€|eur": Fraction(1)}, "pound sterling": {"£|gbp|pounds sterling": Fraction(1)}, "yen": {"¥|yen|jpy": Fraction(1)}, "rupee": {"₹|rupee": Fraction(1)},
    "angle": {"degree|deg": Fraction(1)}, "radian": {"radian|rad": Fraction(1)},
    "energy": {"J|joule": Fraction(1), "kJ|kilojoule": Fraction(1000), "eV": Fraction(1602176634, 10**28)},
    "force": {"N|newton": Fraction(1)}, "power": {"W|watt": Fraction(1), "kW|kilowatt": Fraction(1000)}, "voltage": {"V|volt": Fraction(1)}, "current": {"A|ampere|amp": Fraction(1)},
    "frequency": {"Hz|hertz": Fraction(1), "kHz": Fraction(1000)}, "pressure": {"Pa|pascal": Fraction(1), "kPa": Fraction(1000), "atm": Fraction(101325)},
    "temperature": {"K|kelvin": Fraction(1)}, "celsius": {"C|celsius": Fraction(1)}, "fahrenheit": {"F|fahrenheit": Fraction(1)},
    "speed": {"mph": Fraction(1609344, 3600000), "kph|kmh": Fraction(1000, 3600)}, "unit": {"unit|un": Fraction(1)}, "amount": {"mol|mole": Fraction(1)},
}  # fmt: skip
_CURRENCIES = frozenset({"euro", "pound sterling", "yen", "rupee"})


@dataclass(frozen=True, slots=True)
class Unit:
    """`dimension` by name ("length^2", "length/time", "noun" for words that are no known unit), `size` in its base unit."""

    dimension: str
    size: Fraction = Fraction(1)

    @property
    def known(self) -> bool:
        return not self.dimension.startswith(("noun", "unit"))

    @property
    def foreign_currency(self) -> bool:
        return self.dimension in _CURRENCIES


_NAMES: dict[str, Unit] = {}
for _dimension, _units in _TABLE.items():
    for _spellings, _size in _units.items():
        for _name in _spellings.split("|"):
            _NAMES[_name] = Unit(_dimension, _size)
            if len(_name) > 2:
                _NAMES[_name + "s"] = Unit(_dimension, _size)

_HEDGES = frozenset(
    [
        "or",
        "and",
        "not",
        "no",
        "more",
        "less",
        "least",
        "most",
        "than",
        "nor",
        "either",
        "neither",
        "between",
        "about",
        "approximately",
        "maximum",
        "minimum",
        "if",
        "when",
        "where",
        "unless",
        "except",
        "but",
        "is",
        "are",
        "was",
        "be",
        "wrong",
        "incorrect",
        "false",
        "true",
        "yes",
        "undefined",
        "infinite",
        "none",
        "for",
        "all",
        "mod",
        "modulo",
        "base",
        "over",
        "to",
        "through",
        "from",
        "plus",
        "minus",
        "times",
        "divided",
        "by",
        "half",
        "twice",
        "thousand",
        "million",
        "billion",
        "trillion",
        "hundred",
        "dozen",
        "percent",
        "with",
        "without",
        "only",
    ]
)
_BARE_SINGLE = frozenset(["m", "s", "g", "h", "L", "N", "J", "W", "V"])
_RATE = re.compile(r"\s*(?:/|\bper\b)\s*")


def _one(word: str) -> Unit | None:
    return _NAMES.get(word) or _NAMES.get(word.lower())


def parse_unit(phrase: str) -> Unit | None:
    """The unit that a phrase names; a noun for other words; None where the words change what is said ("or more")."""
    phrase = phrase.replace('"', " ").replace("\\cdot", " ").replace("{", "").replace("}", "").strip(" .")
    words = phrase.split()
    if not words or any(w.lower() in _HEDGES for w in words):
        return None
    if not re.fullmatch(r"[A-Za-z€£¥₹¢°µ'/^\d\- ]+", phrase) or re.match(r"[\d^/]", phrase):
        return None
    if words[0] == "per":
        return Unit(f"noun {phrase.lower()}")
    rate = _RATE.split(phrase)
    if len(rate) == 2:
        top, bottom = parse_unit(rate[0]), parse_unit(rate[1])
        if top is None or bottom is None:
            return None
        if not (top.known and bottom.known):
            return Unit(f"noun {phrase.lower()}")
        return Unit(f"{top.dimension}/{bottom.dimension}", top.size / bottom.size)
    exponent = 1
    if words[0].lower() in ("square", "sq", "sq.", "cubic"):
        exponent = 3 if words[0].lower() == "cubic" else 2
        words = words[1:]
    elif words[-1].lower() in ("squared", "cubed"):
        exponent = 3 if words[-1].lower() == "cubed" else 2
        words = words[:-1]
    name = " ".join(words)
    raised = re.fullmatch(r"([A-Za-z]+)\s*\^?\s*([23])", name)
    if raised:
        name, exponent = raised.group(1), int(raised.group(2))
    unit = _one(name)
    if unit is None:
        return None if re.search(r"\d", name) else Unit(f"noun {name.lower()}")
    if exponent > 1:
        return Unit(f"{unit.dimension}^{exponent}", unit.size**exponent)
    return unit


_QUOTED = re.compile(r'^(?P<value>.*?[^\s"])\s*(?P<unit>(?:"[^"]*"(?:\^\{?[23]\}?)?[\s/]*)+)$', re.DOTALL)
_BARE = re.compile(
    r"^(?P<value>.*[\d)}|!])(?P<space>\s*)(?P<unit>[A-Za-z€£¥₹¢][A-Za-z€£¥₹¢ ]*(?:/\s*[A-Za-z]+)?(?:\^\{?[23]\}?)?)$", re.DOTALL
)
_PERCENT_WORD = re.compile(r'\s*"\s*(?:percent|per ?cent|percentage|pct)\s*"$')
_UNIT_QUOTIENT = re.compile(r'\\frac\s*\{\s*"([^"]*)"\s*\}\s*\{\s*"([^"]*)"\s*\}$')
_FRONT = re.compile(r"^(?P<sign>-?)\s*(?:\\\$|\$|(?P<other>[€£¥₹]))\s*(?P<value>.+)$", re.DOTALL)
_DEGREE = re.compile(r"^(?P<value>.+?)\s*\^\{\\circ\}\s*(?P<scale>[CF]|\"[CF]\")?$", re.DOTALL)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """(text without its unit, the unit), or (text, None) where there is none.

    Words in quotes behind a value are a unit whatever they are; bare words only if the table knows them.
    """
    text = _UNIT_QUOTIENT.sub(r'"\1/\2"', _PERCENT_WORD.sub("%", text))
    text = re.sub(r'^"(?:USD|US\\?\$)"\s*', r"\\$", text)
    if match := _FRONT.match(text):
        value, behind = split_unit(match.group("value"))
        front = _NAMES[match.group("other")] if match.group("other") else _NAMES["dollar"]
        if behind is not None and behind.known and behind.dimension != front.dimension:
            return text, None
        return match.group("sign") + value, front
    if text.endswith(("\\$", "$")) and len(text) > 2:
        return text.removesuffix("$").removesuffix("\\").strip(), _NAMES["dollar"]
    if (match := _DEGREE.match(text)) and not re.search(r"(?:sin|cos|tan|cot|sec|csc)(?:h|\b|\W|\d)", match.group("value")):
        scale = (match.group("scale") or "").strip('"')
        return match.group("value"), _NAMES[scale] if scale else _NAMES["degree"]
    if match := _QUOTED.match(text):
        unit = parse_unit(match.group("unit"))
        if unit is not None and not match.group("value").endswith('"'):
            return match.group("value"), unit
    elif match := _BARE.match(text):
        words = match.group("unit")
        unit = parse_unit(words)
        letters = re.sub(r"[^A-Za-z€£¥₹¢]", "", words)
        single = len(letters) == 1 and letters.isascii() and not (words in _BARE_SINGLE and match.group("space"))
        if words.split() == ["percent"]:
            return match.group("value") + "%", None
        noun = unit is not None and unit.dimension.startswith("noun")
        is_word = match.group("space") and all(re.fullmatch(r"[A-Za-z]{4,}", w) and re.search("[aeiou]", w) for w in words.split())
        if unit is not None and not single and (is_word or not noun):
            return match.group("value"), unit
    return text, None
