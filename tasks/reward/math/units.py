"""Units and currencies, with their dimensions and sizes.

A unit is a product of powers of base dimensions and a size: 1 m and 100 cm are equal, N m and J, m/s and m s^{-1}, and
5 cm and 5 m are not. The table is closed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from tasks.reward.math.harmless_words import BESIDE, COUNTED

# A line: dimension, then name|name=size in the base units m, s, g, A, K, mol (a plural s is understood).
_TABLE = """
length: in|inch|inches=127/5000 ft|foot|feet=381/1250 yd|yard=1143/1250 mi|mile=201168/125 micron=1/1000000
length: Cm|CM=1/100 Km|KM=1000
mass: Kg|KG=1000
length: Å|angstrom|ångström=1/10000000000 au|AU|astronomical_unit=149597870700 ly|light_year|light-year=9460730472580800
length: pc|parsec=30856775814913673 kpc|kiloparsec=30856775814913673000 nautical_mile=1852
time: sec|second=1 min|minute=60 h|hr|hour=3600 day=86400 week=604800
months: month=1 yr|year=12 decade=120 century|centuries=1200
mass: gm|gram=1 lb|lbs|pound=45359237/100000 oz|ounce=45359237/1600000 ton=45359237/50 tonne|metric_ton=1000000
length^3: gal|gallon=473176473/125000000000 quart|qt=473176473/500000000000 pint|pt=473176473/1000000000000
length^3: cup=473176473/2000000000000 fluid_ounce|fl_oz=473176473/16000000000000 cc=1/1000000
length^3: tablespoon|tbsp=473176473/32000000000000 teaspoon|tsp=473176473/96000000000000
length^2: acre=316160658/78125 hectare|ha=10000
money: dollar|usd|USD|buck|US_dollar=1 cent|¢=1/100
euro: euro|€|eur|EUR=1
pound_sterling: £|gbp|GBP|pounds_sterling=1
yen: ¥|yen|jpy|JPY|円=1
rupee: ₹|rupee|Rs|Rs.|INR|inr=1
yuan: yuan|RMB|rmb|CNY|cny|元|块钱|人民币=1
angle: degree|deg|度=1 arcminute|arcmin=1/60 arcsecond|arcsec=1/3600
radian: radian|rad=1
mass*length^2*time^-2: erg=1/10000 kWh|kilowatt_hour=3600000000 calorie=4184 kcal|kilocalorie|Calorie=4184000
bytes: byte=1 KB|kB|kilobyte=1000 MB|megabyte=1000000 GB|gigabyte=1000000000 TB|terabyte=1000000000000
mass*length*time^-2: dyne|dyn=1/100
mass*length^2*time^-3: horsepower|hp=745699.87158227022
mass*length^-1*time^-2: atm|atmosphere=101325000 mmHg|torr=101325000/760 psi=6894757.293168
celsius: celsius|Celsius|degree_Celsius|degrees_Celsius|degrees_celsius|degC|℃|摄氏度=1
fahrenheit: fahrenheit|Fahrenheit|degree_Fahrenheit|degrees_Fahrenheit|degrees_fahrenheit|degF|℉=1
length*time^-1: mph=1397/3125 kph|kmh|kmph=5/18 knot=1852/3600
time^-1: bpm|rpm=1/60
unit: unit|un=1
length: 米|公尺|メートル=1 厘米|公分|センチ=1/100 毫米=1/1000 分米=1/10 千米|公里|キロメートル|キロ=1000
length^2: 平方米=1 平方厘米=1/10000 平方千米|平方公里=1000000
length^3: 立方米=1 立方厘米=1/1000000 升|公升|リットル=1/1000 毫升=1/1000000
mass: 克|公克|グラム=1 千克|公斤|キログラム=1000 吨=1000000
time: 秒=1 分|分钟|分鐘|分間=60 小时|小時|時間=3600 天|日=86400
months: 月|个月|個月=1 年|岁|歲|歳=12
"""
# Units that take prefixes: dimension, symbols, names, size, prefixes of the symbols.
_PREFIXED = """
length m metre|meter 1 n,u,µ,m,c,d,k,M
mass g gram|gramme 1 n,u,µ,m,k
length^3 L,l litre|liter 1/1000 u,µ,m,c,d
time s second 1 n,u,µ,m
mass*length*time^-2 N newton 1000 m,k,M
mass*length^2*time^-2 J joule 1000 m,k,M,G
mass*length^2*time^-2 eV electronvolt 1602176634/10000000000000000000000000 m,k,M,G,T
mass*length^2*time^-2 cal calorie 4184 k
mass*length^2*time^-3 W watt 1000 m,k,M,G
mass*length^2*time^-3*current^-1 V volt 1000 u,µ,m,k,M
mass*length^2*time^-3*current^-2 ohm ohm 1000 m,k,M
current A amp|ampere 1 u,µ,m,k
current*time C coulomb 1 n,u,µ,m
current^2*time^4*length^-2*mass^-1 F farad 1/1000 p,n,u,µ,m
mass*time^-2*current^-1 T tesla 1000 n,u,µ,m
time^-1 Hz hertz 1 k,M,G
mass*length^-1*time^-2 Pa pascal 1000 h,k,M,G
mass*length^-1*time^-2 bar bar 100000000 m
temperature K kelvin 1 m
amount mol mole 1 n,u,µ,m,k
"""
_SIZES = {
    "p": ("pico", -12), "n": ("nano", -9), "u": ("micro", -6), "µ": ("micro", -6), "m": ("milli", -3),
    "c": ("centi", -2), "d": ("deci", -1), "h": ("hecto", 2), "k": ("kilo", 3), "M": ("mega", 6), "G": ("giga", 9),
    "T": ("tera", 12),
}  # fmt: skip
_CURRENCIES = frozenset({"euro", "pound sterling", "yen", "rupee", "yuan"})


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: its dimension ("length^2", "length*time^-1", "noun") and its size in the base units."""

    dimension: str
    size: Fraction = Fraction(1)

    @property
    def known(self) -> bool:
        """Return True for a unit of the table, False for a noun or "unit"."""
        return "noun" not in self.dimension and "unit" not in self.dimension

    @property
    def foreign_currency(self) -> bool:
        """Return True for a currency other than the dollar, and for cents."""
        return self.dimension in _CURRENCIES or (self.dimension == "money" and self.size != 1)

    @property
    def per(self) -> bool:
        """Return True for a unit that only divides ("per hour")."""
        return bool(self.dimension) and all(n < 0 for n in _powers(self.dimension).values())

    def times(self, other: Unit) -> Unit:
        """Return the product of two units."""
        return _product(self, other)


