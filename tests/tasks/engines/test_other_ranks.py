"""A run that goes on with another number of ranks or ZeRO stage: what is stored loads, and the run says that it is
another one from there.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.tasks.small_run import iterate, opened

TWO = ("placement.ranks=2", "train.zero_stage=1")
THREE = ("placement.ranks=2", "train.zero_stage=3")
ONE = ("placement.ranks=1", "train.zero_stage=0")


def tensors(folder: Path, stem: str) -> dict[str, torch.Tensor]:
    return load_file(folder / f"{stem}.safetensors")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three iterations on one rank, uninterrupted: weights after 0, 2 and 3."""
    folder = tmp_path_factory.mktemp("made") / "store"
    with opened(folder, *ONE) as run:
        iterate(run, 3)
    return folder


@pytest.mark.parametrize(
    "others",
    [pytest.param(TWO, marks=pytest.mark.slow), pytest.param(THREE, marks=pytest.mark.proof)],
    ids=["zero 1", "zero 3"],
)
@pytest.mark.turn
def test_one_rank_then_two_then_one(
    made: Path,
    tmp_path: Path,
    others: tuple[str, ...],
    caplog: pytest.LogCaptureFixture,
    record_property: Callable[[str, object], None],
) -> None:
    store = tmp_path / "store"
    shutil.copytree(made, store)
    caplog.set_level(logging.WARNING, "armature")

    with opened(store, *ONE) as run:
        before, end = (run.experiment.lineage(k) for k in (2, 3))
        for iteration, manifest in ((2, run.policies.stored(before)), (3, run.policies.stored(end))):
            assert manifest is not None
            run.store.fetch(manifest, tmp_path / f"uninterrupted-{iteration}")
        run.store.drop("policy", end)
        run.store.drop("train", end)

    def move(stem: str, one: Path, other: Path) -> float:
        """||other - one|| / ||one - what it was an iteration before||, over all tensors: 1 would be another iteration
        altogether.
        """
        was, one_, other_ = (tensors(folder, stem) for folder in (tmp_path / "uninterrupted-2", one, other))
        assert was.keys() == one_.keys() == other_.keys()
        difference = sum(float((other_[name] - one_[name]).double().square().sum()) for name in was)
        return float((difference / sum(float((one_[name] - was[name]).double().square().sum()) for name in was)) ** 0.5)

    with opened(
        store, *others
    ) as run:  # killed after its second iteration, it goes on with the stored rollouts of the third
        iterate(run, 3)
        made_on_two = run.policies.stored(end)
        step = run.store.find("train", end)
        assert made_on_two is not None and step is not None
        assert (step.recorded["ranks"], made_on_two.recorded["ranks"]) == (2, 2), (
            "manifests record what was really used"
        )
        run.store.fetch(made_on_two, tmp_path / "two")
        run.policies.on_trainer(before)  # loads again, and does not say it again
    said = [record.getMessage() for record in caplog.records if "bit-identical" in record.getMessage()]
    assert len(said) == 1 and said[0].startswith(
        f"from policy {before[:12]} on this run is no longer bit-identical to an uninterrupted one: "
    )
    assert "ranks was 1, is 2" in said[0] and "zero_stage was 0" in said[0]
    for stem in ("model", "optimizer"):
        away = move(stem, tmp_path / "uninterrupted-3", tmp_path / "two")
        record_property(f"{stem}: distance to the uninterrupted run, as a share of the iteration's move", away)
        assert 0 < away < 1e-4

    caplog.clear()
    with opened(store, *ONE) as run:  # and back: what two ranks wrote is what one rank reads
        run.policies.on_trainer(end)
        run.policies.trainer.save(tmp_path / "back", optimizer=True)
    for stem in ("model", "optimizer"):
        back, two = tensors(tmp_path / "back", stem), tensors(tmp_path / "two", stem)
        assert back.keys() == two.keys() and all(torch.equal(back[name], two[name]) for name in two), stem
    (line,) = [record.getMessage() for record in caplog.records]
    assert "ranks was 2, is 1" in line


@pytest.mark.slow()
@pytest.mark.turn
def test_the_same_ranks_say_nothing(made: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "armature"), opened(made, *ONE) as run:
        run.policies.on_trainer(run.experiment.lineage(2))
    assert caplog.records == []
