r"""The choice that a response to a multiple-choice question names.

The answer is found as that of mathematics (`tasks.reward.math.extract`): the last \boxed{}, or what the last statement
says ("The answer is (B)", "Answer: B", <answer>B</answer>, "#### B"). Besides: `"answer": "B"` of JSON, and a last
sentence that only names a choice ("B", "Option B is correct."). Several labels name no choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from tasks.data.choices import LABELS, label_of
from tasks.reward.math.extract import extract, stated_behind_box
from tasks.reward.math.normalise import MAX_LENGTH, tidy
from tasks.reward.math.second_thoughts import SECOND_THOUGHTS
from tasks.reward.math.text_answers import labelled
from tasks.reward.thinking import answer_text

_LONGEST = 200  # characters of an answer that names no choice, in a verdict
_TAIL = 2000  # characters at the end in which a last sentence is looked for
_JSON = re.compile(r'"answer"\s*:\s*"([^"\n]{1,200})"', re.IGNORECASE)
_OPENING = re.compile(r"\W*[A-J]\W*:")
_TWO_SENTENCES = re.compile(r"[.!?]\s")
_FULL_WIDTH = {0xFEE0 + code: code for code in range(0x21, 0x7F)}
_TEXT_MACRO = re.compile(r"\\(?:text(?:bf|it|rm|normal)?|mbox|mathrm|mathbf)\s*\{([^{}]*)\}")
_FRAME = re.compile(r"\\[()\[\],;:! ]|[$\"“”`]|\*\*")
_BETWEEN = re.compile(r'["{}$*\s]+')  # as `labelled` has it
#: What behind a label is no text of its choice; capitals are, as in "(B) Not wrong".
_NO_TEXT = re.compile(
    r"(?:is|are|was|isn't|wasn't|has|can|cannot|can't|could|would|should|may|might|must|seems|looks|fails|not|nor|or|and|"
    r"but|wrong|incorrect)(?!\w)|[-+](?!\s*[\d.])|[=/&|<>→]"
)
#: Another label behind a label.
_ANOTHER = re.compile(
    r"\([A-J]\)|^\(?[A-J]\)?$|(?:^|\s)[A-J][.):](?:\s|$)|"
    r"\b(?i:or|and|not|nor|but|option|choice|answer|is|with)\s+(?:[B-HJ](?![\w'])|[AI](?=[.,;:]|$))"
)
_MARKUP = re.compile(r"[*_#`>$]+")
_SENTENCE_END = re.compile(r"(?<=[a-z)][.!?])\s+|\n")
_NOUN = r"(?:(?:the|my)\s+)?(?:(?:final|correct|right|best)\s+)?(?:answer|option|choice)"
_CHOOSING = (
    r"(?:i|we)(?:\s+would|\s+will|'ll|'d)?\s+(?:choose|pick|select|go\s+with)"
    rf"|{_NOUN}\s+(?:should|would|must)\s+be:?"
)
_PRAISED = r"is\s+(?:(?:the\s+)?(?:correct|right|best)(?:\s+(?:answer|option|choice))?|the\s+answer)"
#: A sentence that only names a choice; its label is a capital, as "a" is a word.
_NAMING = re.compile(
    r"(?i:(?:(?:so|thus|hence|therefore|then|finally|and)\b,?\s*)*"
    rf"(?:(?:{_CHOOSING})\s+)?(?:{_NOUN}\s*(?:is\b|[:：])?\s*)?)"
    rf"\(?(?P<label>[A-J])\)?(?:[.:)](?=\s*$))?(?i:\s+{_PRAISED})?\s*[.!]?"
)
_SIDE_BY_SIDE = re.compile(r"\\boxed\s*\{([^{}]*)\}[\s$*.\\()\[\]]*")


def read_choice_answer(response: str, choices: Sequence[str] = (), labels: str = LABELS) -> tuple[str | None, str]:
    """Return the label that a response names, or else the text that it answers, and where that stands.

    None, and why, where there is no answer. `choices`: their texts, where they are known; one of them counts as its
    label if no other has the same words. `labels`: those of the question. Never raises; linear in the response.
    """
    found, texts = extract(response), tuple(choices)
    if found.text is None:
        return _named_last(response, texts, labels) if found.how == "no box and no final answer" else (None, found.how)
    if len(found.text) > MAX_LENGTH:
        return None, f"an answer of {len(found.text)} characters"
    answer = _choice(found.text, texts, labels)
    if found.how != "box":
        return answer, found.how
    if (beside := _box_beside(response)) is not None and (first := _choice(beside, texts, labels)) != answer:
        return f"{first}, {answer}", "boxes"
    behind = stated_behind_box(response)
    later = _choice(behind, texts, labels) if behind is not None and len(behind) <= MAX_LENGTH else answer
    if _is_label(later, LABELS) and later != answer:
        # A box that names no choice was a step of the reasoning.
        return (f"{answer}, {later}", "box and statement") if _is_label(answer, LABELS) else (later, "answer is")
    return answer, found.how


def _named_last(response: str, choices: tuple[str, ...], labels: str) -> tuple[str | None, str]:
    """Return the choice of a JSON field, of a response that is nothing else, or of its last sentence."""
    text = (answer_text(response) or "").strip()
    if fields := _JSON.findall(text):
        return _choice(fields[-1], choices, labels), "JSON"
    if (whole := _whole(text, choices, labels)) is not None:
        return whole, "whole response"
    if (label := _with_its_text(text, choices, labels)) is not None:
        return label, "label and text"
    named = [_named(each, labels) for each in _SENTENCE_END.split(text[-_TAIL:]) if each and each.strip()]
    if not named or named[-1] is None:
        return None, "no box and no final answer"
    before = named[-2] if len(named) > 1 else None
    if before not in (None, named[-1]):
        return f"{before}, {named[-1]}", "last sentences"
    return named[-1], "last sentence"


def _whole(text: str, choices: tuple[str, ...], labels: str) -> str | None:
    """Return the label that a response of one sentence is, with the text of its choice or without, or else None.

    Where the choices are not known, "A: " is none: it opens any answer to a "Q: ".
    """
    if not text or "\n" in text or len(text) > MAX_LENGTH:
        return None
    label, rest = _choice(text, choices, labels), labelled(_plain(text))[1]
    known = _labels_of(rest, choices) or _labels_of(text, choices)
    sentence = _OPENING.match(text) is None and _TWO_SENTENCES.search(rest) is None
    return label if _is_label(label, labels) and (known or sentence) else None


def _with_its_text(text: str, choices: tuple[str, ...], labels: str) -> str | None:
    """Return the label that a response ends with if all of its choice's text follows, whatever signs that holds."""
    flat = _words(_plain(text[-_TAIL:]))
    for label, (key, _) in zip(LABELS, _keys(choices), strict=False):
        if key and flat.endswith(key):
            sentences = _SENTENCE_END.split(flat.removesuffix(key).rstrip(" :-"))
            if _named(sentences[-1], labels) == label:
                return label
    return None


