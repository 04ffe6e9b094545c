"""A checkpoint on its way into the store beside the training is not touched by what the training does meanwhile."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.checkpoint.weights import policy_step
from tasks.engines.checkpoints import Checkpoints
from tasks.engines.policies import Policies
from tasks.graph.experiment import Experiment
from tasks.run.artifacts import Datasets
from tasks.run.session import Session
from tests.tasks.small_run import SETTINGS


def test_a_policy_that_is_saved_again_leaves_the_folder_that_is_being_uploaded_alone(tmp_path: Path) -> None:
    """The ranks die while a checkpoint uploads: a replay passes the same policy, and saves it again."""
    store = Store((tmp_path / "store").as_uri())
    session = Session(store)
    experiment = Experiment(load_spec(ROOT / "specs" / "quickstart.yaml", [*SETTINGS], environ={}).spec)
    policy = experiment.lineage(2)
    store.commit(policy_step(experiment.lineage(0)), {"config.json": b"{}"}, kind="weights")
    between: list[Any] = []

    def save(folder: Path, *, optimizer: bool) -> None:
        (folder / "model.safetensors").write_bytes(b"half")
        for look in between:
            look()
        (folder / "model.safetensors").write_bytes(b"half and half")

    trainer = SimpleNamespace(state=policy, environment={}, save=save)
    engines = SimpleNamespace(trainer=trainer, rollout=None, sleeps=False, trainer_sleeps=False)
    policies = Policies(session, experiment, cast(Any, engines), Datasets(session), lambda: None)
    trainer.adamw = policies._adamw
    policies._describe = lambda _, folder: folder.mkdir(parents=True)  # type: ignore[method-assign]
    checkpoints = Checkpoints(session, experiment, policies)
    uploading = policies.save(policy)
    between.append(lambda: checkpoints.commit(uploading, 2))
    again = policies.save(policy)
    manifest = store.find("policy", policy)
    assert manifest is not None and store.read(manifest, "model.safetensors") == b"half and half"
    assert checkpoints.commit(again, 2) == manifest, "the first stands"
    assert list(session.folder.iterdir()) == []
    session.close()
