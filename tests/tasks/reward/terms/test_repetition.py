"""The share of repeated n-grams: by hand, against sets of tuples as in TRL, and on long responses of few tokens."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.rewards import Repetition, Reward
from tasks.reward.terms.registry import make_term, term_key_part
from tasks.reward.terms.repetition import ngram_hashes, repeated_share
from tests.tasks.reward.terms.groups import group


def as_in_trl(ids: Sequence[int], n: int) -> float:
    """TRL 1.16's `get_repetition_penalty_reward`, before its factor."""
    if len(ids) < n:
        return 0.0
    grams = [tuple(ids[k : k + n]) for k in range(len(ids) - n + 1)]
    return 1 - len(set(grams)) / len(grams)


@pytest.mark.parametrize(
    ("ids", "n", "expected"),
    [
        ((), 1, 0.0),
        ((), 40, 0.0),
        ((5,), 1, 0.0),
        ((5,), 2, 0.0),
        ((5, 5), 3, 0.0),  # shorter than n
        ((5, 5), 2, 0.0),  # one 2-gram
        ((5, 5), 1, 1 / 2),
        ((5, 5, 5, 5, 5), 2, 3 / 4),  # the example of TRL's documentation
        ((1, 2, 3, 4), 2, 0.0),
        ((1, 2, 1, 2, 1), 2, 2 / 4),  # 12 21 12 21
        ((1, 2, 3, 1, 2, 3), 3, 1 / 4),  # 123 231 312 123
        ((1, 2, 1), 1, 1 / 3),
        ((1, 12, 11, 2), 1, 0.0),
    ],
)
def test_the_share_by_hand(ids: tuple[int, ...], n: int, expected: float) -> None:
    assert repeated_share(ids, n) == pytest.approx(expected, abs=1e-15)
    assert as_in_trl(ids, n) == pytest.approx(expected, abs=1e-15)


@given(st.lists(st.integers(0, 3), max_size=60), st.integers(1, 45))
def test_the_share_is_that_of_sets_of_tuples(ids: list[int], n: int) -> None:
    found = repeated_share(ids, n)
    assert found == pytest.approx(as_in_trl(ids, n), abs=1e-12) and 0.0 <= found < 1.0
    # names of tokens do not matter
    assert repeated_share([7 * each + 11 for each in ids], n) == found


@pytest.mark.parametrize("n", [1, 2, 3, 5, 8, 13, 39, 40, 41, 64])
def test_hashes_tell_n_grams_apart_in_long_responses(n: int) -> None:
    generator = np.random.default_rng(n)
    bits = generator.integers(0, 2, 8192)
    thue_morse = np.array([bin(k).count("1") % 2 for k in range(4096)])  # breaks polynomial hashes of 64 bits
    period = np.tile(generator.integers(0, 150_000, 97), 40)
    for ids in (bits, thue_morse, period, np.zeros(3000, dtype=np.int64), np.arange(3000)):
        assert repeated_share(ids, n) == pytest.approx(as_in_trl(ids.tolist(), n), abs=1e-12)
        assert len(ngram_hashes(ids.astype(np.uint64), n)) == len(ids) - n + 1


def test_each_response_is_scored() -> None:
    term = make_term("repetition", Repetition(ngram=2), Reward(), 10)
    rows = [group(tokens=[(5,) * 5, (1, 2, 3), ()], truncated=(True, False, False)), group()]
    assert [[each.value for each in row] for row in term.scores(rows)] == [[-0.75, 0.0, 0.0], []]
    assert str(term.scores([group(tokens=[()])])[0][0].value) == "0.0"


def test_the_key_has_the_size_of_the_n_grams() -> None:
    assert term_key_part(Repetition(weight=2.0), 5) == {"use": "repetition", "ngram": 40}