def _named(sentence: str, labels: str) -> str | None:
    """Return the label that a sentence names and does nothing else, None for another sentence."""
    plain = _MARKUP.sub("", sentence).strip()
    found = _NAMING.fullmatch(plain) or re.fullmatch(r"\((?P<label>[a-j])\)\.?", plain)
    return found["label"].upper() if found and found["label"].upper() in labels else None


def _box_beside(response: str) -> str | None:
    r"""Return the content of a box that stands right in front of the last one, None where there is none."""
    last = response.rfind("\\boxed")
    found = _SIDE_BY_SIDE.fullmatch(response, max(0, response.rfind("\\boxed", 0, max(0, last))), max(0, last))
    return found[1] if found else None


def _is_label(text: str, labels: str) -> bool:
    return len(text) == 1 and text in labels


def _choice(text: str, choices: tuple[str, ...], labels: str) -> str:
    """Return the label that an answer names, or the answer itself, which names none or several."""
    plain = _plain(text)
    bare = label_of(plain)  # e and i too, which are numbers in mathematics
    letter, rest = (bare, "") if bare else labelled(plain)
    named = letter if letter is not None and letter in labels else None
    same = _labels_of(text, choices)
    if named is None or (rest and len(same) == 1):
        return same[0] if len(same) == 1 else plain[:_LONGEST]
    if not rest:
        # A small letter that is another choice's text may mean either.
        return named if named in plain or not same or same == [named] else plain[:_LONGEST]
    same = _labels_of(rest, choices)
    if same:
        return named if named in same else f"{named}, {same[0]}"
    return plain[:_LONGEST] if _NO_TEXT.match(rest) or _ANOTHER.search(rest) or SECOND_THOUGHTS.search(rest) else named


def _labels_of(text: str, choices: tuple[str, ...]) -> list[str]:
    """Return the labels of the choices with this text: word for word, as formulas, or but for capitals."""
    if not choices:
        return []
    words, formula = _key(text)
    keys = list(zip(LABELS, _keys(choices), strict=False))
    return (
        [label for label, (each, _) in keys if each == words]
        or [label for label, (_, each) in keys if each == formula]
        or [label for label, (each, _) in keys if each.casefold() == words.casefold()]
    )


@lru_cache(maxsize=4096)
def _keys(choices: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple(map(_key, choices))


def _key(text: str) -> tuple[str, str]:
    """Return a text as words and as a formula, both in a form in which equal ones are equal."""
    return _words(_plain(text)), _words(tidy(text))


def _words(text: str) -> str:
    return " ".join(_BETWEEN.sub(" ", text).split()).strip(" .")


def _plain(text: str) -> str:
    """Return a text without markup, signs that only frame a formula, and a full stop at its end."""
    text = _FRAME.sub(" ", _TEXT_MACRO.sub(r"\1", text.translate(_FULL_WIDTH)))
    return " ".join(text.split()).strip(" .")
