"""Answers in words: what they name, and sentences around a value."""

from __future__ import annotations

import re

from tasks.reward.math.frames import follows, introduces
from tasks.reward.math.number_words import number_in_words

_KNOWN_WORDS = frozenset(
    ["yes", "no", "true", "false", "odd", "even", "none", "east", "west", "north", "south", "prime", "both"]
)
_NO_SOLUTION = frozenset([
    "no solution", "no solutions", "empty set", "the empty set", "none exist", "no real solutions", "no real solution",
    "there are no solutions", "there is no solution", "no solutions exist", "no solution exists",
])  # fmt: skip
#: Sets that words name ("all real numbers"), in the notation in which they are read.
_NAMED_SETS = {
    "real numbers": "\\mathbb{R}",
    "integers": "\\mathbb{Z}",
    "natural numbers": "\\mathbb{N}",
    "rational numbers": "\\mathbb{Q}",
    "complex numbers": "\\mathbb{C}",
    "positive integers": "\\mathbb{Z}^{+}",
    "negative integers": "\\mathbb{Z}^{-}",
    "nonnegative integers": "\\mathbb{Z}_{\\ge 0}",
    "positive real numbers": "(0,\\infty)",
    "negative real numbers": "(-\\infty,0)",
    "nonnegative real numbers": "[0,\\infty)",
    "nonpositive real numbers": "(-\\infty,0]",
    "nonzero real numbers": "\\mathbb{R}\\setminus\\{0\\}",
}
_SET_SPELLINGS = [
    (
        re.compile(r"\\mathbb\s*\{?\s*Z\s*\}?\s*(?:\^\s*\{?\s*\+\s*\}?|_\s*\{?\s*(?:>\s*0|\+|\\ge\s*1)\s*\}?)"),
        "\\mathbb{Z}^{+}",
    ),
    (re.compile(r"\\mathbb\s*\{?\s*Z\s*\}?\s*(?:\^\s*\{?\s*-\s*\}?|_\s*\{?\s*(?:<\s*0|-)\s*\}?)"), "\\mathbb{Z}^{-}"),
    (re.compile(r"\\mathbb\s*\{?\s*R\s*\}?\s*(?:\^\s*\{?\s*\+\s*\}?|_\s*\{?\s*(?:>\s*0|\+)\s*\}?)"), "(0,\\infty)"),
    (re.compile(r"\\mathbb\s*\{?\s*R\s*\}?\s*(?:\^\s*\{?\s*-\s*\}?|_\s*\{?\s*(?:<\s*0|-)\s*\}?)"), "(-\\infty,0)"),
]
_WORDLIKE = re.compile("[A-Z][a-z]+|[b-df-hj-np-tv-z][aeiou][b-df-hj-np-tv-z]")  # Tom, red
_ONLY_WORDS = re.compile(r"[^\W\d_][^\W\d_'\- .,/]*(?:[ \-'/.,]+[^\W\d_]+)*[.!]?")
_FRONT = re.compile(r'^(?:"(?P<quoted>[^"]*)"\s*(?=[^\s"])|(?P<bare>[A-Za-z][A-Za-z \']*(?: |:)\s*)(?=[-\d\\$(]))')
_BEHIND = re.compile(r'(?<=[^\s"])\s*"(?P<words>[^"]*)"$')


def without_frame(text: str) -> str:
    """Return the value in a sentence of harmless words, other texts as they are."""
    if (front := _FRONT.match(text)) and introduces(front.group("quoted") or front.group("bare") or ""):
        text = text[front.end() :].strip()
    if '"' in text and (behind := _BEHIND.search(text)) and follows(behind.group("words")):
        text = text[: behind.start()].strip()
    return text


def named_set(words: str) -> str | None:
    """Return the notation of the set that words name ("all real numbers", "no solution"), None for other words."""
    plain = " ".join(words.lower().split()).strip(" .")
    if plain in _NO_SOLUTION:
        return "\\emptyset"
    if plain in ("infinity", "positive infinity"):
        return "\\infty"
    core = re.sub(r"^(?:the )?(?:set of )?(?:all )?(?:the )?", "", plain)
    core = re.sub(r"\bnon-(?=\w)", "non", core).replace("reals", "real numbers")
    if core in _NAMED_SETS and (core.endswith("real numbers") or re.match(r"(?:the )?(?:set|all)\b", plain)):
        return _NAMED_SETS[core]
    return None


def one_spelling(text: str) -> str:
    r"""Return the one notation of a set that has several (\mathbb{Z}_{>0}), other texts as they are."""
    if not text.startswith("\\mathbb"):
        return text
    return next((spelling for pattern, spelling in _SET_SPELLINGS if pattern.fullmatch(text)), text)


def quantity_in_words(words: str) -> str | None:
    """Return "twelve ways", or a sentence about that many, as `12 "ways"`; None for words without a number."""
    parts = words.split()
    for start in range(min(len(parts), 8)):
        if start and not introduces(" ".join(parts[:start])):
            continue
        for end in range(len(parts), start, -1):
            value = number_in_words(" ".join(parts[start:end]).strip(" ."))
            if value is not None:
                behind = " ".join(parts[end:])
                return f'{value} "{behind}"' if behind else str(value)
    return None


def words_of(text: str) -> str | None:
    """Return the words of a text that is nothing but words, else None."""
    if '"' in text and not re.search(r"[\w\\]", re.sub(r'"[^"]*"', "", text)):
        return text.replace('"', " ")
    bare = text.replace("\\ ", " ")
    if _ONLY_WORDS.fullmatch(bare):
        parts = re.findall(r"[^\W\d_]+", bare)
        if all(len(w) == 1 for w in parts):
            return None
        if any(
            len(w) >= 4 or w.lower() in _KNOWN_WORDS or not w.isascii() or _WORDLIKE.fullmatch(w) for w in parts
        ) and not re.search(r"\b(?:a?(?:sin|cos|tan)|log|sqrt)\b", bare):
            return bare
    return None
