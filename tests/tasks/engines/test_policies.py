"""`ensure`: a policy is had from its weights, or from its nearest ancestor's by replay, bit by bit; and which weights
are kept.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from infra.errors import StoreError
from infra.files import FileEntry, sha256_file
from infra.store import Manifest, Store
from tasks.checkpoint.weights import policy_step
from tasks.engines.open_run import OpenRun
from tests.tasks.engines.conftest import Copy
from tests.tasks.small_run import opened


@pytest.fixture(scope="module")
def made(small_store: Path) -> Path:
    return small_store


def stored(run: OpenRun, iteration: int) -> Manifest:
    manifest = run.policies.stored(run.experiment.lineage(iteration))
    assert manifest is not None
    return manifest


def held(run: OpenRun, folder: Path) -> dict[str, str]:
    """sha256 of what the trainer holds, weights and optimizer."""
    run.policies.trainer.save(folder, optimizer=True)
    return {path.name: sha256_file(path) for path in sorted(folder.iterdir())}


def expected(manifest: Manifest) -> dict[str, str]:
    return {name: entry.sha256 for name, entry in manifest.files.items() if name.startswith(("model", "optimizer"))}


def alter(store: Store, manifest: Manifest, file: str) -> None:
    """Another byte in the middle: the size stays."""
    name = f"steps/{manifest.stage}/{manifest.key}/{manifest.folder}/{file}"
    whole = store.files.read(name)
    middle = len(whole) // 2
    store.files.write(name, whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :])


def steps_of(store: Store, *stages: str) -> list[str]:
    return sorted(f"{stage}/{key}" for stage in stages for key in store.files.list(f"steps/{stage}"))


def test_a_policy_without_weights_is_replayed_from_the_start_bit_by_bit(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(copy()) as run:
        wanted = expected(stored(run, 3))
        for iteration in (2, 3):
            run.store.drop("policy", run.experiment.lineage(iteration))
        before = steps_of(run.store, "rollout", "verdict", "train")
        with caplog.at_level(logging.INFO, "armature"):
            run.policies.on_trainer(run.experiment.lineage(3))
        assert run.policies.replayed == 3
        said = [record.getMessage().split(" of ")[0] for record in caplog.records]
        assert [line for line in said if line.startswith("replaying")] == [f"replaying iteration {k}" for k in range(3)]
        assert (
            held(run, tmp_path / "held") == wanted and "optimizer.safetensors" in "".join(wanted) and len(wanted) >= 2
        )
        assert run.policies.rollout.state is None, "nothing is sampled again"
        assert run.policies.rollout._processes is None
        assert steps_of(run.store, "rollout", "verdict", "train") == before
        assert expected(stored(run, 2)) != wanted and expected(stored(run, 3)) == wanted, (
            "checkpoints that were lost are saved in passing"
        )
        assert run.checkpoints.save(3) is None
        run.policies.on_trainer(run.experiment.lineage(3))
        assert run.policies.replayed == 3, "what the trainer holds is not replayed"


@pytest.mark.slow
@pytest.mark.turn
def test_a_replay_that_had_less_memory_says_what_differs(copy: Copy, caplog: pytest.LogCaptureFixture) -> None:
    with opened(copy()) as run:
        last = run.experiment.lineage(3)
        budget = run.session.require("train", last).recorded["token_budget"]
        run.store.drop("policy", last)
        run.policies._replay_budget.fits = 64  # as after memory had run out
        with caplog.at_level(logging.WARNING, "armature"):
            run.policies.on_trainer(last)
    assert [record.getMessage() for record in caplog.records] == [
        f"iteration 2 replayed, but not bit-identical: token_budget was {budget}, is 64 (memory ran out)"
    ]


@pytest.mark.slow
@pytest.mark.turn
def test_a_damaged_checkpoint_falls_back_to_an_older_one_with_a_warning(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(copy()) as run:
        manifest = stored(run, 3)
        alter(run.store, manifest, "model.safetensors")
        with caplog.at_level(logging.WARNING, "armature"):
            run.policies.on_trainer(manifest.key)
        warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
        assert (
            len(warnings) == 1
            and f"{manifest.key}/{manifest.folder}/model.safetensors" in warnings[0]
            and "sha256" in warnings[0]
        )
        assert run.policies.replayed == 1, "from the weights after iteration 2"
        assert held(run, tmp_path / "held") == expected(manifest)
        again = stored(run, 3)
        assert again.folder != manifest.folder and expected(again) == expected(manifest), (
            "a checkpoint that does not verify is made again"
        )


@pytest.mark.slow()
@pytest.mark.turn
def test_a_first_policy_that_is_damaged_is_made_again(copy: Copy, tmp_path: Path) -> None:
    with opened(copy()) as run:
        first = stored(run, 0)
        alter(run.store, first, "model.safetensors")
        run.policies.on_trainer(first.key)
        again = stored(run, 0)
        assert again.sha256 == first.sha256 and again.folder != first.folder
        run.policies.on_rollout(first.key)
        assert run.policies.rollout.state == first.key


def test_a_rollout_engine_gets_weights_without_reading_the_optimizers_state(
    copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(copy()) as run:
        manifest = stored(run, 3)
        read: list[str] = []
        download = run.store.files.download

        def counted(name: str, *arguments: Any) -> FileEntry:
            read.append(name.rpartition("/")[2])
            return download(name, *arguments)

        monkeypatch.setattr(run.store.files, "download", counted)
        run.policies.on_rollout(manifest.key)
        assert sorted(read) == [name for name in sorted(manifest.files) if not name.startswith("optimizer")]
        total = sum(each.bytes for each in manifest.files.values())
        assert sum(manifest.files[name].bytes for name in read) < total / 3


def test_engines_on_one_gpu_take_turns_with_its_memory(copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The weights are written before the trainer sleeps, which is before the rollout engine takes memory."""
    calls: list[str] = []

    def noted(engine: object, *names: str) -> None:
        for name in names:
            monkeypatch.setattr(engine, name, lambda *_, call=name, **__: calls.append(call), raising=False)

    with opened(copy()) as run:
        policies, lineage = run.policies, run.experiment.lineage(3)
        policies._sleeps = policies._trainer_sleeps = True
        noted(policies.trainer, "save")
        monkeypatch.setattr(policies.trainer, "sleep", lambda: calls.append("trainer sleeps"))
        monkeypatch.setattr(policies.rollout, "sleep", lambda: calls.append("rollout sleeps"))
        noted(policies.rollout, "wake", "load")
        monkeypatch.setattr(type(policies.trainer), "state", lineage)
        policies.trainer.adamw = policies._adamw
        policies.on_rollout(lineage)
        policies.on_trainer(lineage)
        assert calls == ["rollout sleeps", "save", "trainer sleeps", "wake", "load", "rollout sleeps"]


