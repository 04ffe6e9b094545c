r"""The groups of LaTeX text: braces, delimiters around all of it, and infix fractions (a \over b)."""

from __future__ import annotations

import re

_INFIX = re.compile(r"\\(over|choose)(?![A-Za-z])")
_APPLIED = re.compile(r"(?:[\^_}\]]|\\[A-Za-z]+)\s*$")  # in front of an argument, whose braces stay
_BRACES = re.compile(r"\\.|[{}]", re.DOTALL)
_DELIMITERS = (("$$", "$$"), ("$", "$"), ("\\(", "\\)"), ("\\[", "\\]"), ("**", "**"), ("`", "`"))


def close_of(text: str, start: int) -> int:
    """Return the position of the brace that closes the one at `start`, or -1; escaped braces are text."""
    depth, at = 0, start
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 2
            continue
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return at
        at += 1
    return -1


def balanced(text: str) -> bool:
    """Return True if all braces close and every environment that begins ends."""
    if "{" not in text and "}" not in text:
        return True
    plain = text.replace("\\\\", "").replace("\\{", "").replace("\\}", "")
    depth = 0
    for char in plain:
        depth += (char == "{") - (char == "}")
        if depth < 0:
            return False
    return depth == 0 and plain.count("\\begin{") == plain.count("\\end{")


def strip_delimiters(text: str) -> str:
    r"""Return the text without $, \(, \[, ** or ` around all of it, and without punctuation at its end."""
    while True:
        before = text
        text = text.strip()
        for opener, closer in _DELIMITERS if text.startswith(("$", "\\", "*", "`")) else ():
            if (
                len(text) >= len(opener) + len(closer)
                and text.startswith(opener)
                and text.endswith(closer)
                and not text.endswith("\\" + closer)
            ):
                inner = text[len(opener) : -len(closer)]
                if opener not in inner:
                    text = inner
        if text.endswith((".", ",", ";", ":")) and not text.endswith(("\\,", "\\;", "\\:", "...")):
            text = text[:-1]
        if text == before:
            return text


def strip_braces(text: str) -> str:
    """Return the text without braces around all of it."""
    text = text.strip()
    while len(text) > 1:
        if text[0] == "{" and close_of(text, 0) == len(text) - 1:
            text = text[1:-1].strip()
        else:
            return text
    return text


def infixes(text: str) -> str:
    r"""Return the text with \frac{a}{b} for {a \over b}, and \binom{n}{k} for {n \choose k}.

    Without braces the whole text is the group, as in TeX; two in one group are an error there, and stay as they are, as
    do more than twelve, which would take long.
    """
    while 0 < len(found := list(_INFIX.finditer(text))) <= 12:
        last = found[-1]
        begin, end = _group_around(text, last.start(), last.end())
        top, bottom = text[begin + 1 : last.start()], text[last.end() : end]
        if (
            (begin < 0) != (end == len(text))
            or not balanced(top)
            or any(_group_around(text, other.start(), other.end())[0] == begin for other in found[:-1])
        ):
            break
        new = f"\\{'frac' if last.group(1) == 'over' else 'binom'}{{{top.strip()}}}{{{bottom.strip()}}}"
        front = text[: max(begin, 0)]
        text = front + (f"{{{new}}}" if begin >= 0 and _APPLIED.search(front) else new) + text[end + 1 :]
    return text


def _group_around(text: str, left: int, right: int) -> tuple[int, int]:
    """Return the places of the braces around text[left:right]: -1 and the length of the text where there are none."""
    braces = [(m.start(), m.group()) for m in _BRACES.finditer(text) if len(m.group()) == 1]
    depth, begin = 0, -1
    for at, brace in reversed([b for b in braces if b[0] < left]):
        depth += (brace == "}") - (brace == "{")
        if depth < 0:
            begin = at
            break
    depth = 0
    for at, brace in (b for b in braces if b[0] >= right):
        depth += (brace == "{") - (brace == "}")
        if depth < 0:
            return begin, at
    return begin, len(text)
