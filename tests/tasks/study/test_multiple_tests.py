"""Holm's adjustment of p-values, some of which could not be tested."""

from __future__ import annotations

import pytest

from tasks.study.multiple_tests import holm_adjusted


def test_adjusted_p_values_keep_the_order_of_the_tests() -> None:
    assert holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_hypotheses_that_could_not_be_tested_are_no_members_of_the_family() -> None:
    assert holm_adjusted([0.5, None, 0.04]) == pytest.approx([0.5, None, 0.08])
    assert holm_adjusted([None, 0.3]) == [None, 0.3]
    assert holm_adjusted([None]) == [None]
    assert holm_adjusted([]) == []
