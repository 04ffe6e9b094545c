"""The puzzles by name; training and held-out problems, and demonstrations, of any of them."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.data.puzzles import countdown, free_order, graph_colouring, sums
from tasks.errors import DataError
from tasks.records import Problem, Verdict


@dataclass(frozen=True, slots=True)
class Puzzle:
    """A puzzle's functions.

    `size()`: indices 0 to size - 1 are all the different problems; None for a sequence without end that may repeat.
    `options`: the settings that its source string may give, with their types.
    """

    generate: Callable[..., Problem]
    demonstrations: Callable[[Problem], Sequence[str]]
    verify: Callable[[Mapping[str, Any], str], Verdict]
    size: Callable[[], int] | None
    options: Mapping[str, type[int] | type[float]]


PUZZLES: Mapping[str, Puzzle] = {
    countdown.NAME: Puzzle(countdown.generate, countdown.demonstrations, countdown.verify, countdown.size, {}),
    free_order.NAME: Puzzle(free_order.generate, free_order.demonstrations, free_order.verify, free_order.size, {}),
    graph_colouring.NAME: Puzzle(
        graph_colouring.generate,
        graph_colouring.demonstrations,
        graph_colouring.verify,
        None,
        {"vertices": int, "edge_probability": float, "colours": int},
    ),
    sums.NAME: Puzzle(sums.generate, sums.demonstrations, sums.verify, sums.size, {}),
}
COUNT = 2000  # training problems of a puzzle without end, unless its source says `count=`
LOOK = 20  # indices looked at for each problem wanted, before a sequence counts as exhausted


def puzzle_of(name: str) -> Puzzle:
    """Return the puzzle called `name`; DataError, with the names that there are, where there is none."""
    if name not in PUZZLES:
        raise DataError(f"puzzle:{name}: no such puzzle; there are {', '.join(PUZZLES)}")
    return PUZZLES[name]


def puzzle_problems(name: str, seed: int, split: str, heldout: int, options: Mapping[str, str]) -> list[Problem]:
    """Return the different problems of `puzzle:name` in the order of their first index.

    The first `heldout` are the split `heldout`, the others the split `train`. `options` come as text, from the source
    string. Raises DataError.
    """
    puzzle = puzzle_of(name)
    if split not in ("train", "heldout"):
        raise DataError(f"puzzle:{name}: no split {split!r}; there are train and heldout")
    types = dict(puzzle.options) if puzzle.size else {**puzzle.options, "count": int}
    values = {key: _value(name, key, text, types) for key, text in options.items()}
    if puzzle.size:
        wanted, indices = puzzle.size(), puzzle.size()
    else:
        wanted = heldout + int(values.pop("count", COUNT))
        indices = LOOK * wanted
    different: dict[str, Problem] = {}
    for index in range(indices):
        if len(different) == wanted:
            break
        problem = puzzle.generate(seed, index, **values)
        different.setdefault(problem.id, problem)
    if len(different) < wanted or len(different) <= heldout:
        raise DataError(
            f"puzzle:{name}: {len(different)} different problems, too few for {heldout} held out and at least 1 to "
            f"train on ({wanted} wanted in all): lower data.heldout or count, or choose larger puzzles"
        )
    bounds = (0, heldout) if split == "heldout" else (heldout, None)
    return list(itertools.islice(different.values(), *bounds))


def demonstrations(problem: Problem) -> Sequence[str]:
    """Return all right answers of a puzzle's problem, each as its token string.

    Of many, each is made when it is asked for. DataError for a problem that is no puzzle's.
    """
    if problem.verifier not in PUZZLES:
        raise DataError(
            f"problem {problem.id}: only puzzles have demonstrations for a warm start, not verifier "
            f"{problem.verifier!r}"
        )
    return PUZZLES[problem.verifier].demonstrations(problem)


def _value(name: str, key: str, text: str, types: Mapping[str, type[int] | type[float]]) -> int | float:
    if key not in types:
        raise DataError(f"puzzle:{name}: no option {key!r}; there are {', '.join(types) or 'none'}")
    try:
        return types[key](text)
    except ValueError:
        raise DataError(f"puzzle:{name}: {key}={text} is not of type {types[key].__name__}") from None
