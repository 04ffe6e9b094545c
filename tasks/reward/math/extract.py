r"""Extraction of the final answer's text from a model's output.

The answer is the content of the last `\boxed{...}` of the visible text (outside <think>...</think>). Boxes joined by
commas, "and" or "or" are one answer in parts. Without a box it is, in this order: what follows GSM8K's `####`, what
follows the last "answer is" or "answer:" (also option, choice, result). Otherwise there is no answer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tasks.reward.math.frames import harmless
from tasks.reward.math.units import parse_unit
from tasks.reward.thinking import answer_text

_BOX = re.compile(r"\\(?:boxed|fbox|framebox)(?![A-Za-z])\s*")
_JOINT = re.compile(
    r"[\s$.]*(?:,|;|&|\\\\|\band\b|\bor\b|\\text\{\s*,?\s*(?:and|or),?\s*\}|\\quad|\\qquad|\\[,;()\[\]]|[\s$])+[\s$]*"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
# A box without braces holds a number, or one symbol at the end of a formula; else the macro is only named.
_BARE = re.compile(r"[-+]?\d+(?:[./]\d+)?(?!\w)|\\[dt]?frac\d\d|(?:[A-Za-z]|\\[A-Za-z]+)(?=\s*(?:\$|\\\)|\\\]))")
_MARKER = re.compile(r"####\s*(\S[^\n]*)")
_ANCHOR = re.compile(
    r"(?:(?<![A-Za-z])(?:(?:final|correct|right)\s+)?(?:answer|option|choice|result)\b(?:\s+to\s+[^.\n:]{0,80}?)?"
    r"(?:\s+is(?:\s+(?:option|choice))?(?!\s+not\b)|\s*\**\s*[:：=]\**)|"
    r"(?:答案|答え|解答|正解|结果|結果)\s*(?:应该是|應該是|是|为|為|等于|は|\**[:：=]\**))"
    r"\s*[:：]?\s*([^\n]{1,400})",
    re.IGNORECASE,
)
#: Words that make "answer is" speak of another answer, in front of it or in it ("the answer to the wrong question").
_OTHER = re.compile(r"\b(?:incorrect|wrong|not|eliminated|other|previous)(?:[ \t*_]+\w+){0,2}[ \t*_]*$", re.IGNORECASE)
_OF_ANOTHER = re.compile(r"\bto\b.*\b(?:incorrect|wrong|different|other)\b", re.IGNORECASE | re.DOTALL)
_NEGATED = re.compile(r"^\s*(?:不|not|never|wrong|incorrect|unknown|unclear|correct\b)", re.IGNORECASE)
_TAIL = re.compile(
    r"(?:(?<!\d)\.|(?<=\d)\.(?!\d)|。)(?=\s|$)|。|です|である|\s+(?:because|since|which|I hope)\b", re.IGNORECASE
)
_HEADS = tuple(
    re.compile(head)
    for head in (
        r"\$\$?([^$]+)\$\$?",
        r"\\\((.+?)\\\)",
        r"\\\[(.+?)\\\]",
        r"\*\*([^*]+)\*\*",
        r"([^,(]*\d[^,(]*)(?=,\s|\s\()",
    )
)
_CLAUSE = re.compile(r"[;:]|,?\s*\b(?:as|so|where|obtained|because|since|which)\b", re.IGNORECASE)
#: Second thoughts in the sentence of a value: it is no final answer.
_TAKEN_BACK = re.compile(r"\b(?:wrong|incorrect|wait|actually|instead|oops|no,)(?!\w)", re.IGNORECASE)
_STOP = re.compile(r"(?:(?<!\d)\.|(?<=\d)\.(?!\d))(?=\s|$)|。")
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
    closes = _closes(text, macros[0].start())
    found: list[_Box] = []
    behind = 0
    for match in macros:
        where = match.end()
        if match.start() < behind:
            continue
        if text.startswith("{", where):
            if where not in closes:
                # An unclosed box in front of others is skipped; at the end it is a truncated answer.
                if match is macros[-1]:
                    return None
                continue
            behind = closes[where] + 1
            found.append(_Box(match.start(), behind, text[where + 1 : behind - 1]))
            continue
        plain = _BARE.match(text, where)
        if plain is None:
            continue
        found.append(_Box(match.start(), plain.end(), plain.group()))
        behind = plain.end()
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
    """Return the text without the macros of boxes inside it."""
    return _BOX.sub("", text) if "\\boxed" in text or "\\fbox" in text else text


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
        contents = list(dict.fromkeys(_clean(b.content).strip() for b in group))
        if any(_CONTROL.search(c) for c in contents):
            return Extraction(None, "control characters in the box")
        if not all(contents):
            return Extraction(None, "an empty box")
        return Extraction(", ".join(contents), "box" if len(contents) == 1 else "boxes")
    return _without_box(text)


def stated_behind_box(response: str) -> str | None:
    """Return the answer that a sentence behind the last box states ("Answer: D"), None where there is none."""
    text = answer_text(response)
    boxes = _boxes(text) if text is not None else None
    if text is None or not boxes:
        return None
    stated = _without_box(text[boxes[-1].end :])
    return stated.text if stated.how == "answer is" else None


def _without_box(text: str) -> Extraction:
    if _CONTROL.search(text[-4000:]):
        return Extraction(None, "control characters")
    markers = _MARKER.findall(text[-20_000:])
    if markers:
        return Extraction(markers[-1].strip().strip("*$ "), "####")
    tail = None
    visible = text[-20_000:]
    for match in _ANCHOR.finditer(visible):
        noun = visible[match.start() : match.start(1)]
        if _OTHER.search(visible[max(0, match.start() - 60) : match.start()]) or _OF_ANOTHER.search(noun):
            continue
        tail = match.group(1)
        while inner := _ANCHOR.search(tail):  # "Final Answer: The final answer is ..."
            tail = inner.group(1)
    if tail is not None and not _NEGATED.match(tail):
        value = _value(tail)
        if value:
            return Extraction(value, "answer is")
    return Extraction(None, "no box and no final answer")


def _value(tail: str) -> str:
    """Return the value in what follows "answer is": a formula, bold text, a number, or the text up to a full stop.

    What stands behind the value in its sentence goes with it as words; only harmless ones are left out.
    """
    tail = tail.strip()
    stop = _STOP.search(tail)
    sentence = tail[: stop.start()] if stop else tail
    if _TAKEN_BACK.search(sentence):
        return ""
    for head in _HEADS:
        match = head.match(tail)
        if match is None:
            continue
        cut = _TAIL.search(tail, match.end())
        rest = tail[match.end() : cut.start() if cut else len(tail)]
        if clause := _CLAUSE.search(rest):
            rest = rest[: clause.start()]
        words = " ".join(re.sub(r"[(),.!*]", " ", rest).split())
        value = match.group(1).strip()
        if not words:
            return value
        if parse_unit(words) is not None:
            return f"{value} \\text{{ {words} }}"
        if re.search(r"\d|\\", value) and harmless(words) and not re.search(r"(?<!\S)\S(?!\S)|[A-Z]", words):
            return value
    cut = _TAIL.search(tail)
    return (tail[: cut.start()] if cut else tail).strip().strip("*").strip()
