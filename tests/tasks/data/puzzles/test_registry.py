"""Training and held-out problems, demonstrations drawn uniformly, the reward's dispatch."""

from __future__ import annotations

from collections import Counter

import pytest

from tasks.data.puzzles import countdown
from tasks.data.puzzles.registry import demonstration, demonstrations, puzzle_problems
from tasks.errors import DataError, VerifierError
from tasks.records import Problem
from tasks.reward import puzzle


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


def test_a_demonstration_is_a_pure_uniform_draw_among_all_solutions():
    problem = next(p for p in puzzle_problems("countdown", 17, "train", 200, {}) if p.solutions == 8)
    draws = [demonstration(problem, 17, "warm_start", step, 0) for step in range(4000)]
    assert draws == [demonstration(problem, 17, "warm_start", step, 0) for step in range(4000)]
    counts = Counter(draws)
    assert set(counts) == set(demonstrations(problem))
    assert all(400 < count < 600 for count in counts.values()), counts  # 500 expected, standard deviation 21


def test_the_reward_judges_every_puzzle_and_nothing_else():
    for name in ("countdown", "free_order", "graph_colouring", "sums"):
        problem = puzzle_problems(name, 17, "train", 200, {})[0]
        assert puzzle.verify(problem, demonstrations(problem)[0]).score == 1.0
        assert puzzle.verify(problem, "what?").score == 0.0
    stranger = Problem("x", ({"role": "user", "content": "1+1"},), "math", {"answer": "2"})
    with pytest.raises(VerifierError, match="no puzzle verifier 'math'"):
        puzzle.verify(stranger, "2")
    with pytest.raises(DataError, match="only puzzles have demonstrations"):
        demonstrations(stranger)
    with pytest.raises(VerifierError, match="was not made by puzzle:countdown"):
        puzzle.verify(Problem("x", stranger.prompt, countdown.NAME, {"answer": "2"}), "1 + 1 2")
