"""Ours against TRL's GRPOTrainer on the same tokens (tests/benchmarks/trl_differential.py)."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.paths import HOME
from tests.benchmarks.trl_differential import CASES, EPS_SEEN_IN, TRL, compared, environment

TOLERANCE = {"float32": 1e-6, "float64": 1e-12}


@pytest.mark.proof()
@pytest.mark.timeout(1800)  # the environment is installed where it is not there yet
def test_loss_gradient_and_advantages_are_those_of_trl(tmp_path: Path) -> None:
    result = compared(environment(HOME / f"trl-{TRL}"), tmp_path)
    for (name, case), (dtype, limit) in ((c, t) for c in CASES.items() for t in TOLERANCE.items()):
        row = result["cases"][f"{name}, {dtype}"]
        assert row["advantage"] <= limit, name
        if not case.same:
            assert 0.01 < row["gradient"] < 2, f"{name}: what is said of the difference is not so"
        elif case.batch == "judged":
            assert row["loss"] <= limit and row["gradient"] <= limit, name
            assert abs(row["losses"][0]) > 1e-4 or not case.off_policy, "a loss of nothing is equal to anything"
            clipped, (low, high) = row["clipped"][0], row["clipped"][1].values()
            assert not case.off_policy or clipped > 0.02, f"{name}: the clip never took hold"
            if "entropy_target" in case.ours:
                assert row["coefficients"][0] == pytest.approx(row["coefficients"][1], rel=1e-12)
            # Of GSPO TRL counts responses, of CISPO in another way, a dual clip not at all, and tokens without a loss.
            if not case.ours.keys() & {"objective", "dual_clip", "high_entropy_share"}:
                assert clipped == pytest.approx(low + high, abs=1e-6) and (
                    not case.off_policy or min(low, high) > 0.02
                ), name
    assert result["cases"][f"{EPS_SEEN_IN}, float64"]["gradient_with_eps_1e-6"] > 1e-5, (
        "this comparison would not see another eps"
    )
