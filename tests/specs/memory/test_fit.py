"""What does not fit a GPU is said with the settings that make it fit; shipped recipes fit theirs."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.cli.memory_table import memory_lines
from specs.load import load_spec
from specs.memory.fit import Changes, changed, estimate, remedy
from specs.memory.gpu import GIB
from specs.paths import REPOSITORY_ROOT
from specs.schema import Spec
from specs.size import model_shapes
from tests.specs.conftest import MODEL, PUZZLE, Write

RECIPES = sorted((REPOSITORY_ROOT / "specs" / "recipes").glob("*.yaml"))
#: 7B on one 80 GB GPU: nothing of it fits.
LARGE = ["placement={gpus: 1, gpu_memory_gib: 80}", "rollout.max_response_tokens=2048"]
ADAPTED = [*LARGE, "policy.adapter={rank: 16}"]


def lines(spec: Spec) -> list[str]:
    shapes = model_shapes(spec, vocabulary=118)
    return memory_lines(spec, shapes, spec.rollout.max_response_tokens)


def changes_of(spec: Spec) -> list[Changes]:
    found = remedy(spec, model_shapes(spec), spec.rollout.max_response_tokens)
    assert found is not None
    assert not found[1].excess
    return found[0]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_a_recipe_fits_the_gpus_that_it_is_named_after(path: Path) -> None:
    spec = load_spec(path, (), {}).spec
    assert spec.name == path.stem
    assert f"{spec.placement.gpu_memory_gib:g}gb" in spec.name
    assert spec.placement.gpus == (8 if spec.name.startswith("8x") else 1)
    found = estimate(spec, model_shapes(spec), spec.rollout.max_response_tokens)
    assert found.total is not None and found.share is not None
    assert not found.excess
    assert found.share.max_num_seqs >= 64, "fewer samples side by side leave a GPU idle"


def row(spec: Spec) -> str:
    """The row of a recipe in specs/recipes/README.md."""
    shapes = model_shapes(spec)
    found = estimate(spec, shapes, spec.rollout.max_response_tokens)
    assert found.share is not None and spec.policy.model is not None
    cells = [
        f"[{spec.name}.yaml]({spec.name}.yaml)",
        spec.policy.model.partition("/")[2],
        "whole" if spec.policy.adapter is None else f"LoRA, rank {spec.policy.adapter.rank}",
        f"{spec.rollout.max_response_tokens:,}",
        f"{sum(found.training.values()) / GIB:.1f} GiB",
        f"{found.share.gpu_memory_utilization:.0%}, {found.share.max_num_seqs}",
    ]
    return f"| {' | '.join(cells)} |"


def test_the_table_of_the_recipes_is_what_the_model_says() -> None:
    text = (REPOSITORY_ROOT / "specs" / "recipes" / "README.md").read_text()
    rows = [line for line in text.splitlines() if line.startswith("| [")]
    assert rows == [row(load_spec(path, (), {}).spec) for path in RECIPES]


def test_what_does_not_fit_is_said_with_the_setting_that_would(write: Write) -> None:
    spec = load_spec(write(MODEL), ADAPTED, {}).spec
    assert changes_of(spec) == [{"train.gradient_checkpointing": True}]
    assert lines(spec)[-1].startswith("DOES NOT FIT: training takes ")
    assert lines(spec)[-1].endswith("by --set train.gradient_checkpointing=true")
    mended = load_spec(write(MODEL), [*ADAPTED, "train.gradient_checkpointing=true"], {}).spec
    assert lines(mended)[-1] == "fits a GPU of 80.0 GiB"


def test_a_whole_model_takes_more_gpus_an_offloaded_optimizer_or_an_adapter(write: Write) -> None:
    keys = {key for change in changes_of(load_spec(write(MODEL), LARGE, {}).spec) for key in change}
    assert keys & {"placement.gpus", "placement.offload_optimizer", "policy.adapter"}


def test_the_changes_that_are_named_are_all_needed(write: Write) -> None:
    spec = load_spec(write(MODEL), [*LARGE, "placement={gpus: 1, gpu_memory_gib: 24}"], {}).spec
    changes, shapes = changes_of(spec), model_shapes(spec)
    assert len(changes) > 1
    for left_out in changes:
        tried = changed(spec, [change for change in changes if change is not left_out])
        assert estimate(tried, shapes, tried.rollout.max_response_tokens).excess, left_out


def test_nothing_is_claimed_of_a_gpu_whose_size_is_not_known(write: Write) -> None:
    spec = load_spec(write(MODEL), ["placement.gpus=1"], {}).spec
    assert lines(spec)[-1] == "placement.gpu_memory_gib is not set: what fits is not known"
    on_cpu = load_spec(write(PUZZLE), (), {}).spec
    assert not any("fit" in line for line in lines(on_cpu))


def test_one_that_cannot_sleep_shares_the_gpu_with_the_trainer(write: Write) -> None:
    flags = [*ADAPTED, "train.gradient_checkpointing=true"]
    asleep = load_spec(write(MODEL), flags, {}).spec
    awake = load_spec(write(MODEL), [*flags, "placement.sleep=none"], {}).spec
    found = [estimate(spec, model_shapes(spec), 2048) for spec in (asleep, awake)]
    assert "engine asleep" in found[0].training
    assert found[1].share is not None and found[1].share.gpu_memory_utilization == 0.5
    assert sum(found[1].training.values()) == sum(found[1].sampling.values())
