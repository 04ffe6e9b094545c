"""Ours against verl's losses on the same numbers (tests/benchmarks/verl_differential.py)."""

from __future__ import annotations

import pytest

from infra.paths import HOME
from tests.benchmarks.verl_differential import APART, SAME, VERL, compared, environment


@pytest.mark.proof()
@pytest.mark.timeout(3600)  # the environment is installed where it is not there yet
def test_losses_and_gradients_are_those_of_verl_but_for_what_is_chosen() -> None:
    result = compared(environment(HOME / f"verl-{VERL}"))
    for name in SAME:
        row = result["same"][name]
        assert row["gradient"] <= 1e-12, name
        assert row.get("loss", 0.0) <= 1e-12, name
        assert 0 < row["tokens_apart"] < 0.5, f"{name}: none or all were chosen"
    for name in APART:
        assert 0 < result["apart"][name]["ours to verl"] < 0.5, name
