"""Graph colouring: counts against reasoning-gym's, the verifier against brute force over all answers."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.puzzles import graph_colouring
from tasks.errors import DataError, VerifierError
from tasks.records import VerdictKind

SHARED = Path(__file__).parents[4] / "../shared/data/puzzles"


def rows(name: str) -> list[dict]:
    path = SHARED / name
    if not path.is_file():
        pytest.skip(f"{name} lies beside the repository, in shared/data/puzzles")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", ["graph_color_5.jsonl", "graph_color_7.jsonl"])
def test_reasoning_gyms_counts_and_answers(name):
    for row in rows(name):
        vertices, edges = len(row["vertices"]), row["edges"]
        colours = list(range(1, row["num_colors"] + 1))
        assert graph_colouring.count_colourings(vertices, edges, len(colours)) == row["n_solutions"], row["id"]
        reference = {"vertices": vertices, "edges": edges, "colours": colours}
        verdict = graph_colouring.verify(reference, row["answer"])
        assert verdict.kind is VerdictKind.ACCEPTED, row["id"]
        assert graph_colouring.verify(reference, verdict.answer) == verdict  # both forms are one answer
        if edges:
            same = json.dumps({str(v): 1 for v in row["vertices"]})
            assert graph_colouring.verify(reference, same).kind is VerdictKind.WRONG


@given(st.integers(0, 10**9), st.integers(0, 10**6), st.integers(2, 6), st.floats(0.1, 0.6), st.integers(2, 3))
@settings(max_examples=60, deadline=None)
def test_accepted_answers_are_the_proper_colourings_and_their_number_is_right(
    seed, index, vertices, probability, colours
):
    problem = graph_colouring.generate(seed, index, vertices=vertices, edge_probability=probability, colours=colours)
    assert problem == graph_colouring.generate(
        seed, index, vertices=vertices, edge_probability=probability, colours=colours
    )
    edges = problem.reference["edges"]
    proper = {
        " ".join(map(str, answer))
        for answer in itertools.product(range(colours), repeat=vertices)
        if all(answer[a] != answer[b] for a, b in edges)
    }
    every = (" ".join(map(str, answer)) for answer in itertools.product(range(colours + 1), repeat=vertices))
    accepted = {text for text in every if graph_colouring.verify(problem.reference, text).score == 1.0}
    assert accepted == proper == set(graph_colouring.demonstrations(problem))
    assert problem.solutions == len(proper) >= 1


@pytest.mark.parametrize(
    ("text", "kind", "answer"),
    [
        ("0 1 0", VerdictKind.ACCEPTED, "0 1 0"),
        ('{"0": 0, "2": 0, "1": "1"}', VerdictKind.ACCEPTED, "0 1 0"),
        ("0 0 1", VerdictKind.WRONG, "0 0 1"),
        ("0 1 3", VerdictKind.WRONG, "0 1 3"),  # no such colour
        ("0 1", VerdictKind.NO_ANSWER, None),
        ("0 1 0 1", VerdictKind.NO_ANSWER, None),
        ("0 1 x", VerdictKind.NO_ANSWER, None),
        ("0 1 -1", VerdictKind.NO_ANSWER, None),
        ('{"0": 0, "1": 1}', VerdictKind.NO_ANSWER, None),
        ('{"0": 0, "1": 1, "2": 0, "2": 1}', VerdictKind.NO_ANSWER, None),  # a vertex twice
        ('{"0": 0, "1": true, "2": 0}', VerdictKind.NO_ANSWER, None),
        ('{"0": 0, "1": 1.0, "2": 0}', VerdictKind.NO_ANSWER, None),
        ('{"0": 0, "1": 1, "2": ' + "9" * 5000 + "}", VerdictKind.NO_ANSWER, None),
        ('{"0":' * 100_000, VerdictKind.NO_ANSWER, None),
        ("", VerdictKind.NO_ANSWER, None),
    ],
)
def test_verdicts(text, kind, answer):
    verdict = graph_colouring.verify({"vertices": 3, "edges": [[0, 1], [1, 2]], "colours": [0, 1, 2]}, text)
    assert (verdict.kind, verdict.answer) == (kind, answer)


def test_what_cannot_be_generated_says_so():
    with pytest.raises(DataError, match="lower edge_probability"):
        graph_colouring.generate(0, 0, vertices=5, edge_probability=1.0, colours=3)
    with pytest.raises(DataError, match="vertices must be"):
        graph_colouring.generate(0, 0, vertices=40)
    with pytest.raises(VerifierError, match="vertices"):
        graph_colouring.verify({"answer": "0 1"}, "0 1")
