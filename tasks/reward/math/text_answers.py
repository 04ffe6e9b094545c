"""Answers in words and in letters of a multiple choice."""

from __future__ import annotations

import re
from functools import lru_cache

from tasks.reward.math.number_words import MAGNITUDES
from tasks.reward.math.second_thoughts import SECOND_THOUGHTS

_DOUBT = re.compile(
    r"n't\b|\b(?:or|and|but|not|yes|no|true|false|cannot|never|maybe|perhaps|sometimes|always|unless|except|if|although|"
    r"probably|possibly|impossible|can)\b"
)


def plain_words(text: str) -> str:
    """Return the text in lower case, without an article in front, punctuation at the ends, or repeated spaces."""
    text = re.sub(r"[\s\"$~]+", " ", text.lower()).strip(" .,;:!()")
    return re.sub(r"^(?:the|an?) (?=\w)", "", text)


def same_words(gold: str, given: str) -> bool:
    """Return True if both say the same in words; "yes, ..." answers "yes" unless what follows takes it back."""
    one, two = plain_words(gold), plain_words(given)
    if one == two:
        return one not in ("", "nan")
    return (
        one in ("yes", "no", "true", "false")
        and re.match(re.escape(one) + r"\s*[,.;:]", two) is not None
        and not _hedged(two)
    )


def _hedged(text: str) -> bool:
    """Return True if a second answer, a negation or a doubt follows the first word."""
    rest = re.sub(r"^\w+", "", text)
    return SECOND_THOUGHTS.search(rest) is not None or _DOUBT.search(rest) is not None


#: What behind a letter is no text of its choice: an operator, a verb, a magnitude, a negation.
_NO_TEXT = re.compile(
    r"(?:[^\w\s(\[\\.+'-]|[-+](?!\s*[\d.\\(])|\\(?:to|gets|mapsto|implies|iff|times|cdot|div|cup|cap|lor|land|ne|not|"
    r"setminus|oplus|circ|(?:long)?(?:left|right|leftright)arrow)(?![A-Za-z])|"
    rf"(?:is|are|was|were|has|can|could|would|should|may|might|must|seems|looks|fails|{'|'.join(MAGNITUDES)})(?!\w))|"
    r".*\b(?:not|no|wrong|incorrect|false|but)\b",
    re.IGNORECASE | re.DOTALL,
)
#: Another letter as the answer: "A. D", "C, with B".
_ANOTHER = re.compile(r"(?:^|[,;.:]|\b(?:with|is|that)\b)\s*\(?(?:[B-HJ]|[AI](?!\s+[a-z]))\)?(?![\w'])")
#: A second choice: "A or B", "A (B)", "A. B."
_SECOND = re.compile(r"(?:^|\W)(?:or|and)\W|\([A-J]\)|(?:^|\s)[A-J](?:[.):]|$)")
_MARKUP = re.compile(r"[\"{}$*\s]+")
_LABELLED = re.compile(
    r"(?:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?\s*:?\s*)?"
    r"(?:(?:\((?P<letter>[A-J])\)|(?P<closed>[A-J])\s*[.:)])(?P<rest>.*)|(?P<alone>[A-J]))",
    re.IGNORECASE | re.DOTALL,
)


def names_choices(text: str) -> bool:
    """Return True if the text is a letter of a multiple choice, or several: "B", "B or D"."""
    several = r'"?\(?[A-J]\)?(?:\s*(?:,|/|;|"?\s*(?:or|and)\s*"?)\s*\(?[A-J]\)?)+"?'
    return choice_letter(text) is not None or re.fullmatch(several, text.strip()) is not None


@lru_cache(maxsize=4096)
def choice_letter(text: str) -> str | None:
    """Return the letter of a multiple-choice answer: B, (B), B., "Option B", "D. 5"; None for anything else.

    Lower-case letters count, except e and i, which are numbers.
    """
    letter, rest = labelled(text)
    if letter is None or SECOND_THOUGHTS.search(rest) or _ANOTHER.search(rest) or _NO_TEXT.match(rest):
        return None
    return None if _SECOND.search(rest) else letter


def labelled(text: str) -> tuple[str | None, str]:
    """Return the letter of a choice in front of a text, None where there is none, and the text behind it."""
    plain = _MARKUP.sub(" ", text).strip()
    match = _LABELLED.fullmatch(plain)
    if match is None:
        return None, plain
    letter = match["letter"] or match["closed"] or match["alone"]
    signed = match["letter"] is not None and re.match(r"[-+]", match["rest"])  # (B)+1, no text of B
    if signed or (letter in "ei" and letter.islower()):
        return None, plain
    return letter.upper(), (match["rest"] or "").strip()
