"""DAPO's soft overlong punishment: by hand, against TRL's way to write it, and its limit in the key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.rewards import Overlong, Reward
from tasks.reward.terms.overlong import soft_punishment
from tasks.reward.terms.registry import make_term, term_key_part
from tests.tasks.reward.terms.groups import group


def as_in_trl(tokens: int, limit: int, cache: int) -> float:
    """The three cases of equation 13 as TRL 1.16 writes them (`get_soft_overlong_punishment`)."""
    if tokens <= limit - cache:
        return 0.0
    if tokens <= limit:
        return (limit - cache - tokens) / cache
    return -1.0


@pytest.mark.parametrize(
    ("tokens", "limit", "cache", "expected"),
    [
        (0, 20480, 4096, 0.0),
        (1, 20480, 4096, 0.0),
        (16384, 20480, 4096, 0.0),  # DAPO's own numbers: 16,384 expected tokens and 4,096 of cache
        (16385, 20480, 4096, -1 / 4096),
        (18432, 20480, 4096, -0.5),
        (20479, 20480, 4096, -4095 / 4096),
        (20480, 20480, 4096, -1.0),
        (20481, 20480, 4096, -1.0),
        (90, 100, 20, -0.5),  # the example of TRL's documentation
        (0, 10, 10, 0.0),  # the cache is all there is
        (5, 10, 10, -0.5),
        (9, 10, 1, 0.0),
        (10, 10, 1, -1.0),
    ],
)
def test_the_punishment_by_hand_and_in_trl(tokens: int, limit: int, cache: int, expected: float) -> None:
    assert soft_punishment(tokens, limit, cache) == pytest.approx(expected, abs=1e-15)
    assert as_in_trl(tokens, limit, cache) == pytest.approx(expected, abs=1e-15)


@given(st.data(), st.integers(1, 40_000))
def test_the_punishment_is_trl_s_everywhere(data: st.DataObject, limit: int) -> None:
    cache, tokens = data.draw(st.integers(1, limit)), data.draw(st.integers(0, 2 * limit))
    found = soft_punishment(tokens, limit, cache)
    assert found == as_in_trl(tokens, limit, cache) and -1.0 <= found <= 0.0
    assert soft_punishment(tokens + 1, limit, cache) <= found


def test_each_response_is_scored_and_the_limit_is_the_rollout_s_unless_one_is_set() -> None:
    rows = [group(lengths=(0, 8, 9, 10)), group(lengths=(12,), truncated=(True,))]
    for settings, expected in (
        (Overlong(cache_tokens=4), [[0.0, 0.0, -0.25, -0.5], [-1.0]]),
        (Overlong(cache_tokens=4, max_tokens=10), [[0.0, -0.5, -0.75, -1.0], [-1.0]]),
    ):
        term = make_term("overlong", settings, Reward(), 12)
        assert [[each.value for each in row] for row in term.scores(rows)] == expected
    assert str(term.scores([group(lengths=(0,))])[0][0].value) == "0.0"  # not -0.0, which prints otherwise


def test_the_key_has_the_limit_that_holds_and_no_weight() -> None:
    by_default, stated = Overlong(cache_tokens=4), Overlong(cache_tokens=4, max_tokens=12, weight=0.5)
    assert term_key_part(by_default, 12) == {"use": "overlong", "cache_tokens": 4, "max_tokens": 12}
    assert term_key_part(by_default, 12) == term_key_part(stated, 99) != term_key_part(by_default, 13)
