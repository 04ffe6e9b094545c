"""Seeds: stable for ever, 63 bits, different for different parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.seeds import derive_seed

PARTS = st.lists(st.integers() | st.text(), min_size=1, max_size=5)


@given(PARTS, PARTS)
def test_different_parts_give_different_seeds(first, second):
    assert (derive_seed(*first) == derive_seed(*second)) == (first == second)
    assert 0 <= derive_seed(*first) < 2**63


def test_the_seed_of_a_sample_never_changes():
    assert derive_seed(17, "rollout", 3, "countdown/4-6-9-9/4", 0) == 8297612087443635654


def test_types_and_borders_between_parts_count():
    assert len({derive_seed(1, 2), derive_seed("1", 2), derive_seed(12), derive_seed("1", "2"), derive_seed("12")}) == 5
    for bad in (True, 1.0, None):
        with pytest.raises(AssertionError, match="int or str"):
            derive_seed(17, bad)
