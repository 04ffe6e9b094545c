"""Training and held-out problems, demonstrations, each puzzle's own verifier."""

from __future__ import annotations

import pytest

from specs.rewards import Reward
from tasks.data.puzzles.registry import PUZZLES, demonstrations, puzzle_problems
from tasks.errors import DataError, VerifierError
from tasks.records import Problem
from tasks.reward.verifiers.registry import make_verifier


@pytest.mark.parametrize(
    ("name", "train"), [("countdown", 16_670), ("free_order", 12_372), ("graph_colouring", 2000), ("sums", 529)]
)
def test_train_and_heldout_are_disjoint_and_complete(name, train):
    heldout = puzzle_problems(name, 17, "heldout", 200, {})
    training = puzzle_problems(name, 17, "train", 200, {})
    assert (len(heldout), len(training)) == (200, train)
    ids = [problem.id for problem in heldout + training]
    prompts = {problem.prompt[0]["content"] for problem in heldout + training}
    assert len(set(ids)) == len(prompts) == 200 + train
    assert all(problem.solutions for problem in heldout + training)


def test_the_number_held_out_does_not_change_the_order():
    everything = puzzle_problems("countdown", 17, "train", 0, {})
    assert puzzle_problems("countdown", 17, "heldout", 7, {}) == everything[:7]
    assert puzzle_problems("countdown", 17, "train", 7, {}) == everything[7:]
    assert puzzle_problems("countdown", 17, "heldout", 0, {}) == []


def test_options():
    problems = puzzle_problems(
        "graph_colouring", 1, "train", 5, {"vertices": "4", "edge_probability": "0.5", "count": "20"}
    )
    assert len(problems) == 20
    assert {problem.reference["vertices"] for problem in problems} == {4}


@pytest.mark.parametrize(
    ("name", "split", "heldout", "options", "message"),
    [
        ("countup", "train", 0, {}, "no such puzzle; there are countdown, free_order, graph_colouring, sums"),
        ("countdown", "test", 0, {}, "no split 'test'"),
        ("countdown", "train", 20_000, {}, "too few for 20000 held out"),
        ("countdown", "train", 0, {"vertices": "5"}, "no option 'vertices'"),
        ("graph_colouring", "train", 0, {"vertices": "many"}, "vertices=many is not of type int"),
        ("graph_colouring", "train", 0, {"vertices": "3", "count": "100"}, "8 different problems"),
    ],
)
def test_errors_name_what_is_wrong(name, split, heldout, options, message):
    with pytest.raises(DataError, match=message):
        puzzle_problems(name, 0, split, heldout, options)


@pytest.mark.parametrize("name", PUZZLES)
def test_a_puzzle_s_own_verifier_accepts_its_demonstrations_alone(name: str) -> None:
    problem = puzzle_problems(name, 17, "train", 200, {})[0]
    verifier = make_verifier(name, Reward())
    verifier.check(problem)
    right, wrong = verifier.verify([(problem, demonstrations(problem)[0]), (problem, "what?")])
    assert (right.score, wrong.score) == (1.0, 0.0)
    stranger = Problem("x", problem.prompt, name, {"answer": "2"})
    with pytest.raises(VerifierError, match=rf"^problem x: .*was not made by puzzle:{name}"):
        verifier.check(stranger)


def test_only_puzzles_have_demonstrations() -> None:
    with pytest.raises(DataError, match="only puzzles have demonstrations"):
        demonstrations(Problem("x", ({"role": "user", "content": "1+1"},), "math", {"answer": "2"}))
