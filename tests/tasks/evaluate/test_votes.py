"""Majority votes with several right answers."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.evaluate.metrics.majority import maj_at_k, maj_at_k_judged

ANSWERS = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=9)


def _credit(subset: tuple[str | None, ...], right: set[str]) -> Fraction:
    """Return the credit of one subset's vote, by its definition."""
    votes = Counter("right" if answer in right else f"wrong {answer}" for answer in subset if answer is not None)
    winners = [name for name, count in votes.items() if count == max(votes.values())]
    return Fraction("right" in winners, len(winners) or 1)


@settings(deadline=None)
@given(ANSWERS, st.sets(st.sampled_from("abcx")), st.data())
def test_a_vote_is_the_mean_over_all_subsets(answers: list[str | None], right: set[str], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    subsets = list(combinations(answers, k))
    assert maj_at_k_judged(answers, right, k) == float(sum(_credit(subset, right) for subset in subsets) / len(subsets))


@given(ANSWERS, st.integers(1, 9))
def test_right_answers_that_are_one_cluster_win_no_less_often(answers: list[str | None], k: int) -> None:
    k = min(k, len(answers))
    one, two = maj_at_k_judged(answers, {"a"}, k), maj_at_k_judged(answers, {"a", "b"}, k)
    assert maj_at_k(answers, "a", k) == one <= two
    assert maj_at_k_judged(answers, set(), k) == 0.0


def test_different_right_answers_do_not_split_the_vote() -> None:
    answers = ["p", "q", "r", "wrong", "wrong"]
    assert maj_at_k(answers, "p", 5) == 0.0
    assert maj_at_k_judged(answers, ["p", "q", "r"], 5) == 1.0
    assert maj_at_k_judged([*answers, None, "wrong", None], ["p", "q", "r"], 8) == 0.5


@pytest.mark.parametrize("k", [0, 3])
def test_more_votes_than_there_are_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="n=2"):
        maj_at_k_judged(["a", "b"], {"a"}, k)
