r"""Conditions behind an answer: "2x for all real x", "12 (when x = 3)", "n + 1, n \ge 1".

A condition of the answer is dropped only where it takes nothing away: it names the domain of a variable in the value,
or where a value without that variable is attained. "12 if n is odd" keeps its condition, so that it is not 12.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from tasks.reward.math.normalise import key

_CONNECTIVE = (
    r"(?:for (?:all|any|every|each)|for|where|with|when|whenever|if|at|attained at|given(?: that)?|provided(?: that)?)"
)
_QUOTED = re.compile(
    rf'^(?P<value>.*?[^\s",(])\s*,?\s*\(?\s*"\s*[(,]?\s*(?P<word>{_CONNECTIVE})\b(?P<words>[^"]*)"(?P<rest>.*)$',
    re.DOTALL | re.IGNORECASE,
)
_BARE = re.compile(
    rf"^(?P<value>.*?[^\s\",(])\s*,?\s+\(?(?P<word>{_CONNECTIVE}|\\forall)(?=[\s\\])(?P<words>)(?P<rest>.*)$", re.DOTALL
)
_SIGNS = re.compile(
    r"^(?P<value>.*?[^\s\",(])\s*(?:,\s*\(?|\(|\\ \()(?P<word>)(?P<words>)"
    r"(?P<rest>\s*(?:[a-zA-Z]\s*(?:,\s*[a-zA-Z]\s*)*\\in(?![A-Za-z]).*|[a-zA-Z]\s*\\ne(?![A-Za-z])\s*-?\d+)\)?)$",
    re.DOTALL,
)
_MARK = re.compile(
    r'"|\\(?:in|ne|forall)(?![A-Za-z])|\b(?:for|where|with|when|whenever|if|at|attained|given|provided)\b'
)
_NAME = r"[a-zA-Z](?:_\{?\w\}?)?"
_NAMES = rf"{_NAME}(?:\s*,\s*{_NAME})*"
_SET = r"\\mathbb\s*\{?[A-Z]\}?(?:\s*\^\s*\{?[+*\d]\}?|_\{[^{}]*\})?"
_DOMAIN = re.compile(
    r"(?:all |any |every |each )?(?:the )?(?:values? of )?"
    r"(?:real|complex|rational|natural|positive|non-?negative|arbitrary)?\s*"
    rf"(?:real |integers? |numbers? |constants? |values? of )*(?P<names>{_NAMES})"
    rf"(?:\s*\\in\s*{_SET}|\s*(?:is|are|being) (?:an? |any )?(?:arbitrary |real |positive |non-?negative |any |fixed )*"
    r"(?:real|integers?|numbers?|constants?)|\s*(?:\\ge|>|\\ne)\s*-?\d+)?"
)
_REAL_DOMAIN = re.compile(
    rf"(?:all |any |every |each )(?:real )?(?:numbers? |values? of )?{_NAMES}(?:\s*\\in\s*\\mathbb\s*\{{?[RC]\}}?)?|"
    rf"{_NAMES}\s*\\in\s*\\mathbb\s*\{{?R\}}?"
)
#: A value that a condition changes: a region or a set.
_REGION = re.compile(r"[<>]|\\(?:leq?|geq?|lt|gt|neq?|in|cup|cap|infty|mathbb)(?![A-Za-z])")
_BOUND = re.compile(r"(?P<sign>\\ge|>)\s*(?P<bound>-?\d+)$")
_WIDE = {(">", "0"), ("\\ge", "0"), ("\\ge", "1")}  # bounds that say what a natural or positive number is
_RESTRICTS = ("if", "when", "whenever", "provided", "provided that", "given", "given that")
_ATTAINED = re.compile(rf"(?:{_NAME}\s*=\s*[^=<>,]+)(?:(?:\s*,\s*|\s*and\s*){_NAME}\s*=\s*[^=<>,]+)*")


def mentions(text: str, name: str) -> bool:
    """Return True if the symbol `name` stands in the text, outside of commands and of words."""
    return name in re.sub(r'\\[A-Za-z]+|"[^"]*"', " ", text)


@dataclass(frozen=True, slots=True)
class Conditioned:
    """A value, the word that opens its condition, and the condition."""

    value: str
    word: str
    condition: str

    def _occurs(self, name: str) -> bool:
        return mentions(self.value, name)

    @property
    def idle(self) -> bool:
        """Return True if the condition takes nothing away from the value."""
        if _REGION.search(self.value):
            return self.over_the_reals and not self.word.startswith(_RESTRICTS)
        if match := _DOMAIN.fullmatch(self.condition):
            bound = _BOUND.search(self.condition)
            if self.word in _RESTRICTS or (bound and (bound["sign"], bound["bound"]) not in _WIDE):
                return False
            universal = self.condition.startswith(("all ", "any ", "every ", "each "))
            names = re.split(r"\s*,\s*", match.group("names"))
            return universal or all(map(self._occurs, names))
        if self.word in ("when", "at", "attained at", "for", "where", "with") and _ATTAINED.fullmatch(self.condition):
            if re.search(r"\bor\b", self.condition):
                return False
            return not any(map(self._occurs, re.findall(rf"({_NAME})\s*=", self.condition)))
        return False

    @property
    def over_the_reals(self) -> bool:
        """Return True if the condition says no more than that a variable is any number."""
        return _REAL_DOMAIN.fullmatch(self.condition) is not None


@lru_cache(maxsize=4096)
def conditioned(text: str) -> Conditioned | None:
    """Return a tidy text as a value with its condition, None where it has none."""
    if not _MARK.search(text):
        return None
    for pattern in (_QUOTED, _BARE, _SIGNS):
        match = pattern.match(text)
        if match is None:
            continue
        word = match.group("word").lower().replace("\\forall", "for all")
        condition = f"{match.group('words')} {match.group('rest')}".replace('"', " ")
        if word.startswith("for "):
            word, condition = "for", f"{word[4:]} {condition}"
        condition = " ".join(condition.split()).rstrip(" .,")
        if condition.endswith(")") and condition.count("(") < condition.count(")"):
            condition = condition[:-1].rstrip()
        if condition:
            return Conditioned(match.group("value").strip(" ,"), word, condition)
    return None


def same_condition(one: Conditioned, two: Conditioned) -> bool:
    """Return True if two conditions are written alike, but for the word that opens them."""
    texts = [re.sub(r"^(?:all|any|every|each) |\b(?:real|numbers?|values? of)\b", "", c.condition) for c in (one, two)]
    return key(texts[0]) == key(texts[1])
