"""A store that an earlier version made goes on: its steps are found by their keys, and steps made again have the same
bytes.

old_store.tar.gz holds one iteration of the run below, made by the version before manifests listed references
(commit e5d5817: `python -m flows.arm_train specs/quickstart.yaml` with these settings).
"""

from __future__ import annotations

import contextlib
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from infra.gc import survey
from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.engines import open_run
from tasks.engines.open_run import OpenRun
from tasks.run.session import Session
from tasks.stage import value
from tasks.stages import contamination, data, evaluate, first_policy, remake_start, reward, rollout, train
from tests.tasks.small_run import iterate
from tests.tasks.stand_ins import StandInEngines

SETTINGS = (
    "control=null",
    "name=old",
    "data.train=puzzle:graph_colouring?vertices=4&count=40",
    "data.heldout=4",
    "warm_start=null",
    "policy.architecture={layers: 1, hidden: 16, heads: 2, intermediate: 24, max_positions: 96}",
    "rollout.prompts=4",
    "rollout.shard_prompts=2",
    "rollout.samples=4",
    "rollout.max_prompt_tokens=64",
    "rollout.max_response_tokens=24",
    "train.minibatch_prompts=2",
    "checkpoint.every=1",
    "evaluate.samples=2",
    "evaluate.ks=[1,2]",
    "placement.threads=1",
)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    with tarfile.open(Path(__file__).with_name("old_store.tar.gz")) as archive:
        archive.extractall(tmp_path, filter="data")
    return Store((tmp_path / "store").as_uri())


@contextlib.contextmanager
def opened(store: Store, iterations: int, *, engines: bool = False) -> Iterator[OpenRun]:
    overrides = [*SETTINGS, f"train.iterations={iterations}", f"store={store.uri}"]
    spec = load_spec(ROOT / "specs" / "quickstart.yaml", overrides, environ={}).spec
    if engines:
        with open_run.opened(spec, store, remake_start) as run:
            yield run
        return
    run = OpenRun(spec, Session(store), cast(Any, StandInEngines()), remake_start)
    yield run
    run.close()


def all_stages(run: OpenRun) -> None:
    value(data.plain(run))
    value(contamination.plain(run, "heldout"))
    value(first_policy.plain(run))
    for name, iteration in ((rollout, 0), (reward, 0), (train, 0)):
        value(name.plain(run, iteration))
    for iteration in (0, 1):
        value(evaluate.plain(run, iteration, "heldout", run.experiment.lineage(iteration), None))


def digests(store: Store, *stages: str) -> dict[str, str]:
    found = {}
    for stage in stages:
        for key in store.files.list(f"steps/{stage}"):
            manifest = store.find(stage, key)
            assert manifest is not None
            found[f"{stage}/{key}"] = manifest.sha256
    return found


def test_every_step_is_found_and_none_is_swept(store: Store) -> None:
    assert survey(store.files, float("inf")) == []
    with opened(store, 1) as run:
        all_stages(run)
        assert run.session.made == 0 and run.session.found == 9
        assert run.policies.stored(run.experiment.lineage(1)) is not None


def test_steps_without_a_model_are_made_again_with_the_same_bytes(store: Store) -> None:
    stages = ("data", "contamination", "verdict", "evaluate")
    before = digests(store, *stages)
    for each in before:
        store.drop(*each.split("/"))
    with opened(store, 1) as run:
        all_stages(run)
        assert run.session.made == len(before)
    assert digests(store, *stages) == before
    assert survey(store.files, float("inf")) == []


def test_the_run_goes_on_and_replays_what_it_did(store: Store) -> None:
    """With real engines: an iteration more from the stored weights; then the first one again, from its old manifest."""
    before = digests(store, "data", "policy", "rollout", "verdict", "train", "evaluate")
    with opened(store, 2, engines=True) as run:
        iterate(run, 2)
        assert run.policies.replayed == 0 and run.session.made == 2 + 1 + 1 + 1
        store.drop("policy", run.experiment.lineage(1))
        store.drop("policy", run.experiment.lineage(2))
        run.policies.trainer.stop()
        run.policies.on_trainer(run.experiment.lineage(1))
        assert run.policies.replayed == 1 and run.policies.trainer.state == run.experiment.lineage(1)
        after = digests(store, "data", "policy", "rollout", "verdict", "train", "evaluate")
        lost = {f"policy/{run.experiment.lineage(i)}" for i in (1, 2)}
    assert {name: sha for name, sha in after.items() if name in before and name not in lost} == {
        name: sha for name, sha in before.items() if name not in lost
    }
