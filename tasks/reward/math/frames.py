"""Sentences around a value: "The answer is 12", "There are 12 ways", "12 is the largest".

Every word has to be on a closed list (`harmless_words`), so that "twice the answer is 12" and "12 is not the largest"
stay sentences.
"""

from __future__ import annotations

import re

from tasks.reward.math.harmless_words import ASKED, BESIDE, COUNTED, SENTENCE
from tasks.reward.math.units import named

_LAST = frozenset([
    "is", "are", "be", "was", "equals", "gives", "give", "get", "gets", "obtain", "find", "found", "have", "has",
    "answer", "value", "result", "total", "exactly",
])  # fmt: skip
_TO_VALUE = re.compile(r"\s*\b(?:a total of|in total|exactly|just|equal to|equals to|that|the number|the value)\s*$")
_BEHIND = re.compile(r"(?:is|are|was|gives?|equals)\b\s*(?P<words>.*)$", re.DOTALL)
_NAME = re.compile(r"\$?[A-Z]\$?|[a-z]")
#: Points by which a shape is named: ABC behind "triangle", and no word in capitals (NOT, HALF) elsewhere.
_POINTS = re.compile(r"\$?[A-Z]{2,4}\$?")
_SHAPES = frozenset([
    "angle", "angles", "segment", "segments", "side", "sides", "triangle", "triangles", "line", "chord", "arc",
    "square", "rectangle", "trapezoid", "parallelogram", "rhombus", "quadrilateral", "radius", "diameter",
    "hypotenuse", "edge",
])  # fmt: skip
#: Words behind a unit that say in which direction or since when it is measured, by the unit's dimension.
_DIMENSIONS = {
    "length": ["tall", "long", "wide", "high", "deep", "thick", "away", "apart", "across"],
    "time": ["long", "old", "away", "apart"],
    "months": ["long", "old", "away", "apart"],
    "mass": ["heavy"],
}
_DIMENSION = re.compile(r"([A-Za-z]+)\s+(?P<word>[a-z]{3,6})(?=[\s}*$.]*$)")
#: Another quantity than the answer: "the degree of the answer", "the answer's degree".
_OF_ANSWER = re.compile(
    r"(?<!value )\bof\b.*\b(?:answer|result|solution)\b|\b(?:answer|result|solution)'s\b", re.I | re.S
)


def without_dimension(text: str) -> str:
    """Return the text without a word for a dimension behind the unit at its end: "12 inches tall" is 12 inches."""
    if not text.rstrip(" .}*$")[-1:].isalpha():
        return text
    match = _DIMENSION.search(text, max(0, len(text) - 60))
    unit = named(match.group(1)) if match else None
    if match is None or unit is None or match["word"] not in _DIMENSIONS.get(unit.dimension, ()):
        return text
    return text[: match.end(1)] + text[match.end() :]


def harmless(text: str) -> bool:
    """Return True if no word changes a value: nouns, units, words that name what is asked, names of points."""
    words = re.sub(r"[\"(),.!:;*]|(?<=\w)'s\b", " ", text).split()
    return _OF_ANSWER.search(text) is None and all(
        _harmless(word, before) for before, word in zip(["", *words], words, strict=False)
    )


def _harmless(word: str, before: str) -> bool:
    plain = word.lower()
    return (
        plain in SENTENCE
        or plain in ASKED
        or plain in BESIDE
        or plain in COUNTED
        or _NAME.fullmatch(word) is not None
        or (before.lower() in _SHAPES and _POINTS.fullmatch(word) is not None)
        or (len(word) > 2 and named(word) is not None)
    )


def introduces(front: str) -> bool:
    """Return True if the words say that a value follows: "The answer is", "There are", "Maximum:"."""
    text = front.replace('"', " ").strip()
    if not text or not harmless(text):
        return False
    if text.endswith((":", "=", "：")):
        return True
    before = _TO_VALUE.sub("", text)
    if before != text and re.search(r"equals? to$|equal to$", text):
        return True
    words = re.sub(r"[,.]", " ", before).split()
    return bool(words) and words[-1].lower() in _LAST


def names_asked(text: str) -> bool:
    """Return True if the words name a quantity: "Area", "The number of ways", "Total cost of the pizza"."""
    return bool(text.replace('"', " ").strip()) and harmless(text)


def follows(text: str) -> bool:
    """Return True if the words only praise the value in front: "is the largest", "is our answer"."""
    match = _BEHIND.fullmatch(text.replace('"', " ").strip(" .!"))
    return match is not None and bool(match.group("words").split()) and harmless(match.group("words"))
