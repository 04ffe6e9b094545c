"""Length rewards: closed forms by hand, an independent derivation in NumPy's float64, and what is not judged."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.rewards import Length, Reward
from tasks.errors import VerifierError
from tasks.reward.terms.base import TermScore
from tasks.reward.terms.length import cosine, kimi_rewards
from tasks.reward.terms.registry import make_term, term_key_part
from tests.tasks.reward.terms.groups import group

LIMIT = 100


def values(settings: Length, **given: object) -> list[float | None]:
    scores = make_term("length", settings, Reward(), LIMIT).scores([group(**given)])  # type: ignore[arg-type]
    return [each.value for each in scores[0]]


# -- cosine
def test_the_cosine_reward_in_its_three_cases() -> None:
    # cos(0) = 1, cos(pi/3) = 1/2, cos(pi/2) = 0, cos(pi) = -1
    lengths = (0, 50, 100, 0, 50, 100, 100, 100)
    correct = (True, True, True, False, False, False, True, False)
    cut = (*(False,) * 6, True, True)
    found = values(Length(), lengths=lengths, correct=correct, truncated=cut)
    assert found == pytest.approx([2.0, 1.5, 1.0, -10.0, -5.0, 0.0, -10.0, -10.0], abs=1e-12)
    own = Length(right=(1.0, 0.0), wrong=(-1.0, -1.0), truncated=-3.0)
    assert values(own, lengths=(0, 33, 100), correct=(True, False, True), truncated=(False, False, True)) == (
        pytest.approx([1.0, -1.0, -3.0])
    )
    assert cosine(1, 3, 1.0, 0.0) == pytest.approx(0.75)


def test_a_complete_response_of_all_tokens_is_not_one_that_was_cut() -> None:
    assert values(Length(), lengths=(LIMIT, LIMIT), correct=(True, True), truncated=(False, True)) == [1.0, -10.0]


@given(st.integers(1, 40_000), st.data())
def test_the_cosine_again_in_other_words(limit: int, data: st.DataObject) -> None:
    tokens = data.draw(st.integers(0, limit))
    first, last = data.draw(st.floats(-10, 10)), data.draw(st.floats(-10, 10))
    # (1 + cos x) / 2 = cos(x / 2) ** 2: a mean of both ends, by weights that add up to 1
    half = np.float64(np.pi) * np.float64(tokens) / (2 * np.float64(limit))
    expected = first * np.cos(half) ** 2 + last * np.sin(half) ** 2
    found = cosine(tokens, limit, first, last)
    assert found == pytest.approx(float(expected), abs=1e-11)
    assert min(first, last) - 1e-12 <= found <= max(first, last) + 1e-12


# -- kimi
def test_kimi_s_reward_by_hand() -> None:
    found = values(Length(kind="kimi"), lengths=(10, 20, 30, 10, 20, 30), correct=(True,) * 3 + (False,) * 3)
    assert found == [0.5, 0.0, -0.5, 0.0, 0.0, -0.5]


def test_kimi_compares_with_the_judged_responses_of_the_group_alone() -> None:
    found = values(Length(kind="kimi"), lengths=(1, 10, 30, 900, 20), correct=(None, True, True, None, False))
    assert found == [None, 0.5, -0.5, None, 0.0]
    term = make_term("length", Length(kind="kimi"), Reward(), LIMIT)
    groups = [group(lengths=(10, 20), correct=(True, True)), group(lengths=(100, 200), correct=(True, True))]
    assert [[each.value for each in row] for row in term.scores(groups)] == [[0.5, -0.5], [0.5, -0.5]]


@pytest.mark.parametrize("lengths", [(7,), (7, 7, 7), (0, 0)])
def test_kimi_says_nothing_of_responses_of_one_length(lengths: tuple[int, ...]) -> None:
    assert values(Length(kind="kimi"), lengths=lengths, correct=(True,) * len(lengths)) == [0.0] * len(lengths)


@given(st.lists(st.tuples(st.integers(0, 30_000), st.booleans()), max_size=16))
def test_kimi_s_reward_again_in_float64(rows: list[tuple[int, bool]]) -> None:
    lengths, right = [length for length, _ in rows], [good for _, good in rows]
    found = kimi_rewards(lengths, right)
    x = np.array(lengths, dtype=np.float64)
    if len(rows) and np.ptp(x):
        middle, spread = (x.max() + x.min()) / 2, np.ptp(x)
        line = (middle - x) / spread
        np.testing.assert_allclose(found, np.where(right, line, np.minimum(line, 0.0)), atol=1e-12)
        assert all(value <= 0 for value, good in zip(found, right, strict=True) if not good)
    else:
        assert found == [0.0] * len(rows)


# -- both
@pytest.mark.parametrize("kind", ["cosine", "kimi"])
def test_what_was_not_judged_has_no_value(kind: str) -> None:
    settings = Length.model_validate({"use": "length", "kind": kind})
    term = make_term("length", settings, Reward(), LIMIT)
    nobody = group(lengths=(3, 4), correct=(None, None), truncated=(True, True))
    assert term.scores([nobody, group()]) == [[TermScore(None, detail="not judged")] * 2, []]
    with pytest.raises(VerifierError, match=r"p-7.*reward\.outcome"):
        term.scores([group(lengths=(3, 4))])


def test_the_key_has_what_the_kind_reads() -> None:
    kimi, cosine_ = Length(kind="kimi", weight=3.0), Length(weight=3.0)
    assert (
        term_key_part(kimi, 5)
        == term_key_part(Length(kind="kimi", truncated=0.0), 6)
        == {
            "use": "length",
            "kind": "kimi",
        }
    )
    assert term_key_part(cosine_, 5) == {
        "use": "length",
        "kind": "cosine",
        "right": [2.0, 1.0],
        "wrong": [-10.0, 0.0],
        "truncated": -10.0,
        "max_tokens": 5,
    }
