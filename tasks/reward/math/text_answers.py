"""Answers in words and in letters of a multiple choice."""

from __future__ import annotations

import re

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
    return _DOUBT.search(re.sub(r"^\w+", "", text)) is not None


#: What behind a letter is no text of its choice: an operator, a negation, second thoughts.
_TAKEN_BACK = re.compile(
    r"^\s*(?:[-+^*/→]|\\)|\b(?:not|no|nope|wrong|incorrect|false|eliminated|but|wait|actually|versus)\b", re.IGNORECASE
)
#: Another letter as the answer: "A. D", "C, with B".
_ANOTHER = re.compile(r"(?:^|[,;.:]|\b(?:with|is|that)\b)\s*\(?(?:[B-HJ]|[AI](?!\s+[a-z]))\)?(?![\w'])")


def names_choices(text: str) -> bool:
    """Return True if the text is a letter of a multiple choice, or several: "B", "B or D"."""
    several = r'"?\(?[A-J]\)?(?:\s*(?:,|/|;|"?\s*(?:or|and)\s*"?)\s*\(?[A-J]\)?)+"?'
    return choice_letter(text) is not None or re.fullmatch(several, text.strip()) is not None


def choice_letter(text: str) -> str | None:
    """Return the letter of a multiple-choice answer: B, (B), B., "Option B", "D. 5"; None for anything else.

    Lower-case letters count, except e and i, which are numbers.
    """
    plain = re.sub(r"[\"{}$*\s]+", " ", text).strip()
    match = re.fullmatch(
        r"(?:(?:the )?(?:correct )?(?:option|choice|answer)(?: is)?\s*:?\s*)?"
        r"(?:\(([A-Ja-j])\)|([A-Ja-j])\s*[.:)]|([A-Ja-j]))(?P<rest>.*)",
        plain,
        re.IGNORECASE | re.DOTALL,
    )
    if match is None:
        return None
    letter, rest = next(g for g in match.groups()[:3] if g), match.group("rest").strip()
    if match.group(3) and rest:
        return None
    if _TAKEN_BACK.search(rest) or _ANOTHER.search(rest):
        return None
    if re.search(r"(?:^|\W)(?:or|and)\W|\([A-J]\)|^[,/&]|(?:^|\s)[A-J][.):]", rest):
        return None
    return None if letter in "ei" and letter.islower() else letter.upper()