NOUN = Unit("noun")


def _powers(dimension: str) -> dict[str, int]:
    powers: dict[str, int] = {}
    for part in filter(None, dimension.split("*")):
        base, _, exponent = part.partition("^")
        powers[base] = powers.get(base, 0) + int(exponent or 1)
    return powers


def _dimension(powers: dict[str, int]) -> str:
    return "*".join(f"{base}^{n}" if n != 1 else base for base, n in sorted(powers.items()) if n)


def _product(one: Unit, two: Unit, exponent: int = 1) -> Unit:
    """Return one * two^exponent."""
    powers = _powers(one.dimension)
    for base, n in _powers(two.dimension).items():
        powers[base] = powers.get(base, 0) + n * exponent
    return Unit(_dimension(powers), one.size * two.size**exponent)


def _names() -> dict[str, Unit]:
    names: dict[str, Unit] = {}

    def enter(name: str, unit: Unit) -> None:
        names[name] = unit
        if len(name) > 2 and name.isascii():
            names.setdefault(name + "s", unit)

    for line in _TABLE.strip().splitlines():
        dimension, _, entries = line.partition(": ")
        dimension = _dimension(_powers(dimension.replace("_", " ")))
        for entry in entries.split():
            spellings, _, size = entry.rpartition("=")
            for name in spellings.replace("_", " ").split("|"):
                enter(name, Unit(dimension, Fraction(size)))
    for line in _PREFIXED.strip().splitlines():
        dimension, symbols, words, size, prefixes = line.split()
        base = Unit(_dimension(_powers(dimension)), Fraction(size))
        for name in (*symbols.split(","), *words.split("|")):
            names[name] = base
        for word in words.split("|"):
            names[word + "s"] = base
        for prefix in prefixes.split(","):
            long, exponent = _SIZES[prefix]
            scaled = Unit(base.dimension, base.size * Fraction(10) ** exponent)
            names.update({prefix + symbol: scaled for symbol in symbols.split(",")})
            names.update({long + word + s: scaled for word in words.split("|") for s in ("", "s")})
    return names


