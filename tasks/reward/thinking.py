"""Thinking in a response: the tags that hold it, and the text that is left as the answer.

A thought is opened by its tag, in the response or at the end of the prompt (a chat template that ends with `<think>`),
and ends with the closing tag of the same pair: what stands between, tags of other pairs included, is no answer.
"""

from __future__ import annotations

import re

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
_PAIR_OF = {tag: pair for pair in PAIRS for tag in pair}
_TAG = re.compile("|".join(re.escape(tag) for tag in _PAIR_OF))
_OPEN_AT_END = re.compile(rf"({'|'.join(re.escape(opening) for opening, _ in PAIRS)})\s*\Z")


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
    for match in _TAG.finditer(text):
        opening, _ = _PAIR_OF[match.group()]
        if match.group() == opening:
            opened = opened or opening
        elif opened in ("", opening):
            opened, end = "", match.end()
    return opened, end
