"""Ours against verl's own: losses (tests/benchmarks/verl_differential.py), estimates of a KL (verl_kl.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.paths import HOME
from tests.benchmarks import verl_differential, verl_kl
from tests.benchmarks.verl_differential import APART, SAME, VERL, environment


@pytest.mark.proof()
@pytest.mark.timeout(3600)  # the environment is installed where it is not there yet
def test_losses_and_gradients_are_those_of_verl_but_for_what_is_chosen() -> None:
    result = verl_differential.compared(environment(HOME / f"verl-{VERL}"))
    for name in SAME:
        row = result["same"][name]
        assert row["gradient"] <= 1e-12, name
        assert row.get("loss", 0.0) <= 1e-12, name
        assert 0 < row["tokens_apart"] < 0.5, f"{name}: none or all were chosen"
    for name in APART:
        assert 0 < result["apart"][name]["ours to verl"] < 0.5, name


@pytest.mark.proof()
@pytest.mark.timeout(600)  # the wheel is fetched where it is not there yet
def test_estimates_of_a_kl_are_those_of_verl(tmp_path: Path) -> None:
    folder = HOME / f"verl-{verl_kl.VERL}-wheel"
    folder.mkdir(parents=True, exist_ok=True)
    result = verl_kl.compared(verl_kl.wheel(folder), tmp_path)
    for name in verl_kl.ESTIMATORS:
        row = result["estimators"][name]
        assert row["value"] <= 1e-12 and row["gradient"] <= 1e-12, name
        assert (row["bounded"] > 0) == (name == "k3") and row["bounded"] < result["tokens"] / 2
