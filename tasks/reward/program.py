"""Model output -> the program to be graded.

The program is the last ```` ```python ```` (py, python3) block of the answer text (outside of thinking) that defines
the entry point, or else the last one, or else its last block of no language. A block that is never closed goes to the
end of the text: a response cut at the limit is judged as far as it got. A fence that closes a block which the prompt
has opened ends the program that the text begins with. Without any block, the text itself is the program where the
problem is to be continued (`prompt_style: completion`); elsewhere there is none.

The problem's own code (`starter_code`) stands before the program: all of it where a completion is not the whole
function, else the part before the entry point (imports, helpers).
"""

from __future__ import annotations

import ast
import re
import textwrap
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tasks.reward.canonical import LONGEST
from tasks.reward.fences import Block, scan, tags_masked, unmasked
from tasks.reward.thinking import answer_text

_FENCE = re.compile(r"```|~~~")
_INDENTED = re.compile(r"\s*\n?[ \t]+\S")
_TAG = re.compile(r"[<\[][^<>\[\]\s]{0,30}(?:think|thought|reason)[^<>\[\]\s]{0,30}[>\]]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ExtractedProgram:
    """The program of a response.

    `text` is the program, None if there is none; `how` says where it was found, or why it was not.
    """

    text: str | None
    how: str


def extract(response: str, reference: Mapping[str, Any]) -> ExtractedProgram:
    """Return the whole program of one response to a code problem. Never raises; linear in the response's length."""
    text = _answer(response)
    if text is None:
        return ExtractedProgram(None, "thinking never ends")
    completion = reference.get("prompt_style") == "completion"
    entry = reference.get("entry_point") or ""
    chosen = _chosen(text, entry, completion)
    code = chosen.code if chosen else text if completion else ""
    if not code.strip():
        return ExtractedProgram(None, "an empty code block" if chosen else "no code block")
    starter = reference.get("starter_code") or ""
    how = "text" if chosen is None else "block" if chosen.closed else "block that never closes"
    in_block = chosen is not None and chosen.opened
    return ExtractedProgram(_in_place(code, starter, entry, completion, in_block=in_block), how)


def _answer(response: str) -> str | None:
    """Return the response without its thinking. A tag in a string of a block's program is no tag."""
    if not _has_tags_in_texts(response):
        return answer_text(response)
    text = answer_text(tags_masked(response))
    return None if text is None else unmasked(text)


def _has_tags_in_texts(response: str) -> bool:
    """Return whether a tag behind a fence may stand in a string or comment: most stand on a line of their own."""
    fence = _FENCE.search(response)
    tags = [] if fence is None else list(_TAG.finditer(response, fence.start()))
    if fence is None or not tags:
        return False
    if any(quotes in response[fence.start() : tags[-1].start()] for quotes in ("'''", '"""')):
        return True
    lines = {response.rfind("\n", 0, tag.start()) + 1: tag.start() for tag in tags}  # up to the last tag of each
    return any(sign in response[start:end] for start, end in lines.items() for sign in "'\"#")


def _chosen(text: str, entry: str, completion: bool) -> Block | None:
    found = scan(text)
    blocks = found.blocks
    if found.alone and _is_program(found.before, entry, completion):
        blocks = [Block("python", found.before, closed=True, opened=False), *scan(found.after).blocks]
    if not completion or entry:
        blocks = [replace(b, code=_dedented(b.code, entry if completion else "")) for b in blocks]
    candidates = [b for wanted in ("python", "") for b in reversed(blocks) if b.language == wanted]
    # A last block may only show how the program is used.
    defining = [b for b in candidates if entry and _definition(entry).search(b.code)]
    return next(iter([*defining, *candidates]), None)


def _dedented(code: str, entry: str) -> str:
    """Return a program that is indented as a whole without that; with `entry`, only where it defines that."""
    if _INDENTED.match(code) is None:
        return code
    plain = textwrap.dedent(code)
    return plain if not entry or _definition(entry).search(plain) else code


def _is_program(text: str, entry: str, completion: bool) -> bool:
    """Return whether a text is Python that does something, and defines the entry point where it has to."""
    if len(text) > LONGEST or (entry and not completion and not _definition(entry).search(text)):
        return False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python will refuse some day
            body = ast.parse(textwrap.dedent(text)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(
        not isinstance(s, ast.Expr | ast.AnnAssign) or isinstance(getattr(s, "value", None), ast.Call) for s in body
    )


def _definition(entry: str) -> re.Pattern[str]:
    """Return the pattern of the place where a program defines the entry point (of a method: its class)."""
    return re.compile(
        rf"^(?:(?:async[ \t]+)?def|class)[ \t]+{re.escape(entry.split('.')[0])}\b"
        rf"|^{re.escape(entry)}[ \t]*(?::[^=\n]+)?=[^=]",
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
