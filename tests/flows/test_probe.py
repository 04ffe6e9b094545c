"""`armature probe` on real engines: iteration 0 and no more, which the run then finds in the store."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.arm_train import arm_train
from flows.probe import arm_probe, probe
from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.tasks.small_run import SETTINGS

pytestmark = pytest.mark.slow()  # real engines, 45 CPU seconds: that a probe's steps are those of the run

QUICKSTART = ROOT / "specs" / "quickstart.yaml"


def test_the_run_takes_all_of_it_from_the_store(tmp_path: Path) -> None:
    settings = [*SETTINGS, "control=null", "evaluate.suites=[]", "train.iterations=2", f"store={tmp_path / 'store'}"]
    text = arm_probe(spec=str(QUICKSTART), overrides=settings)
    loaded = load_spec(QUICKSTART, settings, {})
    store = Store(loaded.spec.store)
    steps = {name.split("/")[1] for name, _, _ in store.files.walk("steps") if name.endswith("MANIFEST.json")}
    assert steps == {"data", "policy", "rollout", "verdict", "train"}
    (record,) = [name for name, _, _ in store.files.walk("runs") if name.endswith("run.json")]
    said = json.loads(store.files.read(record))
    assert (said["state"], said["reason"]) == ("stopped", "probed: armature train goes on from here")
    assert "memory, at most: trainer" in text and "the whole run: about" in text and "what is wrong:" in text

    again = probe(loaded)
    assert "memory: not seen, for the steps were in the store" in again
    assert [line for line in again.splitlines() if line.startswith(("iteration 0", "groups", "tokens", "seconds"))] == [
        line for line in text.splitlines() if line.startswith(("iteration 0", "groups", "tokens", "seconds"))
    ]
    ledgers = [name for name, _, _ in store.files.walk("steps") if name.endswith("LEDGER.json")]
    made = {name: store.files.read(name) for name in ledgers}
    arm_train(spec=str(QUICKSTART), overrides=settings)
    assert made and made == {name: store.files.read(name) for name in ledgers}, "they have their times"

    finished = store.files.read(record)
    assert json.loads(finished)["state"] == "finished" and probe(loaded) == again
    assert store.files.read(record) == finished, "a probe of a run that went on leaves its record alone"
