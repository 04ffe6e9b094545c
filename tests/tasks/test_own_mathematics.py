"""An estimator and an objective of a user's own through every stage: sampled for, trained with, saved, and replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.store import Manifest
from tasks.checkpoint.weights import POLICY_STAGE
from tests.tasks.small_run import iterate, opened

pytestmark = pytest.mark.slow()

OWN = "tests/tasks/train/plugins/own.py"
SETTINGS = (
    "train.iterations=2",
    "checkpoint.every=1",
    f"advantage.use={OWN}:squashed",
    "advantage.args={strength: 0.5}",
    f"objective.use={OWN}:Everything",
    "objective.args={beta: 0.5}",
)


def test_a_run_with_them_is_replayed_bit_for_bit(tmp_path: Path) -> None:
    """The second iteration is repeated on new ranks from the first one's checkpoint, head and scalars included."""
    with opened(tmp_path / "store", *SETTINGS) as run:
        iterate(run, 2)
        lineages = [run.experiment.lineage(k) for k in range(3)]
        policies = [run.session.require(POLICY_STAGE, lineage) for lineage in lineages]
        step: Manifest = run.session.require("train", lineages[2])
    part = step.inputs["part"]
    assert (part["advantage"]["use"], part["objective"]["use"]) == ("squashed", "Everything")
    assert OWN not in str(step.inputs) and len(part["objective"]["source"]) == 64
    assert step.result["metrics"]["objective_coefficient"] != 0.01
    assert "optimizer.safetensors" in policies[2].files
    with opened(tmp_path / "store", *SETTINGS) as run:
        run.store.drop(POLICY_STAGE, lineages[2])
        if (saved := run.checkpoints.save(2)) is not None:
            run.checkpoints.commit(saved, 2)
        again = run.session.require(POLICY_STAGE, lineages[2])
        assert run.policies.replayed == 1
    assert again.files == policies[2].files
