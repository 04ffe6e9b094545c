"""Thinking in a response: the tags that hold it, and the text that is left as the answer.

A thought is opened by its tag, in the response or at the end of the prompt (a chat template that ends with `<think>`),
and ends with the closing tag of the same pair: what stands between, tags of other pairs included, is no answer. In
tags that are text (`<think>`) capitals do not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

_WORDS = ("think", "thinking", "thought", "thoughts", "reasoning", "reflection", "analysis", "scratchpad")

#: Opening and closing tags. Those between < and > are mostly text, the others mostly special tokens of one family.
PAIRS: tuple[tuple[str, str], ...] = (
    *((f"<{word}>", f"</{word}>") for word in (*_WORDS, "THINK", "seed:think", "longcat_think")),
    ("[THINK]", "[/THINK]"),  # Magistral, Ministral
    ("◁think▷", "◁/think▷"),  # Kimi
    ("<|think|>", "<|/think|>"),
    ("<|thinking|>", "<|/thinking|>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),  # OpenThinker
    ("<|START_THINKING|>", "<|END_THINKING|>"),  # Command A
    ("<|inner_prefix|>", "<|inner_suffix|>"),  # Apertus
    ("<|channel>thought", "<channel|>"),  # Gemma 4
    ("<|channel|>analysis<|message|>", "<|channel|>final<|message|>"),  # gpt-oss
)


def _folded(tag: str) -> str:
    """Return the tag in lower case if it is text, a special token as it is."""
    return tag.lower() if re.fullmatch(r"</?[\w:]+>", tag) else tag


def _pattern(tags: Iterable[str]) -> str:
    return "|".join(
        rf"<(?i:{re.escape(tag[1:])})" if _folded(tag.upper()) != tag.upper() else re.escape(tag) for tag in tags
    )


_PAIR_OF = {_folded(tag): (_folded(pair[0]), _folded(pair[1])) for pair in PAIRS for tag in pair}
#: The tags by their first character: search for one character in front is much faster than for any of several.
_TAGS = {
    first: re.compile(_pattern(tag for tag in _PAIR_OF if tag[0] == first))
    for first in dict.fromkeys(tag[0] for tag in _PAIR_OF)
}
_OPEN_AT_END = re.compile(rf"({_pattern(opening for opening, _ in _PAIR_OF.values())})\s*\Z")


def answer_text(response: str) -> str | None:
    """Return what follows the last thought of a response; None where a thought begins and does not end.

    A closing tag that nothing opened ends a thought that began before the response.
    """
    opened, begin = _scan(response)
    return None if opened else response[begin:]


def open_thought(turn: str) -> str:
    """Return the tag of the thought that the beginning of an assistant's turn leaves open; "" where none is."""
    return _scan(turn)[0]


def thought_opened_at_end(prompt: str) -> str:
    """Return the opening tag that a prompt ends with, but for white space; "" where there is none.

    For raw prompts, in which a tag may also stand in the words of the question.
    """
    found = _OPEN_AT_END.search(prompt)
    return found.group(1) if found else ""


def _scan(text: str) -> tuple[str, int]:
    """Return the opening tag of the thought that is open at the end ("" for none), and the end of the last thought."""
    opened, end = "", 0
    found = [match for first, tags in _TAGS.items() if first in text for match in tags.finditer(text)]
    for match in sorted(found, key=re.Match.start):
        tag = match.group()
        opening, _ = _PAIR_OF[_folded(tag)]
        if _folded(tag) == opening:
            opened = opened or tag
        elif opened == "" or _folded(opened) == opening:
            opened, end = "", match.end()
    return opened, end
