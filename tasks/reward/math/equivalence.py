"""Equivalence of two whole answers: approximations, residues and conditions first, then what is left by type."""

from __future__ import annotations

import re
from fractions import Fraction

from tasks.reward.math.answer_parser import read
from tasks.reward.math.answer_types import Equation, Scalar, is_label, usable
from tasks.reward.math.compare import compare
from tasks.reward.math.expression import Num, Op, ParseError
from tasks.reward.math.normalise import key, tidy
from tasks.reward.math.oracle import Oracle, Truth, either
from tasks.reward.math.text_answers import choice_letter

_RESIDUE = re.compile(
    r"\s*(?:\\pmod\s*\{?\s*(\w+)\s*\}?|\(?\s*\\(?:bmod|mod)\s*\{?\s*(\w+)\s*\}?\s*\)?|\(\s*\"?mod\"?\s*(\w+)\s*\))$"
)
_DOMAIN = re.compile(
    r'^(.*?),?\s*(?:"?(?:where|for|with|for all|for any)"?\s*)?'
    r"\(?\s*\b([a-zA-Z])\s*\\in\s*(\\mathbb\s*\{?[A-Z]\}?(?:\^\{?[+*]\}?|_\{[^{}]*\})?)\)?$",
    re.DOTALL,
)


def equivalent(gold: str, given: str, oracle: Oracle) -> Truth:
    """Return True if the tidy text `given` answers the tidy text `gold`, None if `oracle` cannot decide.

    ParseError if `given` or `gold` holds no answer.
    """
    letter = re.fullmatch(r'"?\s*\(?([A-J])\)?\s*\.?\s*"?', gold)
    if letter and (found := choice_letter(given)) is not None:
        return found == letter.group(1)
    if key(gold) == key(given):
        usable(given)
        return True
    if re.fullmatch(r"-?\d+,\d+", given) and re.fullmatch(r"-?\d*\.\d+", gold):  # a decimal comma
        given = given.replace(",", ".")
    about = split_about(given)
    if about:
        return _approximation(gold, *about, oracle)
    residue = _RESIDUE.search(given)
    if residue:
        gold, given = (re.sub(r"^\\?[A-Za-z]\s*\\equiv(?![A-Za-z])", "", t) for t in (gold, given))
        own = _RESIDUE.search(gold)
        if own and own.groups() != residue.groups():
            return False
        return equivalent(_RESIDUE.sub("", gold), _RESIDUE.sub("", given), oracle)
    family = [_DOMAIN.match(t) for t in (gold, given)]
    if family[0] and family[1] and family[0].group(1).strip() and family[1].group(1).strip():
        return _families(family[0], family[1], oracle)
    return compare(read(gold), read(given), oracle)


def split_about(text: str) -> tuple[str, str] | None:
    r"""Return both sides of the one \approx in `text`, None where there is none, or more."""
    parts = re.split(r"\\(?:approx|simeq|thickapprox|doteq)(?![A-Za-z])", text)
    return (parts[0].strip(), parts[1].strip()) if len(parts) == 2 and all(p.strip() for p in parts) else None


def _approximation(gold: str, first: str, second: str, oracle: Oracle) -> Truth:
    r"""Compare `first \approx second`: `first` counts, and a decimal `second` that is the rounding of `first`."""
    by_first = equivalent(gold, first, oracle)
    if by_first is True:
        return True
    if is_label(first):  # "x \\approx 5" gives 5
        return either(by_first, equivalent(gold, second, oracle))
    value, literal = read(first), read(second)
    value = value.sides[-1] if isinstance(value, Equation) else value
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
