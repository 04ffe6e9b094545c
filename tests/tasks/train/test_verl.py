"""Our estimates of a KL against verl's own function (tests/benchmarks/verl_kl.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.paths import HOME
from tests.benchmarks.verl_kl import ESTIMATORS, VERL, compared, wheel


@pytest.mark.proof()
@pytest.mark.timeout(600)  # the wheel is fetched where it is not there yet
def test_estimates_of_a_kl_are_those_of_verl(tmp_path: Path) -> None:
    folder = HOME / f"verl-{VERL}"
    folder.mkdir(parents=True, exist_ok=True)
    result = compared(wheel(folder), tmp_path)
    for name in ESTIMATORS:
        row = result["estimators"][name]
        assert row["value"] <= 1e-12 and row["gradient"] <= 1e-12, name
        assert (row["bounded"] > 0) == (name == "k3") and row["bounded"] < result["tokens"] / 2
