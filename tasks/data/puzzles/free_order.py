"""Free order: reach a target with five numbers, joining any two of the values at hand, and write down what is left.

A problem is five numbers of 2-9 and a target. An answer to `3 4 6 8 9 = 17` is

    4 + 3 = 7 : 6 8 9 , 7 - 6 = 1 : 8 9 , 8 * 1 = 8 : 9 , 9 + 8 = 17

Four steps `left operator right = result` (+, - or *) take two of the values at hand each and put the result back; all
but the last name, between `:` and `,`, the other values at hand in ascending order. The left operand is not the
smaller one, every result is right and within 1-99, the last one is the target. Two answers are the same only if their
tokens are.

Why this form. Every answer has 32 tokens, and they differ in kind: operands and operators are choices (of 3,300
chains that five numbers allow on average, one in 38 is right), results are arithmetic, signs and the other values
follow from what stands before. T_low, the 7 least likely of 33 tokens with the end, is nearly all operands and
operators (94 % after a warm start); a mean over all tokens is mostly of forced ones. The order is free: a problem has
64 to 438 right answers (median 101), with 13 different first steps and as many last ones. The written state makes a
step depend on the one before alone, which two layers can learn. With the larger operand left (a + b is b + a), and no
0 (which anything may be joined to), what is counted as different is a different path.

Answers are counted by dynamic programming over the values at hand (15,000 pools in all, half a second) and never
listed.

The problems are all pairs (numbers in ascending order, target 1-80) with at least 64 answers: 12,572. Of those with
48 to 63 answers a tiny policy's warm start gets 4 % right, of the others 9 %.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, overload

from tasks.data.puzzles.targets import identifier, keyed, numbers_and_target, problem
from tasks.records import Problem, Verdict, VerdictKind

NAME = "free_order"
NUMBERS = range(2, 10)  # no 1: a step `5 * 1 = 5` decides nothing
COUNT = 5
RESULTS = range(1, 100)
TARGETS = range(1, 81)
LEAST_SOLUTIONS = 64

Pool = tuple[int, ...]  # the values at hand, ascending


def _form() -> re.Pattern[str]:
    """Return the form of an answer, words joined by one space."""
    number = "(?:0|[1-9][0-9]?)"
    others = (f" :{f' {number}' * count}" if count else "" for count in range(COUNT - 2, -1, -1))
    return re.compile(" , ".join(f"{number} [-+*] {number} = {number}{each}" for each in others), re.ASCII)


_FORM = _form()


class Join(NamedTuple):
    """The text of one step, and the pool after it."""

    text: str
    pool: Pool


def join(left: int, operator: str, right: int) -> int | None:
    """Return `left operator right` if it lies within 1-99, else None (an unknown operator included)."""
    if operator == "+":
        result = left + right
    elif operator == "-":
        result = left - right
    elif operator == "*":
        result = left * right
    else:
        return None
    return result if result in RESULTS else None


def steps(pool: Pool) -> Iterator[Join]:
    """Yield every step that `pool` allows, each once: equal values give the same tokens."""
    pairs = {
        (pool[j], pool[i]): pool[:i] + pool[i + 1 : j] + pool[j + 1 :]
        for i, j in itertools.combinations(range(len(pool)), 2)
    }
    for (left, right), rest in pairs.items():
        for operator in "+-*":
            result = join(left, operator, right)
            if result is not None:
                text = f"{left} {operator} {right} = {result}"
                yield Join(f"{text} : {' '.join(map(str, rest))} ," if rest else text, tuple(sorted((*rest, result))))


@cache
def counts(pool: Pool) -> Mapping[int, int]:
    """Return the number of chains of steps from `pool` to each last value. From all problems: 15,023 pools."""
    assert pool == tuple(sorted(pool)), pool
    if len(pool) == 1:
        return {pool[0]: 1}
    total: dict[int, int] = {}
    for step in steps(pool):
        for target, number in counts(step.pool).items():
            total[target] = total.get(target, 0) + number
    return total


class Answers(Sequence[str]):
    """All right answers of a problem, in the order of `steps`; each is made when it is asked for."""

    def __init__(self, numbers: Pool, target: int) -> None:
        self._numbers, self._target = numbers, target

    def __len__(self) -> int:
        return counts(self._numbers).get(self._target, 0)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if isinstance(place, slice):
            return [self._at(each) for each in range(len(self))[place]]
        return self._at(range(len(self))[place])

    def _at(self, place: int) -> str:
        """Return the answer at `place`: go down to its chain, past as many chains as each step left out begins."""
        pool, texts = self._numbers, []
        while len(pool) > 1:
            for step in steps(pool):
                number = counts(step.pool).get(self._target, 0)
                if place < number:
                    break
                place -= number
            texts.append(step.text)
            pool = step.pool
        return " ".join(texts)


@cache
def _pairs() -> tuple[tuple[Pool, int], ...]:
    """Return all problems in ascending order."""
    return tuple(
        (numbers, target)
        for numbers in itertools.combinations_with_replacement(NUMBERS, COUNT)
        for target in TARGETS
        if counts(numbers).get(target, 0) >= LEAST_SOLUTIONS
    )


@lru_cache(maxsize=8)
def _order(seed: int) -> tuple[tuple[Pool, int], ...]:
    """Return all problems in the order of a hash keyed by `seed`."""
    return keyed(_pairs(), lambda pair: identifier(NAME, *pair), seed)


def size() -> int:
    """Return the number of different problems."""
    return len(_pairs())


def generate(seed: int, index: int) -> Problem:
    """Return problem `index` (below `size()`) of the order keyed by `seed`; over all indices each occurs once."""
    numbers, target = _order(seed)[index]
    return problem(NAME, numbers, target, solutions=counts(numbers)[target])


def demonstrations(problem: Problem) -> Answers:
    """Return all right answers of `problem`, each as its token string."""
    return Answers(*_numbers_and_target(problem.reference))


def verify(reference: Mapping[str, Any], text: str) -> Verdict:
    """Judge one answer exactly.

    An answer without the form of a chain is `no_answer`; the canonical answer is its tokens.
    """
    pool, target = _numbers_and_target(reference)
    canonical = " ".join(text.split())
    if not _FORM.fullmatch(canonical):
        return Verdict(0.0, VerdictKind.NO_ANSWER, f"not a chain of {COUNT - 1} steps")
    for step in canonical.split(" , "):
        joined, _, others = step.partition(" : ")
        fault, pool = _take(joined, others, pool)
        if fault:
            return Verdict(0.0, VerdictKind.WRONG, fault, canonical)
    if pool != (target,):
        return Verdict(0.0, VerdictKind.WRONG, f"reaches {pool[0]}, wanted {target}", canonical)
    return Verdict(1.0, VerdictKind.ACCEPTED, "", canonical)


def _take(joined: str, others: str, pool: Pool) -> tuple[str, Pool]:
    """Return the fault of one written step ("" where it is right), and the pool after it."""
    left, operator, right, _, result = joined.split()
    rest = list(pool)
    for operand in (int(left), int(right)):
        if operand not in rest:
            return f"{joined}: {operand} is not at hand, {list(pool)} are", pool
        rest.remove(operand)
    if int(left) < int(right):
        return f"{joined}: the larger operand stands left", pool
    if join(int(left), operator, int(right)) != int(result):
        return f"{left} {operator} {right} is not {result}", pool
    if [int(other) for other in others.split()] != rest:
        return f"{joined} : {others}: the others at hand are {rest}", pool
    return "", tuple(sorted((*rest, int(result))))


def _numbers_and_target(reference: Mapping[str, Any]) -> tuple[Pool, int]:
    numbers, target = numbers_and_target(NAME, reference)
    return tuple(sorted(numbers)), target
