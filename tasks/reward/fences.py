"""The fenced code blocks of a response, as models write them.

A fence is a line of three or more backticks or tildes; what opens a block may name a language. Beyond Markdown:

- a block of Python may open at the end of a line of prose, and close at the end of a line of code;
- a fence in a text of the program (a docstring with an example) closes nothing;
- a fence that names a language ends a block that was never closed;
- a block in a quotation (`> `) loses the marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^((?:[ \t]*+>)*+[ \t]*+)(`{3,}+|~{3,}+)([^\n`]*+)$")
_AFTER_PROSE = re.compile(r"(`{3,}+)[ \t]*+((?:python|py)[0-9.]*+)[ \t]*+", re.IGNORECASE)
_PYTHON = re.compile(r"i?python[0-9.]*|py[0-9.]*")
_LANGUAGE = re.compile(r"[^\s:,{(=]*")
_LINES = re.compile(r"\r\n?|\n")
_QUOTE = re.compile(r"'''|\"\"\"|'|\"|#")
_TRIPLE = ("'''", '"""')
_REST_OF_TEXT = {quote: re.compile(rf"(?:\\.|(?!{quote}).)*({quote})?", re.DOTALL) for quote in ("'", '"', *_TRIPLE)}
#: What stands for the beginning of a tag in a text of a program, and back; no program holds these characters.
_MASK = {ord("<"): "\x00", ord("["): "\x01"}
_UNMASK = {0: "<", 1: "["}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block.

    language: lower case, "python" for all its names, "" where none is named. opened: whether its first fence is there.
    """

    language: str
    code: str
    closed: bool
    opened: bool = True


@dataclass(frozen=True, slots=True)
class _Opening:
    prefix: str  # what stands before the fence: indentation, marks of a quotation
    fence: str
    language: str

    @property
    def may_be_python(self) -> bool:
        return self.language in ("python", "")


@dataclass(slots=True)
class Scan:
    """The blocks of a text, with what is needed to read it in another way.

    before, after: the text before the first fence, and behind its line. alone: the first fence names no language, and
    one like it closes nothing: so the first may close a block that the prompt has opened.
    """

    blocks: list[Block]
    before: str = ""
    after: str = ""
    alone: bool = False


def scan(text: str) -> Scan:
    """Return the fenced blocks of a text from top to bottom. Linear in its length."""
    lines = _LINES.split(text)
    found = Scan([])
    aware, at = True, 0
    while at < len(lines):
        opening = _opening(lines[at])
        if opening is None:
            at += 1
            continue
        if not found.blocks:
            found.before, found.after = "\n".join(lines[:at]), "\n".join(lines[at + 1 :])
        ended = _ended(lines, at + 1, opening, aware)
        if ended is None:  # a text of the program never ends: what looks like one may be none
            aware = False
            ended = _ended(lines, at + 1, opening, aware)
            assert ended is not None
        code, at, closed = ended
        found.blocks.append(Block(opening.language, code, closed))
        found.alone |= not (found.blocks[0].language or opening.language or closed)
    return found


def tags_masked(text: str) -> str:
    """Return the text with what could be a tag in a string of a block's program masked; `unmasked` restores it.

    In comments, too, where a fence closes the block: else a heading (`# Answer`) would be one.
    """
    if "\x00" in text or "\x01" in text:
        return text
    lines, kept, at = _LINES.split(text), list[str](), 0
    while at < len(lines):
        opening = _opening(lines[at])
        kept.append(lines[at])
        at += 1
        if opening is None or not opening.may_be_python:
            continue
        ended = _ended(lines, at, opening, True)
        if ended is None:  # a string lasts to the end: what looks like one may be none
            return "\n".join([*kept, *lines[at:]])
        kept += _masked(lines[at : ended[1]], ("string", "comment") if ended[2] else ("string",))
        at = ended[1]
    return "\n".join(kept)


def unmasked(text: str) -> str:
    """Return a part of what `tags_masked` returned as it was."""
    return text.translate(_UNMASK)


def _masked(lines: list[str], kinds: tuple[str, ...]) -> list[str]:
    state: str | None = None
    out = []
    for line in lines:
        if state is None and not ("<" in line or "[" in line or any(quotes in line for quotes in _TRIPLE)):
            out.append(line)
            continue
        text, at = "", 0
        pieces = list(_pieces(line, state))
        for kind, end, _ in pieces:
            text += line[at:end].translate(_MASK) if kind in kinds else line[at:end]
            at = end
        out.append(text)
        state = pieces[-1][2]
    return out


def _opening(line: str) -> _Opening | None:
    if "`" not in line and "~" not in line:
        return None
    fence = _FENCE.match(line)
    if fence is not None:
        return _Opening(fence.group(1), fence.group(2), _language(fence.group(3)))
    behind = _AFTER_PROSE.fullmatch(line, line.find("```")) if "```" in line else None
    return _Opening("", behind.group(1), "python") if behind is not None else None


def _language(info: str) -> str:
    found = _LANGUAGE.match(info.strip().strip("{}.").lower())
    language = found.group() if found is not None else ""
    return "python" if _PYTHON.fullmatch(language) else language


def _ended(lines: list[str], start: int, opening: _Opening, aware: bool) -> tuple[str, int, bool] | None:
    """Return the code of a block, the number of the line behind it, and whether a fence closed it.

    None where `aware` of texts of the program, one of them lasts to the end of the response.
    """
    kept: list[str] = []
    state: str | None = None
    for at in range(start, len(lines)):
        line = lines[at]
        if opening.fence[:3] in line and state is None:
            fence = _FENCE.match(line)
            if fence is not None and fence.group(2).startswith(opening.fence):
                if not fence.group(3).strip():
                    return _joined(kept), at + 1, True
                language = _language(fence.group(3))
                if language == "python" or (language and opening.may_be_python):
                    return _joined(kept), at, False
            elif opening.may_be_python and opening.fence[0] == "`" and _ends_in(line.rstrip(), opening.fence):
                kept.append(_without(opening.prefix, line.rstrip().rstrip("`")))
                return _joined(kept), at + 1, True
        if aware and opening.may_be_python and (state is not None or any(quote in line for quote in _TRIPLE)):
            *_, (_, _, state) = _pieces(line, state)
        kept.append(_without(opening.prefix, line))
    return None if state is not None else (_joined(kept), len(lines), False)


def _ends_in(line: str, fence: str) -> bool:
    """Return whether a line of code ends in a fence that is no part of a string or comment."""
    *_, (kind, _, _) = _pieces(line, None)
    return kind == "code" and line.endswith(fence)


def _pieces(line: str, state: str | None) -> Iterator[tuple[str, int, str | None]]:
    """Yield the parts of a line: code, string, comment or other, its end, and the quotes that are open there.

    `state`: the quotes open at the line's beginning. A string that does not end in its line, as it must, is "other":
    what is no program after all has apostrophes, too.
    """
    at = 0
    while True:
        if state is None:
            found = _QUOTE.search(line, at)
            if found is None:
                yield "code", len(line), None
                return
            yield "code", found.start(), None
            if found.group() == "#":
                yield "comment", len(line), None
                return
            state, at = found.group(), found.end()
        rest = _REST_OF_TEXT[state].match(line, at)
        if rest is None or rest.group(1) is None:
            yield "string" if state in _TRIPLE else "other", len(line), state if state in _TRIPLE else None
            return
        at, state = rest.end(), None
        yield "string", at, None


def _without(prefix: str, line: str) -> str:
    if not line.strip():
        return ""
    if line.startswith(prefix) or ">" not in prefix:
        return line.removeprefix(prefix)
    return line.removeprefix(prefix.rstrip())


def _joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
