r"""The term `format`: 1 for a response in the wanted format, else 0.

A user's expression runs by the module `regex`, which can be stopped; Python's own `re` cannot.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

import regex

from specs.rewards import Format
from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tasks.reward.math.extract import extract
from tasks.reward.terms.base import ResponseGroup, TermScore
from tasks.reward.terms.built_in import BuiltInTerm

#: Raise it too when `extract` finds other boxes.
VERSION = 1
#: Seconds of CPU time of this process for a response. A match of 40,000 characters takes milliseconds, unless it
#: backtracks without end.
DEADLINE_S = 1.0
#: With so many responses of a call that reached the deadline, the expression is at fault: the run stops.
MAX_LATE = 60

_TAGS = ("<think>", "</think>", "<answer>", "</answer>")
_THINK_ANSWER = re.compile(r"\s*<think>(.*)</think>\s*<answer>(.*)</answer>\s*", re.DOTALL)


def is_think_answer(text: str) -> bool:
    """Return whether a text is <think>...</think> <answer>...</answer>, the format of DeepSeek-R1 (arXiv 2501.12948).

    Each tag stands there once, both parts hold something, and nothing but white space stands outside. open-r1's
    `format_reward` wants line breaks inside the tags besides, and lets tags be repeated; TRL's `think_format_reward`
    asks for the thought alone.
    """
    if any(text.count(tag) != 1 for tag in _TAGS):
        return False
    found = _THINK_ANSWER.fullmatch(text)
    return found is not None and all(part.strip() for part in found.groups())


def is_boxed(text: str) -> bool:
    r"""Return whether verifiers find an answer in a \boxed{} of the text: closed, in no thought, not denied."""
    return extract(text).how in ("box", "boxes")


def matches(pattern: str, text: str, deadline_s: float) -> bool:
    """Return whether the whole text matches a user's expression, dot matching newlines.

    Raise TimeoutError after `deadline_s` seconds of this process's CPU time. The syntax is that of the module `regex`,
    version 0: Python's, and more.
    """
    return regex.compile(pattern, regex.DOTALL | regex.VERSION0).fullmatch(text, timeout=deadline_s) is not None


FORMATS: Mapping[str, Callable[[str], bool]] = {"think_answer": is_think_answer, "boxed": is_boxed}


class FormatTerm(BuiltInTerm[Format]):
    """1 for a response in the wanted format, else 0; no value where the user's expression reached its deadline."""

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return the value of each response. VerifierError for an expression that keeps reaching the deadline."""
        pattern = self.settings.pattern
        if pattern in FORMATS:
            return [[TermScore(float(FORMATS[pattern](text))) for text in group.texts] for group in groups]
        found, late = list[list[TermScore]](), 0
        for group in groups:
            scores = []
            for text in group.texts:
                score = _by_expression(pattern, text)
                late += score.failure is not None
                if late == MAX_LATE:
                    raise VerifierError(
                        f"reward.terms: format: pattern {pattern!r} took more than {DEADLINE_S:g} s on {late} "
                        "responses: it tries one text in too many ways; put no repetition in another, or a possessive "
                        "one (a++)"
                    )
                scores.append(score)
            found.append(scores)
        return found


def _by_expression(pattern: str, text: str) -> TermScore:
    try:
        return TermScore(float(matches(pattern, text, DEADLINE_S)))
    except TimeoutError:
        return TermScore(None, VerdictKind.TIME_LIMIT, f"the pattern took more than {DEADLINE_S:g} s")


TERM = FormatTerm
