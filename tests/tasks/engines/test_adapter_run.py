"""A run that trains an adapter: its checkpoints hold the adapter alone, and it is replayed, gone on from and exported
like any other.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

from infra.errors import StoreError
from infra.files import sha256_file
from infra.gc import survey
from infra.store import Manifest, Store
from specs.errors import SpecError
from tasks.checkpoint.fork import find_source
from tasks.engines.open_run import OpenRun
from tasks.run.export import export_policy
from tests.tasks.engines.conftest import Copy
from tests.tasks.engines.test_fork import fork, record, source_run, spec_of
from tests.tasks.engines.test_policies import alter, steps_of
from tests.tasks.small_run import iterate, opened

ADAPTER = ("policy.adapter={rank: 4, alpha: 8.0}", "train.learning_rate=0.01")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of three iterations: adapters after 0, 2 and 3."""
    folder = tmp_path_factory.mktemp("made") / "store"
    with opened(folder, *ADAPTER) as run:
        iterate(run, 3)
        record(run)
    return folder


def stored(run: OpenRun, iteration: int) -> Manifest:
    manifest = run.policies.stored(run.experiment.lineage(iteration))
    assert manifest is not None
    return manifest


def tensors(manifest: Manifest) -> dict[str, str]:
    return {name: entry.sha256 for name, entry in manifest.files.items() if name.endswith(".safetensors")}


def held(run: OpenRun, folder: Path) -> dict[str, str]:
    run.policies.trainer.save(folder, optimizer=True)
    return {path.name: sha256_file(path) for path in sorted(folder.iterdir())}


@pytest.mark.slow
@pytest.mark.turn
def test_an_adapter_is_replayed_bit_by_bit_beside_the_weights_of_a_run_of_the_whole_model(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(copy(), *ADAPTER) as run:
        base = run.experiment.base
        assert base is not None and set(tensors(stored(run, 0))) == {"adapter_model.safetensors"}
        wanted = tensors(stored(run, 3))
        assert set(wanted) == {"adapter_model.safetensors", "optimizer.safetensors"}
        assert wanted["adapter_model.safetensors"] != tensors(stored(run, 0))["adapter_model.safetensors"]
        for iteration in (2, 3):
            run.store.drop("policy", run.experiment.lineage(iteration))
        with caplog.at_level(logging.INFO, "armature"):
            run.policies.on_trainer(run.experiment.lineage(3))
        assert run.policies.replayed == 3 and "bit-identical" not in caplog.text
        assert held(run, tmp_path / "held") == wanted
    with opened(tmp_path / "store") as whole:
        assert whole.experiment.start.key == base.key and whole.experiment.base is None
        assert whole.experiment.run != run.experiment.run


@pytest.mark.slow
@pytest.mark.turn
def test_weights_beside_the_adapter_that_are_damaged_are_made_again(copy: Copy) -> None:
    with opened(copy(), *ADAPTER) as run:
        assert run.experiment.base is not None
        base = run.store.find("policy", run.experiment.base.key)
        assert base is not None
        alter(run.store, base, "model.safetensors")
        run.policies.on_rollout(run.experiment.lineage(3))
        again = run.store.find("policy", base.key)
        assert again is not None and again.sha256 == base.sha256 and again.folder != base.folder
        assert run.policies.rollout.state == run.experiment.lineage(3) and run.policies.replayed == 0


@pytest.mark.slow
@pytest.mark.turn
def test_weights_beside_the_adapter_that_could_not_be_read_are_fetched_again(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(copy(), *ADAPTER) as run:
        assert run.experiment.base is not None
        answers = run.store.files.download

        def fail(name: str, *more: Any) -> Any:
            raise StoreError(f"{name}: the store does not answer")

        monkeypatch.setattr(run.store.files, "download", fail)
        with pytest.raises(StoreError, match="does not answer"):
            run.policies._base(run.experiment.lineage(3))
        monkeypatch.setattr(run.store.files, "download", answers)
        folder = run.policies._base(run.experiment.lineage(3))
        assert folder is not None and (folder / "model.safetensors").is_file()


@pytest.mark.slow
@pytest.mark.turn
def test_a_run_goes_on_from_anothers_adapter(copy: Copy) -> None:
    store = copy()
    run = source_run(store)
    for other in ("policy.adapter=null", "policy.adapter={rank: 2, alpha: 8.0}"):
        with pytest.raises(SpecError, match=rf"policy.adapter: got .*run {run}.* has .*'rank': 4.*armature export"):
            find_source(spec_of(store, *fork(run, 2, other)), Store(store.as_uri()))
    with opened(store, *ADAPTER) as source:
        lineage, before = source.experiment.lineage(2), steps_of(source.store, "policy")
    with opened(store, *fork(run, 2, *ADAPTER)) as active:
        assert active.experiment.start.key == lineage and active.experiment.base is None
        iterate(active, 1)
        assert active.policies.replayed == 0
        assert set(tensors(stored(active, 1))) == {"adapter_model.safetensors", "optimizer.safetensors"}
        assert len(steps_of(active.store, "policy")) == len(before) + 1
        record(active)
        shutil.rmtree(store / "runs" / "small")
        dropped = {each.name for each in survey(active.store.files, float("inf"))}
        kept = {f"steps/{each}" for each in steps_of(active.store, "policy")} - dropped
        first = active.store.find("policy", source.experiment.start.key)
        assert first is not None and {first.inputs["base"], first.key, lineage} <= {each.split("/")[2] for each in kept}


@pytest.mark.slow
@pytest.mark.turn
def test_exports_merged_and_for_peft(copy: Copy, tmp_path: Path) -> None:
    store = copy()
    with opened(store, *ADAPTER) as run:
        base = run.experiment.base
        assert base is not None
        run.store.fetch(run.session.require("policy", base.key), tmp_path / "base")
        assert "after 3 iterations" in export_policy(run.store, "small", tmp_path / "merged", None)
        export_policy(run.store, "small", tmp_path / "adapter", None, adapter=True)
    assert not list((tmp_path / "merged").glob("adapter*")) and not list((tmp_path / "adapter").glob("*model-*"))
    merged = AutoModelForCausalLM.from_pretrained(tmp_path / "merged")
    before = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    tokens = torch.arange(1, 9)[None]
    with torch.no_grad():
        plain = before(tokens).logits.clone()
        beside = PeftModel.from_pretrained(before, tmp_path / "adapter")
        assert torch.allclose(beside(tokens).logits, merged(tokens).logits, atol=1e-4)
        assert not torch.allclose(plain, merged(tokens).logits, atol=1e-2)
