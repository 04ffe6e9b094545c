"""Chain countdown: reach a target with four numbers, one step after another.

A problem is four numbers of 1-9 and a target. An answer is ten space-separated tokens, `n op n r`, then `op n r`
twice: the running result r is the left operand of the next step. `2 3 4 9 = 42` has four answers, one is `2 * 9 18 -
4 14 * 3 42`. Every r must be right (division exact) and lie within 0-99; each given number is used exactly once; the
last r is the target. Two answers are the same only if their tokens are.

The problems are all pairs (four numbers in ascending order, target 1-80) with at least two answers: 16,870, of which
200 held out leave 16,670 to train on. (With targets 0-99 they are 18,791; the range gives the number that the recipe
was tuned with.)
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any

from tasks.data.puzzles.targets import identifier, keyed, numbers_and_target, problem
from tasks.records import Problem, Verdict, VerdictKind

NAME = "countdown"
NUMBERS = range(1, 10)
COUNT = 4
RESULTS = range(0, 100)
TARGETS = range(1, 81)
LEAST_SOLUTIONS = 2

_NUMBER = re.compile(r"0|[1-9][0-9]?", re.ASCII)
Numbers = tuple[int, ...]


def step(left: int, operator: str, right: int) -> int | None:
    """Return `left operator right` if it is a whole number within 0-99, else None (an unknown operator included)."""
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    elif operator == "/" and right != 0 and left % right == 0:
        result = left // right
    else:
        return None
    return result if result in RESULTS else None


@cache
def answers(numbers: Numbers) -> Mapping[int, tuple[str, ...]]:
    """Return every right answer that uses `numbers` (ascending), by the target that it reaches.

    Exact enumeration, about 1 ms.
    """
    assert numbers == tuple(sorted(numbers)), numbers
    found: dict[int, list[str]] = {}

    def extend(text: str, result: int, rest: Numbers) -> None:
        if not rest:
            found.setdefault(result, []).append(text)
            return
        for i, number in enumerate(rest):
            if i and rest[i - 1] == number:
                continue  # equal numbers give the same tokens
            for operator in "+-*/":
                value = step(result, operator, number)
                if value is not None:
                    extend(f"{text} {operator} {number} {value}", value, rest[:i] + rest[i + 1 :])

    for i, number in enumerate(numbers):
        if not (i and numbers[i - 1] == number):
            extend(str(number), number, numbers[:i] + numbers[i + 1 :])
    return {target: tuple(texts) for target, texts in found.items()}


@cache
def _pairs() -> tuple[tuple[Numbers, int], ...]:
    """Return all problems in ascending order."""
    return tuple(
        (numbers, target)
        for numbers in itertools.combinations_with_replacement(NUMBERS, COUNT)
        for target, texts in sorted(answers(numbers).items())
        if target in TARGETS and len(texts) >= LEAST_SOLUTIONS
    )


@lru_cache(maxsize=8)
def _order(seed: int) -> tuple[tuple[Numbers, int], ...]:
    """Return all problems in the order of a hash keyed by `seed`."""
    return keyed(_pairs(), lambda pair: identifier(NAME, *pair), seed)


def size() -> int:
    """Return the number of different problems."""
    return len(_pairs())


def generate(seed: int, index: int) -> Problem:
    """Return problem `index` (below `size()`) of the order keyed by `seed`; over all indices each occurs once."""
    numbers, target = _order(seed)[index]
    return problem(NAME, numbers, target, solutions=len(answers(numbers)[target]))


def demonstrations(problem: Problem) -> tuple[str, ...]:
    """Return all right answers of `problem`, each as its token string."""
    numbers, target = numbers_and_target(NAME, problem.reference)
    return answers(tuple(sorted(numbers))).get(target, ())


def verify(reference: Mapping[str, Any], text: str) -> Verdict:
    """Judge one answer exactly.

    An answer without the form of a chain is `no_answer`; the canonical answer is its tokens.
    """
    numbers, target = numbers_and_target(NAME, reference)
    tokens = text.split()
    if not _well_formed(tokens):
        return Verdict(0.0, VerdictKind.NO_ANSWER, f"not a chain of {COUNT - 1} steps")
    canonical = " ".join(tokens)
    result = int(tokens[0])
    used = [result]
    for operator, right, stated in zip(tokens[1::3], tokens[2::3], tokens[3::3], strict=True):
        value = step(result, operator, int(right))
        if value is None or value != int(stated):
            return Verdict(0.0, VerdictKind.WRONG, f"{result} {operator} {right} is not {stated}", canonical)
        result = value
        used.append(int(right))
    if sorted(used) != sorted(numbers):
        return Verdict(0.0, VerdictKind.WRONG, f"uses {sorted(used)}, given {sorted(numbers)}", canonical)
    if result != target:
        return Verdict(0.0, VerdictKind.WRONG, f"reaches {result}, wanted {target}", canonical)
    return Verdict(1.0, VerdictKind.ACCEPTED, "", canonical)


def _well_formed(tokens: list[str]) -> bool:
    if len(tokens) != 1 + 3 * (COUNT - 1):
        return False
    return all(
        token in ("+", "-", "*", "/") if place % 3 == 1 else _NUMBER.fullmatch(token) is not None
        for place, token in enumerate(tokens)
    )
