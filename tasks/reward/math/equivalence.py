"""Equivalence of two whole answers: approximations, residues and conditions first, then what is left by type."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import Answer, Equation, Scalar, is_label, usable
from tasks.reward.math.compare import compare
from tasks.reward.math.conditions import conditioned, mentions, same_condition
from tasks.reward.math.expression import Num, Op, ParseError
from tasks.reward.math.normalise import key, tidy
from tasks.reward.math.oracle import Oracle, Truth, either
from tasks.reward.math.residues import Residue, residue_of, without_label
from tasks.reward.math.text_answers import choice_letter
from tasks.reward.math.tolerance import approximate

_DOMAIN = re.compile(
    r'^(.*?),?\s*(?:"?(?:where|for|with|for all|for any)"?\s*)?'
    r"\(?\s*\b([a-zA-Z])\s*\\in\s*(\\mathbb\s*\{?[A-Z]\}?(?:\^\{?[+*]\}?|_\{[^{}]*\})?)\)?$",
    re.DOTALL,
)

_CHOICE_LABEL = re.compile(r'^(?:\(\s*[A-J]\s*\)\s+|"\s*(?:\(\s*[A-J]\s*\)|[A-J]\s*[.:)])\s*"\s*)(?=[^\s"])')
_CONSTANT = re.compile(r"^(.+)\+\s*C$", re.DOTALL)
_OWN_CONSTANT = re.compile(r'^(.+)\+\s*("const(?:ant)?\.?"|c|K|k|C(?:_\{?\w\}?)?)$', re.DOTALL)
_LETTER = re.compile(r'"?\s*\(?([A-J])\)?\s*\.?\s*"?')
_COMMA, _DECIMAL = re.compile(r"-?\d+,\d+"), re.compile(r"-?\d*\.\d+")  # a decimal comma for a decimal point
_ABOUT = re.compile(r"\\(?:approx|simeq|thickapprox|doteq)(?![A-Za-z])")
_IS = re.compile(r'"\s*(?:is|are|must be)\s+(?:an?\s+)?(?=\w)')


def equivalent(gold: str, given: str, oracle: Oracle) -> Truth:
    """Return True if the tidy text `given` answers the tidy text `gold`, None if `oracle` cannot decide.

    ParseError if `given` or `gold` holds no answer.
    """
    letter = _LETTER.fullmatch(gold)
    if letter and (found := choice_letter(given)) is not None:
        return found == letter.group(1)
    if key(gold) == key(given) or ('"' in gold + given and key(_IS.sub('"', gold)) == key(_IS.sub('"', given))):
        usable(given)
        return True
    if _COMMA.fullmatch(given) and _DECIMAL.fullmatch(gold):
        given = given.replace(",", ".")
    about = split_about(given)
    if about:
        return _approximation(gold, *about, oracle)
    if residue := residue_of(given):
        return _residues(gold, residue, oracle)
    if (own := residue_of(gold)) and own.reduced and own.members() is not None:
        return equivalent(own.text, without_label(given), oracle)
    if "\\in" in gold and "\\in" in given:
        family = [_DOMAIN.match(t) for t in (gold, given)]
        if family[0] and family[1] and family[0].group(1).strip() and family[1].group(1).strip():
            return _families(family[0], family[1], oracle)
    if (body := _without_constant(gold, given)) is not None:
        return equivalent(*body, oracle)
    shorter = _without_condition(gold, given)
    if shorter is not None:
        return equivalent(*shorter, oracle)
    bare = without_choice_label(given)
    if bare == given:
        return compare(read(gold), read(given), oracle)
    try:
        as_product = compare(read(gold), read(given), oracle)
    except ParseError:
        as_product = False
    return either(as_product, equivalent(gold, bare, oracle))


def without_choice_label(text: str) -> str:
    """Return the text without the label of a choice in front of a value: "(E) 12" is 12."""
    return _CHOICE_LABEL.sub("", text) if text.startswith(("(", '"')) else text


def _residues(gold: str, given: Residue, oracle: Oracle) -> Truth:
    """Compare a residue with one of the same modulus, or with a value without any."""
    own = residue_of(gold)
    if own is None:
        return equivalent(without_label(gold), given.text, oracle) if given.reduced else False
    if own.modulus != given.modulus:
        return False
    members = (own.members(), given.members())
    return members[0] == members[1] if None not in members else equivalent(own.text, given.text, oracle)


def _without_condition(gold: str, given: str) -> tuple[str, str] | None:
    """Return both without conditions that take nothing away, or that are the same; None where there are none."""
    one, two = conditioned(gold), conditioned(given)
    if one and two:
        return (one.value, two.value) if same_condition(one, two) else None
    if two:
        return (gold, two.value) if two.idle else None
    return (one.value, given) if one and one.over_the_reals else None


def _without_constant(gold: str, given: str) -> tuple[str, str] | None:
    """Return both without the constant of integration, C in the gold and perhaps another name in the answer."""
    if "+" not in gold or "+" not in given:
        return None
    one, two = _CONSTANT.match(gold), _OWN_CONSTANT.match(given)
    if one is None or two is None or two.group(2) == "C":
        return None
    if any(mentions(m.group(1), name) for name in ("C", two.group(2)) for m in (one, two)):
        return None
    return one.group(1), two.group(1)


def split_about(text: str) -> tuple[str, str] | None:
    r"""Return both sides of the one \approx in `text`, None where there is none, or more."""
    if "\\" not in text:
        return None
    parts = _ABOUT.split(text)
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 and all(p.strip() for p in parts) else None


def _approximation(gold: str, first: str, second: str, oracle: Oracle) -> Truth:
    r"""Compare `first \approx second`: `first` counts, and a decimal `second` that is the rounding of `first`."""
    if choice_letter(gold) is not None:  # both would be names: A and B
        return False
    by_first = equivalent(gold, first, oracle)
    if is_label(first):  # "x \\approx 5" gives 5
        return either(by_first, equivalent(gold, second, oracle))
    value, literal = read(first), read(second)
    value = value.sides[-1] if isinstance(value, Equation) else value
    if not _near(value, literal):
        return False
    if by_first is True:
        return True
    if not (
        isinstance(value, Scalar)
        and isinstance(literal, Scalar)
        and isinstance(literal.node, Num)
        and value.node is not None
    ):
        return by_first
    if equivalent(gold, second, oracle) is not True:
        return by_first
    return either(
        by_first, oracle.equal(Op("rounded", (value.node, Num(Fraction(literal.node.places or 0)))), literal.node)
    )


def _near(value: Answer, literal: Answer) -> bool:
    """Return False for two known numbers without units that differ by a unit of the second's last place, and by 1 %."""
    if not (isinstance(value, Scalar) and isinstance(literal, Scalar) and value.node and literal.node):
        return True
    if value.unit != literal.unit or value.percent or literal.percent:
        return True
    one, two = approximate(value.node), approximate(literal.node)
    if one is None or two is None:
        return True
    unit = Fraction(1, 10 ** (literal.node.places or 0)) if isinstance(literal.node, Num) else Fraction(0)
    return abs(one - two) < max(unit, abs(one) / 100)


def _families(gold: re.Match[str], given: re.Match[str], oracle: Oracle) -> Truth:
    """Compare `2k, k in Z` with `2n, n in Z`: the name of the bound variable does not matter."""
    body, name = given.group(1).strip(" ,"), given.group(2)
    if key(gold.group(3)) != key(given.group(3)):
        return False
    if name != gold.group(2):
        if re.search(rf"(?<![A-Za-z\\]){gold.group(2)}(?![A-Za-z])", body):
            return False
        body = re.sub(rf"(?<![A-Za-z\\]){name}(?![A-Za-z])", gold.group(2), body)
    return equivalent(gold.group(1).strip(" ,"), body, oracle)


def equivalent_latex(gold: str, given: str, oracle: Oracle) -> Truth:
    """Return `equivalent` of two raw LaTeX texts; False where one cannot be read as an answer."""
    try:
        return equivalent(tidy(gold), tidy(given), oracle)
    except (ParseError, RecursionError):
        return False