_NAMES = _names()
_LONGEST = max(name.count(" ") for name in _NAMES) + 1  # words
_AREA = {"square": 2, "sq": 2, "cubic": 3, "cu": 3}
_RAISED = {"squared": 2, "cubed": 3}
_TOKEN = re.compile(
    r"(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*|[€£¥₹¢℃℉])\.?|(?P<power>\^?-?\d)|(?P<op>[/()*])|(?P<space>\s+)"
)


def named(word: str) -> Unit | None:
    """Return the unit called `word`; capitals do not matter in names of three letters and more."""
    found = _NAMES.get(word)
    return _NAMES.get(word.lower()) if found is None and len(word) > 2 else found


@lru_cache(maxsize=4096)
def parse_unit(phrase: str) -> Unit | None:
    """Return the unit that a phrase names ("kg m/s^2", "square feet", "miles per hour"), None for anything else.

    Words that count things and words beside them are the unit `NOUN`, also in a rate ("dollars per person").
    """
    phrase = re.sub(r"\\cdot|\\times|·|⋅", "*", phrase.replace('"', " "))
    phrase = re.sub(r"\bper\b", "/", re.sub(r"[{}~]|\\[ ,;]", " ", phrase)).strip(" .,")
    phrase = re.sub(r"\^\s*(-?)\s*(\d)", r"^\1\2", phrase)
    tokens: list[str] = []
    at = 0
    while at < len(phrase):
        match = _TOKEN.match(phrase, at)
        if match is None:
            return None
        at = match.end()
        if match.lastgroup != "space":
            tokens.append(match.group(str(match.lastgroup)))
    if not any(token[0].isalpha() or token[0] in "€£¥₹¢℃℉" for token in tokens) or len(tokens) > 16:
        return None
    parser = _Phrase(tokens)
    unit = parser.quotient()
    return unit if parser.at == len(tokens) else None


class _Phrase:
    """A cursor over the tokens of a phrase. Its readers return None for what names no unit."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens = tokens
        self.at = 0

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def quotient(self) -> Unit | None:
        """Read products with / between them; what follows one / divides, up to the next."""
        unit: Unit | None = Unit("")
        if self.peek() != "/":
            unit = self.product()
        while unit is not None and self.peek() == "/":
            self.at += 1
            bottom = self.product()
            unit = None if bottom is None else _product(unit, bottom, -1)
        return unit

    def product(self) -> Unit | None:
        unit: Unit | None = None
        while self.peek() not in ("", "/", ")"):
            if self.peek() == "*" and unit is not None:
                self.at += 1
            factor = self.factor()
            if factor is None:
                return None
            if unit is None or unit == NOUN:  # "4 kg of apples": words beside a unit say what is measured
                unit = factor
            elif factor != NOUN:
                unit = _product(unit, factor)
        return unit

    def factor(self) -> Unit | None:
        """Read a group in parentheses, or a name with "square" in front, "squared" or an exponent behind."""
        if self.peek() == "(":
            self.at += 1
            inner = self.quotient()
            if self.peek() != ")":
                return None
            self.at += 1
            return inner
        word = self.peek()
        exponent = _AREA.get(word.lower(), 1)
        if exponent > 1:
            self.at += 1
        unit = self.name()
        if unit is None:
            return None
        behind = self.peek()
        if behind.lower() in _RAISED and exponent == 1:
            exponent = _RAISED[behind.lower()]
            self.at += 1
        elif exponent == 1 and re.fullmatch(r"\^?-?\d", behind):
            exponent = int(behind.lstrip("^"))
            self.at += 1
        if unit == NOUN:
            return unit if exponent in (1, _AREA.get(word.lower())) else None
        return Unit(_dimension({b: n * exponent for b, n in _powers(unit.dimension).items()}), unit.size**exponent)

    def name(self) -> Unit | None:
        """Read the longest name of a unit, or one harmless word."""
        for length in range(min(_LONGEST, len(self.tokens) - self.at), 0, -1):
            words = self.tokens[self.at : self.at + length]
            unit = named(" ".join(words))
            if unit is not None:
                self.at += length
                return unit
        word = self.peek().lower()
        behind = self.tokens[self.at + 1].lower() if self.at + 1 < len(self.tokens) else ""
        if word in ("more", "fewer") and (behind in COUNTED or named(behind) is not None):  # 12 more pages, not 12 more
            self.at += 1
            return NOUN
        if word in COUNTED or word in BESIDE:
            self.at += 1
            return NOUN
        return None
