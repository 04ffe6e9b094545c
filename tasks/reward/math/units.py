"""Units and currencies at the end, or in front, of an answer; compared only if both sides name one.

A known unit has a dimension and a size in it, so that 1 m and 100 cm are equal and 5 cm and 5 m are not. A noun that is
no known unit ("9 values") is dropped.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

# A line: dimension, then name|name=size in the dimension's base unit (a plural s is understood).
_TABLE = """
length: mm|millimeter|millimetre=1/1000 cm|centimeter|centimetre=1/100 dm|decimeter|decimetre=1/10 m|meter|metre=1
length: km|kilometer|kilometre=1000 in|inch|inches=127/5000 ft|foot|feet=381/1250 yd|yard=1143/1250 mi|mile=201168/125
length: nm|nanometer|nanometre=1/1000000000 um|micron|micrometer|micrometre=1/1000000
time: s|sec|second=1 ms|millisecond=1/1000 min|minute=60 h|hr|hour=3600 day=86400 week=604800
months: month=1 yr|year=12
mass: g|gram=1 mg|milligram=1/1000 kg|kilogram=1000 lb|lbs|pound=45359237/100000 oz|ounce=45359237/1600000
mass: ton=45359237/50 tonne=1000000
volume: ml|mL|milliliter|millilitre=1/1000 l|L|liter|litre=1 gal|gallon=473176473/125000000 quart=473176473/500000000
volume: cup=473176473/2000000000
money: dollar|usd|buck=1 cent|¢=1/100
euro: euro|€|eur=1
pound_sterling: £|gbp|pounds_sterling=1
yen: ¥|yen|jpy=1
rupee: ₹|rupee=1
angle: degree|deg=1
radian: radian|rad=1
energy: J|joule=1 kJ|kilojoule=1000 eV=801088317/5000000000000000000000000000
force: N|newton=1
power: W|watt=1 kW|kilowatt=1000
voltage: V|volt=1
current: A|ampere|amp=1
frequency: Hz|hertz=1 kHz=1000
pressure: Pa|pascal=1 kPa=1000 atm=101325
temperature: K|kelvin=1
celsius: C|celsius=1
fahrenheit: F|fahrenheit=1
speed: mph=1397/3125 kph|kmh=5/18
unit: unit|un=1
amount: mol|mole=1
"""
_CURRENCIES = frozenset({"euro", "pound sterling", "yen", "rupee"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: the name of its dimension ("length^2", "length/time", "noun values") and its size in the base unit."""

    dimension: str
    size: Fraction = Fraction(1)

    @property
    def known(self) -> bool:
        """Return True for a unit of the table, False for a noun or "unit"."""
        return not self.dimension.startswith(("noun", "unit"))

    @property
    def foreign_currency(self) -> bool:
        """Return True for a currency other than the dollar."""
        return self.dimension in _CURRENCIES


def _names() -> dict[str, Unit]:
    names = {}
    for line in _TABLE.strip().splitlines():
        dimension, _, entries = line.partition(":")
        for entry in entries.split():
            spellings, _, size = entry.partition("=")
            for name in spellings.replace("_", " ").split("|"):
                unit = Unit(dimension.replace("_", " "), Fraction(size))
                names[name] = unit
                if len(name) > 2:
                    names[name + "s"] = unit
    return names


_NAMES = _names()
_HEDGES = frozenset([
    "or", "and", "not", "no", "more", "less", "least", "most", "than", "nor", "either", "neither", "between", "about",
    "approximately", "maximum", "minimum", "if", "when", "where", "unless", "except", "but", "is", "are", "was", "be",
    "wrong", "incorrect", "false", "true", "yes", "undefined", "infinite", "none", "for", "all", "mod", "modulo",
    "base", "over", "to", "through", "from", "plus", "minus", "times", "divided", "by", "half", "twice", "thousand",
    "million", "billion", "trillion", "hundred", "dozen", "percent", "with", "without", "only",
])  # fmt: skip
_BARE_SINGLE = frozenset(["m", "s", "g", "h", "L", "N", "J", "W", "V"])
_RATE = re.compile(r"\s*(?:/|\bper\b)\s*")


def _one(word: str) -> Unit | None:
    return _NAMES.get(word) or _NAMES.get(word.lower())


def parse_unit(phrase: str) -> Unit | None:
    """Return the unit that a phrase names, a noun for other words; None if words change the value ("or more")."""
    phrase = phrase.replace('"', " ").replace("\\cdot", " ").replace("{", "").replace("}", "").strip(" .")
    words = phrase.split()
    if not words or any(w.lower() in _HEDGES for w in words):
        return None
    if not re.fullmatch(r"[A-Za-z€£¥₹¢°µ'./^\d\- ]+", phrase) or re.match(r"[\d^/]", phrase):
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
    r"^(?P<value>.*[\d)}|!])(?P<space>\s*)(?P<unit>[A-Za-z€£¥₹¢][A-Za-z€£¥₹¢ ]*(?:/\s*[A-Za-z]+)?(?:\^\{?[23]\}?)?)$",
    re.DOTALL,
)
_PERCENT_WORD = re.compile(r'\s*"\s*(?:percent|per ?cent|percentage|pct)\s*"$')
_UNIT_QUOTIENT = re.compile(r'\\frac\s*\{\s*"([^"]*)"\s*\}\s*\{\s*"([^"]*)"\s*\}$')
_FRONT = re.compile(r"^(?P<sign>-?)\s*(?:\\\$|\$|(?P<other>[€£¥₹]))\s*(?P<value>.+)$", re.DOTALL)
_DEGREE = re.compile(r"^(?P<value>.+?)\s*\^\{\\circ\}\s*(?P<scale>[CF]|\"[CF]\")?$", re.DOTALL)


def split_unit(text: str) -> tuple[str, Unit | None]:
    """Return (text without its unit, the unit), or (text, None) if it has none.

    Words in quotes behind a value are always a unit; bare words only if the table knows them.
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
    if (match := _DEGREE.match(text)) and not re.search(
        r"(?:sin|cos|tan|cot|sec|csc)(?:h|\b|\W|\d)", match.group("value")
    ):
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
        is_word = match.group("space") and all(
            re.fullmatch(r"[A-Za-z]{4,}", w) and re.search("[aeiou]", w) for w in words.split()
        )
        if unit is not None and not single and (is_word or not noun):
            return match.group("value"), unit
    return text, None
