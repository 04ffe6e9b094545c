"""Out of memory in a training step is a retry with half the token budget.

The memory that runs out is real: a limit on the ranks' processes.
"""

from __future__ import annotations

import logging
import resource
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor

from infra.store import Manifest
from tasks.engines.open_run import OpenRun
from tasks.engines.trainer import TrainerClient
from tasks.errors import OutOfMemory, TrainingError
from tasks.stage import value
from tasks.stages import data, first_policy, train
from tasks.train import memory
from tasks.train.layout import Row
from tasks.train.memory import TokenBudget
from tasks.train.settings import AdamWSettings
from tests.tasks.small_run import iterate, opened
from tests.tasks.train.tools import OPTIONS, SPEC, changed, difference, llama, rollouts

ADAMW = AdamWSettings(betas=(0.9, 0.999), adam_eps=1e-8, weight_decay=0.1, max_grad_norm=1e9)
BATCH = rollouts(prompts=8, samples=8, seed=30, longest=500)
#: A step on BATCH takes about 200 MB at FULL tokens a micro-batch and 120 MB at half, on one rank or two.
FULL, ROOM_MB = 8192, 155


def limit_memory(trainer: TrainerClient, room_mb: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each load the ranks may take only so much more memory than they have."""
    load = trainer.load

    def load_and_limit(*arguments: Any) -> None:
        load(*arguments)
        assert trainer._processes is not None
        for pid in trainer._processes.pids:
            (line,) = (
                line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmData:")
            )
            most = int(line.split()[1]) * 1024 + room_mb * 2**20
            resource.prlimit(pid, resource.RLIMIT_DATA, (most, resource.RLIM_INFINITY))

    monkeypatch.setattr(trainer, "load", load_and_limit)


def rows(*lengths: int) -> list[Row]:
    return [Row(group, (0,), length) for group, length in enumerate(lengths)]


@pytest.mark.parametrize(
    "error, wanted",
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you "
                "tried to allocate 4096 bytes."
            ),
            True,
        ),
        (RuntimeError("DefaultCPUAllocator: not enough memory: you tried to allocate 4096 bytes."), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (RuntimeError("std::bad_alloc"), True),
        (MemoryError(), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (TrainingError("iteration 3: the loss is nan"), False),
        (OSError(12, "Cannot allocate memory"), False),  # fork: not the step's
    ],
)
def test_what_counts_as_out_of_memory(error: BaseException, wanted: bool) -> None:
    assert memory.ran_out(error) is wanted


def test_a_smaller_budget_makes_the_largest_micro_batch_smaller() -> None:
    steps = [rows(10, 10, 10, 10), rows(7, 7)]
    assert memory.largest(steps, ranks=1, token_budget=1000) == 40
    assert memory.largest(steps, ranks=2, token_budget=1000) == 20
    assert memory.smaller(steps, 1, 1000) == 31, "500, 250, 125 and 62 would cut nothing"
    assert memory.smaller(steps, 1, 31) == 15
    assert memory.smaller(steps, 1, 15) == 7, "two rows of 7 are more than one of 10"
    assert memory.smaller(steps, 1, 7) is None, "one row at a time"
    assert memory.smaller([[]], 1, 1000) is None


def test_what_fits_is_kept_recorded_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    budget, tried = TokenBudget(), []

    def attempt(tokens: int) -> str:
        tried.append(tokens)
        if tokens > 25:
            raise OutOfMemory(f"iteration 1: memory ran out on rank 0 at a token budget of {tokens} (no more)")
        return "done"

    def passes() -> list[list[Row]]:
        return [rows(10, 10, 10, 10, 10, 10, 10, 10)]

    assert TokenBudget().run(lambda tokens: tokens, passes, 1, 80) == (80, {"token_budget": 80})
    with caplog.at_level(logging.WARNING, "armature"):
        assert budget.run(attempt, passes, 1, 80) == ("done", {"token_budget": 20, "out_of_memory_at": 40})
        assert budget.run(attempt, passes, 1, 80) == ("done", {"token_budget": 20, "out_of_memory_at": 40})
        assert budget.run(attempt, passes, 1, 12) == ("done", {"token_budget": 12})
    assert tried == [80, 40, 20, 20, 12]
    assert [record.getMessage().partition(" (")[0] for record in caplog.records] == [
        f"iteration 1: memory ran out on rank 0 at a token budget of {tokens}" for tokens in (80, 40)
    ]
    assert "from here on this run takes 20" in caplog.records[1].getMessage()


def test_where_nothing_smaller_is_left_one_line_says_what_to_do() -> None:
    def attempt(tokens: int) -> None:
        raise OutOfMemory(f"iteration 7: memory ran out on rank 1 at a token budget of {tokens} (no more)")

    with pytest.raises(OutOfMemory) as caught:
        TokenBudget().run(attempt, lambda: [rows(30, 12)], 1, 40)
    message = str(caught.value)
    assert message.startswith("iteration 7: memory ran out on rank 1 at a token budget of 40"), (
        "20 would change nothing"
    )
    assert (
        "one row of 30 tokens" in message
        and "placement.ranks" in message
        and "gradient_checkpointing" in message
        and "\n" not in message
    )


# With real ranks whose memory runs out.


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    llama(seed=3, hidden=64).save_pretrained(folder)
    return folder


Make = Callable[[int], TrainerClient]


@pytest.fixture()
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[TrainerClient] = []

    def trainer(ranks: int) -> TrainerClient:
        made.append(TrainerClient(replace(OPTIONS, ranks=ranks), tmp_path / f"{len(made)}.log"))
        return made[-1]

    yield trainer
    for each in made:
        each.stop()


def step(
    trainer: TrainerClient, weights: Path, folder: Path, wanted: int
) -> tuple[dict[str, Any], dict[str, int], dict[str, Tensor]]:
    """Metrics of a step, what is recorded, and the policy and optimizer after it."""
    spec = changed(SPEC, learning_rate=1e-3)

    def attempt(tokens: int) -> dict[str, Any]:
        trainer.load("start", weights, None, ADAMW)
        return trainer.train("next", BATCH, changed(spec, token_budget=tokens), 3)

    done, recorded = trainer.budget.run(
        attempt, lambda: BATCH.passes(spec.minibatch_prompts), trainer.options.ranks, wanted
    )
    trainer.save(folder, optimizer=True)
    return (
        done["metrics"],
        recorded,
        load_file(folder / "model.safetensors") | load_file(folder / "optimizer.safetensors"),
    )


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.turn
def test_a_step_whose_memory_runs_out_is_repeated_and_gives_the_same(
    ranks: int,
    make: Make,
    weights: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    trainer = make(ranks)
    at_full, recorded, whole = step(trainer, weights, tmp_path / "full", FULL)
    assert recorded == {"token_budget": FULL}
    if ranks == 1:
        at_half, _, halves = step(trainer, weights, tmp_path / "half", FULL // 2)
    trainer.stop()
    limit_memory(trainer, ROOM_MB, monkeypatch)
    found_metrics, recorded, found = step(trainer, weights, tmp_path / "found", FULL)
    assert recorded == {"token_budget": FULL // 2, "out_of_memory_at": FULL}
    (warning,) = (record.getMessage() for record in caplog.records if record.levelno == logging.WARNING)
    assert warning.startswith("iteration 3: memory ran out on rank") and "allocate" in warning
    assert found_metrics["forward_calls"] > at_full["forward_calls"]
    if ranks == 1:
        assert found_metrics == at_half
        assert [name for name in found if not torch.equal(found[name], halves[name])] == [], (
            "the bits of a run that takes that budget at once"
        )
    moments = sorted(name for name in found if name.endswith("/exp_avg"))
    assert (
        difference(torch.cat([found[n].flatten() for n in moments]), torch.cat([whole[n].flatten() for n in moments]))
        <= 1e-6
    )
    assert found_metrics["grad_norm"] == pytest.approx(at_full["grad_norm"], rel=1e-6)


@pytest.mark.slow
@pytest.mark.turn
def test_memory_that_not_even_one_row_fits_in_ends_the_run_with_one_line(
    make: Make, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = make(1)
    limit_memory(trainer, 4, monkeypatch)
    with pytest.raises(
        OutOfMemory,
        match=r"^iteration 3: memory ran out on rank 0 at a token budget of 1000 .* one row of \d+ tokens: give it "
        r"more memory.*$",
    ):
        step(trainer, weights, tmp_path, 1000)
    assert trainer.state is None and trainer._processes is None


# Through the run, with a store.

WANTED = 8192
LARGE = (
    "data.train=puzzle:graph_colouring?vertices=4&count=50",
    "rollout.prompts=46",
    "rollout.shard_prompts=46",
    "rollout.samples=16",
    "train.minibatch_prompts=46",
    f"train.token_budget={WANTED}",
)


def numbers(manifest: Manifest) -> dict[str, float]:
    return {name: number for name, number in manifest.result["metrics"].items() if name != "forward_calls"}


def held(run: OpenRun, folder: Path) -> dict[str, Tensor]:
    run.policies.trainer.save(folder, optimizer=True)
    return load_file(folder / "model.safetensors") | load_file(folder / "optimizer.safetensors")


@pytest.mark.slow
@pytest.mark.turn
def test_a_run_goes_on_with_what_fits_and_its_manifests_say_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with opened(tmp_path / "store", *LARGE) as run:
        iterate(run, 2)
        lineages = [run.experiment.lineage(k) for k in range(3)]
        undisturbed = [run.session.require("train", lineage) for lineage in lineages[1:]]
        for lineage in lineages[1:]:
            run.store.drop("train", lineage)
            run.store.drop("policy", lineage)
    with opened(tmp_path / "store", *LARGE) as run:
        limit_memory(run.policies.trainer, 70, monkeypatch)
        with caplog.at_level(logging.WARNING, "armature"):
            made: list[Manifest] = [value(train.plain(run, k)) for k in range(2)]
        wanted = held(run, tmp_path / "held")
        used = run.policies.trainer.budget.fits
    warnings = [record.getMessage() for record in caplog.records]
    assert warnings and f"at a token budget of {WANTED} (" in warnings[0], warnings
    assert all(warning.startswith("iteration 0: memory ran out on rank 0 at") for warning in warnings), (
        "iteration 1 takes what fitted"
    )
    assert used is not None and used < WANTED
    for found, before in zip(made, undisturbed, strict=True):
        assert before.recorded["token_budget"] == WANTED and "out_of_memory_at" not in before.recorded
        assert found.recorded["token_budget"] == used < found.recorded["out_of_memory_at"] <= WANTED
        assert found.key == before.key
        assert numbers(found) == pytest.approx(numbers(before), rel=1e-5, abs=1e-5)
        assert found.result["metrics"]["forward_calls"] > before.result["metrics"]["forward_calls"]
    caplog.clear()
    with opened(tmp_path / "store", *LARGE) as run, caplog.at_level(logging.WARNING, "armature"):
        run.policies.on_trainer(lineages[2])
        assert run.policies.replayed == 2
        again = held(run, tmp_path / "again")
    assert caplog.records == [], "a replay takes the recorded budget, and is bit-identical"
    assert [name for name in wanted if not torch.equal(wanted[name], again[name])] == []


@pytest.mark.proof
def test_a_warm_start_whose_memory_runs_out_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with opened(tmp_path / "store", "warm_start.batch=2048", "warm_start.steps=2", "train.token_budget=131072") as run:
        value(data.plain(run))
        limit_memory(run.policies.trainer, 500, monkeypatch)
        begun: Manifest = value(first_policy.plain(run))
    assert (
        begun.recorded["token_budget"] < begun.recorded["out_of_memory_at"] <= 131072 and begun.recorded["ranks"] == 1
    )
    assert begun.result["loss"] > 0
