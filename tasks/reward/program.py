"""Model output -> the program to be graded.

The program is the last ```` ```python ```` (py, python3) block of the answer text (outside <think>...</think>) that
defines the entry point, or else the last one, or else its last block of no language. A block that is never closed
goes to the end of the text: a response cut at the limit is judged as far as it got. Without any block, the text
itself is the program where the problem is to be continued (`prompt_style: completion`); elsewhere there is none.

The problem's own code (`starter_code`) stands before the program: all of it where a completion is not the whole
function, else the part before the entry point (imports, helpers).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tasks.reward.thinking import answer_text

_FENCE = re.compile(r"^([ \t]*)(`{3,}|~{3,})([^\n`]*)$")
_PYTHON = frozenset({"python", "py", "python3", "py3"})


@dataclass(frozen=True, slots=True)
class Extraction:
    """The program of a response.

    `text` is the program, None if there is none; `how` says where it was found, or why it was not.
    """

    text: str | None
    how: str


def extract(response: str, reference: Mapping[str, Any]) -> Extraction:
    """Return the whole program of one response to a code problem. Never raises; linear in the response's length."""
    text = answer_text(response)
    if text is None:
        return Extraction(None, "thinking never ends")
    completion = reference.get("prompt_style") == "completion"
    blocks = _blocks(text)
    candidates = [b for wanted in (_PYTHON, {""}) for b in reversed(blocks) if b.language in wanted]
    entry = reference.get("entry_point") or ""
    defining = [
        b for b in candidates if entry and _definition(entry).search(b.code)
    ]  # a last block may only show how it is used
    chosen = next(iter([*defining, *candidates]), None)
    code = chosen.code if chosen else text if completion else ""
    if not code.strip():
        return Extraction(None, "an empty code block" if chosen else "no code block")
    starter = reference.get("starter_code") or ""
    how = "text" if chosen is None else "block" if chosen.closed else "block that never closes"
    return Extraction(_in_place(code, starter, entry, completion, in_block=chosen is not None), how)


def _definition(entry: str) -> re.Pattern[str]:
    """Return the pattern of the place where a program defines the entry point (of a method: its class)."""
    return re.compile(
        rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(entry.split('.')[0])}\b|^{re.escape(entry)}[ \t]*=[^=]",
        re.MULTILINE,
    )


def _in_place(code: str, starter: str, entry: str, completion: bool, *, in_block: bool) -> str:
    definition = _definition(entry)
    if not starter.strip() or not entry or re.search(r"^from[ \t]+__future__\b", code, re.MULTILINE):
        return code
    if definition.search(code):
        given = definition.search(starter)
        return starter[: given.start()] + code if given else code
    if not completion:
        return code
    # The text goes on where the starter code stops, to the character; a block begins a line of its own.
    return starter.rstrip(" \t\n") + "\n" + code if in_block else starter + code


@dataclass(frozen=True, slots=True)
class _Block:
    language: str  # lower case; "" where none is named
    code: str
    closed: bool


def _blocks(text: str) -> list[_Block]:
    """Return the fenced blocks from top to bottom.

    A fence is a line of its own; it closes with at least as many of the same sign, and no language. Lines lose as
    much indentation as the opening fence has.
    """
    blocks: list[_Block] = []
    opened: re.Match[str] | None = None
    lines: list[str] = []

    def close(closed: bool) -> None:
        assert opened is not None
        words = opened.group(3).strip().strip("{}.").split()
        blocks.append(_Block(words[0].lower() if words else "", "".join(f"{line}\n" for line in lines), closed))
        lines.clear()

    for line in re.split(r"\r\n?|\n", text):
        fence = _FENCE.match(line)
        if opened is None:
            opened = fence
        elif fence and fence.group(2).startswith(opened.group(2)) and not fence.group(3).strip():
            close(True)
            opened = None
        else:
            indent = opened.group(1)
            lines.append(line.removeprefix(indent) if line.strip() else "")
    if opened is not None:
        close(False)
    return blocks
