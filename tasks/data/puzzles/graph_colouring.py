"""Graph colouring: one colour per vertex, no edge between equal colours.

A problem is a graph whose every edge was drawn with the same probability, e.g. `5 : 0 1 , 0 3 , 2 4` (vertices, then
edges), and a number of colours. An answer is one colour per vertex, `0 1 2 1 0`; a JSON map of vertices to colours
(reasoning-gym's form, `{"0": 1, "1": 2}`) is accepted too and means the same answer. Every proper colouring is right;
their number is exact.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import combinations
from typing import Any

from tasks.data.seeds import derive_seed
from tasks.errors import DataError, VerifierError
from tasks.records import Problem, Verdict, VerdictKind

NAME = "graph_colouring"
MOST_VERTICES = 12  # all colourings of a connected graph are walked through: at most 3 * 2**11 of them with 3 colours
ATTEMPTS = 1000

_COLOUR = re.compile(r"0|[1-9][0-9]?", re.ASCII)
Edges = Sequence[Sequence[int]]


def colourings(vertices: int, edges: Edges, colours: Sequence[int]) -> Iterator[tuple[int, ...]]:
    """Yield every proper colouring, in lexicographic order of the positions in `colours`."""
    earlier: list[list[int]] = [[] for _ in range(vertices)]
    for a, b in edges:
        earlier[max(a, b)].append(min(a, b))
    chosen: list[int] = []

    def extend() -> Iterator[tuple[int, ...]]:
        if len(chosen) == vertices:
            yield tuple(chosen)
            return
        taken = {chosen[v] for v in earlier[len(chosen)]}
        for colour in colours:
            if colour not in taken:
                chosen.append(colour)
                yield from extend()
                chosen.pop()

    yield from extend()


def count_colourings(vertices: int, edges: Edges, colours: int) -> int:
    """Return the number of proper colourings: the product over connected components of each one's count."""
    total = 1
    for component in _components(vertices, edges):
        place = {vertex: i for i, vertex in enumerate(component)}
        inside = [(place[a], place[b]) for a, b in edges if a in place]
        total *= sum(1 for _ in colourings(len(component), inside, range(colours)))
    return total


def _components(vertices: int, edges: Edges) -> list[list[int]]:
    label = list(range(vertices))
    for a, b in edges:
        old, new = label[b], label[a]
        label = [new if x == old else x for x in label]
    return [[v for v in range(vertices) if label[v] == x] for x in sorted(set(label))]


def generate(seed: int, index: int, vertices: int = 7, edge_probability: float = 0.35, colours: int = 3) -> Problem:
    """Return problem `index` of the sequence keyed by `seed`.

    It is the first drawn graph that can be coloured; graphs may repeat. Raises DataError.
    """
    if not (2 <= vertices <= MOST_VERTICES and 2 <= colours <= 9 and 0.0 <= edge_probability <= 1.0):
        raise DataError(
            f"puzzle:{NAME}: vertices must be 2-{MOST_VERTICES}, colours 2-9 and edge_probability 0-1,"
            f" given {vertices}, {colours} and {edge_probability}"
        )
    draws = random.Random(derive_seed(seed, NAME, index))  # random() alone is the same in every Python version
    for _ in range(ATTEMPTS):
        edges = [[a, b] for a, b in combinations(range(vertices), 2) if draws.random() < edge_probability]
        solutions = count_colourings(vertices, edges, colours)
        if solutions:
            return _problem(vertices, edges, colours, solutions)
    raise DataError(
        f"puzzle:{NAME}: {ATTEMPTS} graphs of {vertices} vertices, none has a colouring with {colours} colours:"
        f" lower edge_probability ({edge_probability}) or raise colours"
    )


def _problem(vertices: int, edges: list[list[int]], colours: int, solutions: int) -> Problem:
    drawn = [f"{a} {b}" for a, b in edges]
    return Problem(
        id=f"{NAME}/{vertices}-{colours}/{'.'.join(text.replace(' ', '-') for text in drawn)}",
        prompt=({"role": "user", "content": f"{vertices} : {' , '.join(drawn)}".rstrip()},),
        verifier=NAME,
        reference={"vertices": vertices, "edges": edges, "colours": list(range(colours))},
        solutions=solutions,
    )


def demonstrations(problem: Problem) -> tuple[str, ...]:
    """Return all right answers of `problem`, each as its token string."""
    vertices, edges, colours = _graph(problem.reference)
    return _answers(vertices, tuple((a, b) for a, b in edges), tuple(colours))


@lru_cache(maxsize=4096)
def _answers(vertices: int, edges: tuple[tuple[int, int], ...], colours: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(" ".join(map(str, colouring)) for colouring in colourings(vertices, edges, colours))


def verify(reference: Mapping[str, Any], text: str) -> Verdict:
    """Judge one answer exactly.

    `no_answer`: not one colour per vertex in either form; the canonical answer is the plain form.
    """
    vertices, edges, colours = _graph(reference)
    chosen = _parse_map(text, vertices) if text.lstrip().startswith("{") else _parse_plain(text, vertices)
    if chosen is None:
        return Verdict(0.0, VerdictKind.NO_ANSWER, f"not one colour for each of {vertices} vertices")
    canonical = " ".join(map(str, chosen))
    strange = sorted(set(chosen) - set(colours))
    if strange:
        return Verdict(0.0, VerdictKind.WRONG, f"colours {strange} are not among {list(colours)}", canonical)
    for a, b in edges:
        if chosen[a] == chosen[b]:
            return Verdict(0.0, VerdictKind.WRONG, f"edge {a} {b} joins two vertices of colour {chosen[a]}", canonical)
    return Verdict(1.0, VerdictKind.ACCEPTED, "", canonical)


def _parse_plain(text: str, vertices: int) -> list[int] | None:
    tokens = text.split()
    if len(tokens) != vertices or not all(_COLOUR.fullmatch(token) for token in tokens):
        return None
    return [int(token) for token in tokens]


def _parse_map(text: str, vertices: int) -> list[int] | None:
    """Return the colours of a JSON object with every vertex once; None for any other text.

    A key that stands twice, or a value that is no small whole number, is no answer.
    """
    try:
        pairs = json.loads(text, object_pairs_hook=list)
    except (ValueError, RecursionError):  # too long an integer is a ValueError, too deep a nesting the other
        return None
    if sorted(key for key, _ in pairs) != sorted(map(str, range(vertices))):
        return None
    colours = {key: _colour(value) for key, value in pairs}
    chosen = [colours[str(vertex)] for vertex in range(vertices)]
    return [colour for colour in chosen if colour is not None] if None not in chosen else None


def _colour(value: object) -> int | None:
    if isinstance(value, str) and _COLOUR.fullmatch(value):
        return int(value)
    return value if type(value) is int and 0 <= value <= 99 else None


def _graph(reference: Mapping[str, Any]) -> tuple[int, Edges, Sequence[int]]:
    try:
        return int(reference["vertices"]), reference["edges"], reference["colours"]
    except KeyError as missing:
        raise VerifierError(
            f"{NAME}: the problem's reference has no {missing}: it was not made by puzzle:{NAME}"
        ) from None
