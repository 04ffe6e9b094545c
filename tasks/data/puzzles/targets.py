"""Puzzles with given numbers and a target: how a problem is named, written and read back, and the order of a seed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from tasks.errors import VerifierError
from tasks.records import Problem

T = TypeVar("T")


def keyed(items: Iterable[T], identifier: Callable[[T], str], seed: int) -> tuple[T, ...]:
    """Return `items` in the order of a hash keyed by `seed`: the same whatever library draws random numbers."""
    return tuple(sorted(items, key=lambda item: hashlib.sha256(f"{seed}/{identifier(item)}".encode()).digest()))


def identifier(puzzle: str, numbers: Sequence[int], target: int) -> str:
    """Return the id of a problem."""
    return f"{puzzle}/{'-'.join(map(str, numbers))}/{target}"


def problem(puzzle: str, numbers: Sequence[int], target: int, solutions: int) -> Problem:
    """Return a problem: `2 3 4 9 = 42` for the policy, the numbers and the target for the verifier."""
    return Problem(
        id=identifier(puzzle, numbers, target),
        prompt=({"role": "user", "content": f"{' '.join(map(str, numbers))} = {target}"},),
        verifier=puzzle,
        reference={"numbers": list(numbers), "target": target},
        solutions=solutions,
    )


def numbers_and_target(puzzle: str, reference: Mapping[str, Any]) -> tuple[list[int], int]:
    """Return the numbers and the target of a reference. VerifierError where it is not such a puzzle's."""
    try:
        numbers, target = reference["numbers"], reference["target"]
    except KeyError as missing:
        raise VerifierError(
            f"{puzzle}: the problem's reference has no {missing}: it was not made by puzzle:{puzzle}"
        ) from None
    return list(numbers), int(target)
