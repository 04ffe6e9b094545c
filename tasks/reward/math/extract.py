r"""Extraction of the final answer's text from a model's output.

The answer is the content of the last `\boxed{...}` of the visible text (outside <think>...</think>). Boxes joined by
commas, "and" or "or" are one answer in parts. Without a box it is what the last statement says (`statements`).
Otherwise there is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.reward.math.frames import without_dimension
from tasks.reward.math.statements import stated
from tasks.reward.thinking import answer_text

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])\s*")
_JOINT = re.compile(
    r"[\s$.]*(?:,|;|&|\\\\|\band\b|\bor\b|\\text\{\s*,?\s*(?:and|or),?\s*\}|\\quad|\\qquad|\\[,;()\[\]]|[\s$])+[\s$]*"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_PLAIN = re.compile(r"\{[^{}\\]*\}")  # most boxes; no other brace needs to be counted
# A box without braces holds a number, or one symbol at the end of a formula; else the macro is only named.
_BARE = re.compile(r"[-+]?\d+(?:[./]\d+)?(?!\w)|\\[dt]?frac\d\d|(?:[A-Za-z]|\\[A-Za-z]+)(?=\s*(?:\$|\\\)|\\\]))")
#: A dash between words, or of a range; in words "--" is one dash. Compounds of words stay.
_IN_WORDS = re.compile(r"\\(?:text(?:bf|it|rm|normal)?|mbox|mathrm)\s*\{([^{}]*)\}")
_DASH = re.compile(r"(?<![A-Za-z])--|--(?![A-Za-z-])")
_MINUS = re.compile(r"(\\(?:text(?:bf|it|rm|normal)?|mbox|mathrm)\s*\{\s*)--?-?(?=\d)")
#: "The answer is not \\boxed{12}", "\\boxed{12} is wrong", "\\boxed{12} (wrong)".
_DENIED = re.compile(r"(?:\bnot|n't|\bnever|不是?)[\s$*(:]*$", re.IGNORECASE)
_DENIAL_ENDS = frozenset("tTrR不是*(:")  # the last characters of a denial
_DENIED_BEHIND = re.compile(
    r"[\s$*)]*(?:(?:ca(?:n't|nnot)|(?:is|was)(?:n't|\s+(?:not|never|wrong|incorrect|false)))\b|[✗✘❌]|\((?:wrong|incorrect|false)\))",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Extraction:
    """An extracted answer. `text` is its LaTeX, None if there is none; `how` says where it was found, or why not."""

    text: str | None
    how: str


@dataclass(frozen=True, slots=True)
class _Box:
    start: int
    end: int  # behind the closing brace
    content: str


def _closes(text: str, start: int) -> dict[int, int]:
    """Return {position of an opening brace: position of its closing one} from `start` on; escaped braces are text."""
    closes: dict[int, int] = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text, start):
        token = match.group()
        if token == "{":
            opened.append(match.start())
        elif token == "}" and opened:
            closes[opened.pop()] = match.start()
    return closes


def _boxes(text: str) -> list[_Box] | None:
    """Return the boxes that lie in no other box, from left to right; None where the last one does not close.

    A macro without content, as prose names it, is no box.
    """
    macros = list(_BOX.finditer(text))
    if not macros:
        return []
    closes: dict[int, int] | None = None
    found: list[_Box] = []
    behind = 0
    for match in macros:
        where = match.end()
        if match.start() < behind:
            continue
        if text.startswith("{", where):
            if (plain := _PLAIN.match(text, where)) is not None:
                behind = plain.end()
            else:
                closes = _closes(text, macros[0].start()) if closes is None else closes
                if where not in closes:
                    # An unclosed box in front of others is skipped; at the end it is a truncated answer.
                    if match is macros[-1]:
                        return None
                    continue
                behind = closes[where] + 1
            found.append(_Box(match.start(), behind, text[where + 1 : behind - 1]))
            continue
        bare = _BARE.match(text, where)
        if bare is None:
            continue
        found.append(_Box(match.start(), bare.end(), bare.group()))
        behind = bare.end()
    return found


def _last_group(text: str, boxes: list[_Box]) -> list[_Box]:
    """Return the last box and those in front that a comma, "and" or "or" joins to it."""
    group = [boxes[-1]]
    for box in reversed(boxes[:-1]):
        between = text[box.end : group[-1].start]
        if (
            len(between) > 40
            or not _JOINT.fullmatch(between)
            or not re.search(r"[,;&]|and|or", re.sub(r"\\[,;]", "", between))
        ):
            break
        group.append(box)
    return group[::-1]


def _clean(text: str) -> str:
    """Return the text without the macros of boxes inside it; a dash in words in front of a number is a minus."""
    text = _BOX.sub("", text) if "\\boxed" in text or "\\fbox" in text else text
    return without_dimension(_MINUS.sub(r"\1-", text) if "--" in text else text).strip()


def extract(response: str) -> Extraction:
    """Return the final answer of one response. Never raises; takes time linear in the length of the response."""
    text = answer_text(response)
    if text is None:
        return Extraction(None, "thinking never ends")
    boxes = _boxes(text)
    if boxes is None:
        return Extraction(None, "the last box does not close")
    if boxes:
        group = _last_group(text, boxes)
        if _denied(text, group[0].start) or _DENIED_BEHIND.match(text, group[-1].end):
            return Extraction(None, "the box is denied")
        contents = list(dict.fromkeys([_clean(b.content) for b in group]))
        answer = ", ".join(contents)
        if _CONTROL.search(answer):
            return Extraction(None, "control characters in the box")
        if "" in contents:
            return Extraction(None, "an empty box")
        if "--" in answer and any(map(_dashed, contents)):
            return Extraction(None, "a dash among words in the box")
        return Extraction(answer, "box" if len(contents) == 1 else "boxes")
    return _without_box(text)


def _denied(text: str, start: int) -> bool:
    """Return True if a word in front of the box at `start` denies it."""
    begin = max(0, start - 20)
    last = text[begin:start].rstrip(" $\n")[-1:]
    return (last in _DENIAL_ENDS or last.isspace()) and _DENIED.search(text, begin, start) is not None


def _dashed(content: str) -> bool:
    """Return True if a dash stands among the words of a box that holds a number."""
    return (
        "--" in content and re.search(r"\d", content) is not None and any(map(_DASH.search, _IN_WORDS.findall(content)))
    )


def stated_behind_box(response: str) -> str | None:
    """Return the answer that a sentence behind the last box states ("Answer: D"), None where there is none."""
    text = answer_text(response)
    boxes = _boxes(text) if text is not None else None
    if text is None or not boxes:
        return None
    found = _without_box(text[boxes[-1].end :])
    return found.text if found.how == "answer is" else None


def _without_box(text: str) -> Extraction:
    if _CONTROL.search(text[-4000:]):
        return Extraction(None, "control characters")
    return Extraction(*(stated(text) or (None, "no box and no final answer")))
