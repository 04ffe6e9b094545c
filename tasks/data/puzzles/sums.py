"""Sums of three one-digit numbers: `3 + 4 + 8 =`, with one right answer.

For a small pretrained model: it can add, but seldom at its first try, and it puts words of its own around the number.
The answer is the last number of a response. There is one right answer to each, so nothing is gained by another one: a
check on what is said of puzzles with many.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from tasks.data.puzzles.targets import keyed
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict, VerdictKind

NAME = "sums"
NUMBERS = range(1, 10)
COUNT = 3

_NUMBER = re.compile(r"(?<![0-9.,])[0-9]{1,9}(?![0-9]|[.,][0-9])", re.ASCII)
Numbers = tuple[int, ...]


@lru_cache(maxsize=8)
def _order(seed: int) -> tuple[Numbers, ...]:
    """Return all problems in the order of a hash keyed by `seed`."""
    return keyed(itertools.product(NUMBERS, repeat=COUNT), _id, seed)


def _id(numbers: Numbers) -> str:
    return f"{NAME}/{'-'.join(map(str, numbers))}"


def size() -> int:
    """Return the number of different problems."""
    return 729


def generate(seed: int, index: int) -> Problem:
    """Return problem `index` (below `size()`) of the order keyed by `seed`; over all indices each occurs once."""
    numbers = _order(seed)[index]
    return Problem(
        id=_id(numbers),
        prompt=({"role": "user", "content": f"{' + '.join(map(str, numbers))} ="},),
        verifier=NAME,
        reference={"total": sum(numbers)},
        solutions=1,
    )


def demonstrations(problem: Problem) -> tuple[str, ...]:
    """Return the right answer."""
    return (str(_total(problem.reference)),)


def verify(reference: Mapping[str, Any], text: str) -> Verdict:
    """Judge one response: its last whole number must be the sum; a response without one is `no_answer`."""
    total = _total(reference)
    found = _NUMBER.findall(text)
    if not found:
        return Verdict(0.0, VerdictKind.NO_ANSWER, "no whole number")
    canonical = str(int(found[-1]))
    if canonical != str(total):
        return Verdict(0.0, VerdictKind.WRONG, f"{canonical}, not {total}", canonical)
    return Verdict(1.0, VerdictKind.ACCEPTED, "", canonical)


def _total(reference: Mapping[str, Any]) -> int:
    try:
        return int(reference["total"])
    except KeyError as missing:
        raise VerifierError(
            f"{NAME}: the problem's reference has no {missing}: it was not made by puzzle:{NAME}"
        ) from None