def test_a_lost_training_step_cannot_be_replayed(copy: Copy) -> None:
    with opened(copy()) as run:
        lineages = [run.experiment.lineage(k) for k in range(4)]
        for lineage in lineages[2:]:
            run.store.drop("policy", lineage)
        run.store.drop("train", lineages[2])
        with pytest.raises(
            StoreError, match=f"policy {lineages[3][:12]} cannot be had.*training step {lineages[2][:12]} is not there"
        ):
            run.policies.on_trainer(lineages[3])


def test_retention_keeps_first_last_evaluated_and_the_newest(tmp_path: Path) -> None:
    overrides = ("train.iterations=8", "checkpoint.every=1", "checkpoint.keep=2", "evaluate.every=3")
    with opened(tmp_path / "store", *overrides) as run:
        kept = []
        for iteration in run.spec.checkpointed_iterations():
            lineage = run.experiment.lineage(iteration)
            run.store.commit(policy_step(lineage), {"model.safetensors": b"weights"}, kind="weights")
            run.checkpoints.retain()
            kept.append([k for k in range(9) if run.policies.stored(run.experiment.lineage(k))])
    assert kept[4] == [0, 2, 3, 4]
    assert kept[-1] == [0, 3, 5, 6, 7, 8], "first, last, evaluated after 3 and 6, and the newest two of the others"
    assert kept[4:] == [run.experiment.kept_checkpoints(iteration) for iteration in range(4, 9)]


def test_retention_never_drops_the_newest_that_is_whole(tmp_path: Path) -> None:
    with opened(tmp_path / "store", "train.iterations=8", "checkpoint.every=1", "checkpoint.keep=1") as run:
        for iteration in range(1, 6):
            lineage = run.experiment.lineage(iteration)
            manifest = run.store.commit(policy_step(lineage), {"model.safetensors": b"weights"}, kind="weights")
            if iteration > 2:
                run.store.files.remove(f"steps/policy/{lineage}/{manifest.folder}/model.safetensors")
            run.checkpoints.retain()
        assert [k for k in range(9) if run.policies.stored(run.experiment.lineage(k))] == [2], "3 to 5 are damaged"
