"""Real ranks: torchrun, gloo, DeepSpeed, through the client that the flow uses."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
import torch
from safetensors.torch import load_file, safe_open
from torch import Tensor
from transformers import AutoModelForCausalLM

from infra.errors import EngineError
from tasks.engines.trainer import TrainerClient
from tasks.errors import TrainingError
from tasks.train.batch import GroupBatch
from tasks.train.forward import PolicyModule
from tasks.train.settings import AdamWSettings, StepSettings
from tests.tasks.train.tools import (
    OFF_POLICY,
    OPTIONS,
    SPEC,
    Done,
    changed,
    difference,
    llama,
    nearby,
    rollouts,
    run,
)

BETA = 0.9
ADAMW = AdamWSettings(betas=(BETA, 0.999), adam_eps=1e-8, weight_decay=0.1, max_grad_norm=1e9)
CLIPPED = replace(ADAMW, max_grad_norm=0.5)
STEP = changed(SPEC, learning_rate=1e-3, token_budget=60, importance_cap=1.5)
STEPS = changed(OFF_POLICY, learning_rate=1e-3, token_budget=60, warmup_steps=2)
KL = changed(STEP, kl={"coefficient": 0.5})
BATCH, NEXT = rollouts(seed=30), rollouts(seed=31)

Trainers = dict[int, TrainerClient]


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    llama(seed=3).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def trainers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trainers]:
    """A trainer for each number of ranks; its ranks start at the first load."""
    folder = tmp_path_factory.mktemp("trainers")
    made = {ranks: TrainerClient(replace(OPTIONS, ranks=ranks), folder / f"{ranks}.log") for ranks in (1, 2, 3)}
    yield made
    for trainer in made.values():
        trainer.stop()


def configured(trainers: Trainers, ranks: int, stage: int, dtype: str = "float32") -> TrainerClient:
    trainer = trainers[ranks]
    trainer.options = replace(trainer.options, zero_stage=stage, dtype=dtype)
    return trainer


def saved(trainer: TrainerClient, folder: Path, weights: Path | None = None) -> dict[str, Tensor]:
    """Everything that the trainer holds, as written: weights and optimizer by parameter.

    With `weights`, whose config it takes, it can be loaded.
    """
    trainer.save(folder, optimizer=True)
    if weights is not None:
        shutil.copy(weights / "config.json", folder)
    return load_file(folder / "model.safetensors") | load_file(folder / "optimizer.safetensors")


def gradient_in(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The gradient of the only step so far, from AdamW's first moment."""
    return {
        name.removesuffix("/exp_avg"): tensor / (1 - BETA)
        for name, tensor in state.items()
        if name.endswith("/exp_avg")
    }


def plain_gradient(
    weights: Path, spec: StepSettings, dtype: torch.dtype = torch.float32, arithmetic: torch.dtype = torch.float32
) -> dict[str, Tensor]:
    """One process, plain torch, everything in one micro-batch: weights rounded to `dtype`, computed in `arithmetic`."""
    module = PolicyModule(
        AutoModelForCausalLM.from_pretrained(weights, dtype=dtype, attn_implementation="sdpa").to(arithmetic)
    )
    return by_name(run(module, BATCH, changed(spec, token_budget=100_000)))


def by_name(done: Done) -> dict[str, Tensor]:
    """The gradient of an iteration's first step."""
    named = list(done.engine.module.named_parameters())
    parts = done.engine.gradients[0].split([p.numel() for _, p in named])
    return {name.removeprefix("lm."): part.reshape(p.shape) for (name, p), part in zip(named, parts, strict=True)}


def reference_of(weights: Path, folder: Path, seed: int) -> Path:
    """A policy near to that of `weights`."""
    model = AutoModelForCausalLM.from_pretrained(weights)
    nearby(PolicyModule(model), seed=seed).lm.save_pretrained(folder)
    return folder


def plain(weights: Path, reference: Path, batch: GroupBatch) -> Done:
    """An iteration of KL in one process of plain torch."""
    module, held = (
        PolicyModule(AutoModelForCausalLM.from_pretrained(each, attn_implementation="sdpa"))
        for each in (weights, reference)
    )
    return run(module, batch, changed(KL, token_budget=100_000), reference=held)


def apart(a: dict[str, Tensor], b: dict[str, Tensor]) -> float:
    assert a.keys() == b.keys()
    return difference(torch.cat([a[n].flatten() for n in sorted(a)]), torch.cat([b[n].flatten() for n in sorted(b)]))


def assert_identical(a: dict[str, Tensor], b: dict[str, Tensor]) -> None:
    assert a.keys() == b.keys()
    assert [name for name in a if not torch.equal(a[name], b[name])] == []


def gradients(
    trainers: Trainers, ways: list[tuple[int, int]], weights: Path, folder: Path, dtype: str = "float32"
) -> list[dict[str, Tensor]]:
    found = []
    for ranks, stage in ways:
        trainer = configured(trainers, ranks, stage, dtype)
        trainer.load("start", weights, None, ADAMW)
        metrics = trainer.train("next", BATCH, STEP, 0)["metrics"]
        found.append(gradient_in(saved(trainer, folder / f"{ranks}-{stage}-{dtype}")))
        norm = torch.cat([g.flatten() for g in found[-1].values()]).norm()
        assert metrics["grad_norm"] == pytest.approx(float(norm), rel=1e-5 if dtype == "float32" else 1e-2)
    return found


def assert_resumes(trainer: TrainerClient, weights: Path, folder: Path) -> None:
    """Saving, loading and going on gives the bits that going on gives."""
    trainer.load("start", weights, None, CLIPPED)
    trainer.train("one", BATCH, STEPS, 0)
    middle = saved(trainer, folder / "middle", weights)
    trainer.train("two", NEXT, STEPS, 1)
    wanted = saved(trainer, folder / "wanted")
    assert any(not torch.equal(middle[name], wanted[name]) for name in middle)
    trainer.load("one", folder / "middle", folder / "middle", CLIPPED)
    assert_identical(saved(trainer, folder / "loaded"), middle)
    trainer.train("two", NEXT, STEPS, 1)
    assert_identical(saved(trainer, folder / "found"), wanted)
    with safe_open(folder / "found" / "optimizer.safetensors", framework="pt") as file:
        assert file.metadata()["steps"] == "6"


@pytest.mark.slow
@pytest.mark.turn
def test_the_gradient_is_that_of_plain_torch_on_one_rank_and_on_two(
    trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    wanted = plain_gradient(weights, STEP)
    one, two = gradients(trainers, [(1, 0), (2, 2)], weights, tmp_path)
    assert apart(one, wanted) <= 1e-6
    assert apart(two, wanted) <= 1e-6
    assert apart(two, one) <= 1e-6


REFERENCES = [
    (1, 0),
    *(pytest.param(*each, marks=[pytest.mark.slow, pytest.mark.turn]) for each in ((2, 0), (2, 1), (2, 2), (2, 3))),
    pytest.param(1, 3, marks=pytest.mark.proof),
]


@pytest.mark.parametrize("ranks, stage", REFERENCES)
def test_the_gradient_of_the_kl_from_a_reference_and_from_the_next_one(
    ranks: int, stage: int, trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    """Beside a policy of any stage; the second reference takes the place of the first in the same processes."""
    trainer = configured(trainers, ranks, stage)
    first, second = (reference_of(weights, tmp_path / f"reference {seed}", seed) for seed in (7, 8))
    trainer.load("start", weights, None, ADAMW)
    trainer.refer("first", first)
    found, wanted = trainer.train("next", BATCH, KL, 0, "first")["metrics"], plain(weights, first, BATCH)
    assert apart(gradient_in(saved(trainer, tmp_path / "next", weights)), by_name(wanted)) <= 1e-6
    assert found["reference_kl"] == pytest.approx(wanted.result["metrics"]["reference_kl"], rel=1e-5)
    assert found["forward_calls"] > wanted.result["metrics"]["forward_calls"], "cut into pieces"
    pids = processes(trainer)
    trainer.refer("second", second)
    found = trainer.train("after", NEXT, KL, 1, "second")["metrics"]
    assert processes(trainer) == pids
    wanted, other = (plain(tmp_path / "next", each, NEXT).result["metrics"]["reference_kl"] for each in (second, first))
    assert found["reference_kl"] == pytest.approx(wanted, rel=1e-4)
    assert other != pytest.approx(wanted, rel=1e-2), "then this would not tell which reference was read"


def test_a_reference_that_the_ranks_do_not_hold_is_not_read(trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    trainer = configured(trainers, 1, 0)
    trainer.load("start", weights, None, ADAMW)
    trainer.refer("one", weights)
    with pytest.raises(TrainingError, match="policy start with reference one, not policy start with reference two"):
        trainer.train("next", BATCH, KL, 3, "two")
    assert trainer.reference is None and trainer.state is None


@pytest.mark.parametrize("ranks, stage", [(1, 0), pytest.param(2, 2, marks=pytest.mark.slow)])
def test_save_load_and_on_is_bit_identical(
    ranks: int, stage: int, trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    assert_resumes(configured(trainers, ranks, stage), weights, tmp_path)


@pytest.mark.slow
@pytest.mark.turn
def test_clipping_bounds_the_gradient_and_reports_its_norm(trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    limit = 0.01
    wanted = plain_gradient(weights, STEP)
    norm = torch.cat([g.flatten() for g in wanted.values()]).norm()
    assert norm > 10 * limit
    for ranks, stage in ((1, 0), (2, 2)):
        trainer = configured(trainers, ranks, stage)
        trainer.load("start", weights, None, replace(ADAMW, max_grad_norm=limit))
        assert trainer.train("next", BATCH, STEP, 0)["metrics"]["grad_norm"] == pytest.approx(float(norm), rel=1e-5)
        clipped = gradient_in(saved(trainer, tmp_path / f"{ranks}"))
        assert (
            apart(clipped, {n: g * (limit / norm) for n, g in wanted.items()}) <= 1e-3
        )  # the libraries add 1e-6 to the norm


def processes(trainer: TrainerClient) -> list[int]:
    assert trainer._processes is not None
    return [trainer._processes._process.pid, *trainer._processes.pids]


def gone(pids: list[int]) -> bool:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.1)
    return False


def explosive(weights: Path, folder: Path) -> Path:
    """The same policy, but the gradient of its last norm is 1e6 times larger."""
    model = AutoModelForCausalLM.from_pretrained(weights)
    with torch.no_grad():
        model.lm_head.weight.mul_(1e6)
        model.model.norm.weight.mul_(1e-6)
    model.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("ranks, stage", [(1, 0), pytest.param(2, 2, marks=pytest.mark.slow)])
def test_a_loss_that_is_not_finite_ends_the_ranks_and_the_trainer_goes_on_from_what_was_saved(
    ranks: int, stage: int, trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    trainer = configured(trainers, ranks, stage)
    log_probs = [[list(r) for r in group] for group in BATCH.engine_log_probs]
    log_probs[0][0][0] = float("nan")
    assert BATCH.scores[0][0] is not None
    trainer.load("start", weights, None, CLIPPED)
    trainer.train("one", BATCH, STEPS, 0)
    middle = saved(trainer, tmp_path / "middle", weights)
    pids = processes(trainer)
    with pytest.raises(
        TrainingError,
        match=r"iteration 4, minibatch 0, micro-batch \d+ of rank \d: the loss is nan on samples p0#0; the step was "
        "not applied",
    ):
        trainer.train("two", replace(BATCH, engine_log_probs=log_probs), STEP, 4)
    assert trainer.state is None
    assert gone(pids), "ranks with half a gradient live on"
    trainer.load("one", tmp_path / "middle", tmp_path / "middle", CLIPPED)  # in new processes
    assert_identical(saved(trainer, tmp_path / "loaded"), middle)
    trainer.train("two", NEXT, STEP, 1)


@pytest.mark.parametrize(
    "ranks, stage", [(1, 0), pytest.param(2, 2, marks=pytest.mark.slow), pytest.param(2, 3, marks=pytest.mark.slow)]
)
def test_a_gradient_that_is_not_finite_is_not_applied(
    ranks: int, stage: int, trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    trainer = configured(trainers, ranks, stage)
    trainer.load("start", explosive(weights, tmp_path / "explosive"), None, ADAMW)
    with pytest.raises(
        TrainingError,
        match=r"iteration 5, minibatch 0, micro-batch \d+ of rank \d: a gradient is not finite on samples p\d#\d.*not "
        "applied",
    ):
        trainer.train("next", BATCH, changed(STEP, entropy_coefficient=1e36), 5)
    assert trainer.state is None


@pytest.mark.slow
@pytest.mark.turn
def test_a_killed_rank_is_one_error_that_names_the_log_and_leaves_no_process(trainers: Trainers, weights: Path) -> None:
    trainer = configured(trainers, 2, 2)
    trainer.load("start", weights, None, CLIPPED)
    pids = processes(trainer)
    assert len(pids) == 3
    rank = psutil.Process(pids[2])
    before = rank.cpu_times().user

    def kill_in_the_middle() -> None:
        while rank.cpu_times().user < before + 0.5:  # of the hundreds of CPU seconds that the step takes
            time.sleep(0.02)
        rank.kill()

    killer = threading.Thread(target=kill_in_the_middle)
    killer.start()
    with pytest.raises(EngineError, match=rf"rank \d died in train.*{trainer._log}"):
        trainer.train("next", rollouts(prompts=1000, seed=32), changed(SPEC, token_budget=1), 1)
    killer.join()
    assert trainer.state is None
    assert gone(pids), "a process of the trainer is left"


# The full matrix.


@pytest.mark.slow
def test_a_policy_that_the_ranks_do_not_hold_is_not_trained(trainers: Trainers, weights: Path) -> None:
    trainer = configured(trainers, 1, 0)
    trainer.load("start", weights, None, ADAMW)
    trainer._state = "another"
    with pytest.raises(TrainingError, match="the ranks hold policy start, not policy another"):
        trainer.train("next", BATCH, STEP, 3)


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [pytest.param(1, marks=pytest.mark.proof), 2])
@pytest.mark.parametrize("stage", [0, 1, pytest.param(2, marks=pytest.mark.proof), 3])
@pytest.mark.turn
def test_every_stage_in_float32(stage: int, ranks: int, trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    (found,) = gradients(trainers, [(ranks, stage)], weights, tmp_path)
    assert apart(found, plain_gradient(weights, STEP)) <= 1e-6
    assert_resumes(configured(trainers, ranks, stage), weights, tmp_path / "resumes")


@pytest.mark.slow
@pytest.mark.parametrize("ranks", [pytest.param(1, marks=pytest.mark.proof), 2])
@pytest.mark.parametrize(
    "stage", [pytest.param(1, marks=pytest.mark.proof), pytest.param(2, marks=pytest.mark.proof), 3]
)
@pytest.mark.turn
def test_every_stage_in_bfloat16(stage: int, ranks: int, trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    # A policy nearer to uniform than the others': with theirs, bfloat16 itself costs 3e-2 in plain torch.
    model = AutoModelForCausalLM.from_pretrained(weights)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(0.5)
    weights = tmp_path / "gentle"
    model.save_pretrained(weights)
    (found,) = gradients(trainers, [(ranks, stage)], weights, tmp_path, "bfloat16")
    exact = plain_gradient(weights, STEP, torch.bfloat16)
    error = apart(found, exact)
    assert error <= 2e-2
    assert error <= 1.1 * apart(plain_gradient(weights, STEP, torch.bfloat16, torch.bfloat16), exact), (
        "worse than bfloat16 without DeepSpeed"
    )
    trainer = configured(trainers, ranks, stage, "bfloat16")
    assert_resumes(trainer, weights, tmp_path / "resumes")
    middle = load_file(tmp_path / "resumes" / "middle" / "optimizer.safetensors")
    weights_of = load_file(tmp_path / "resumes" / "middle" / "model.safetensors")
    for name, tensor in weights_of.items():
        master = middle[f"{name}/master"]
        assert tensor.dtype == torch.bfloat16 and master.dtype == torch.float32
        assert torch.equal(master.bfloat16(), tensor)
    assert any(not torch.equal(middle[f"{name}/master"], tensor.float()) for name, tensor in weights_of.items()), (
        "master weights are rounded"
    )


@pytest.mark.slow
@pytest.mark.turn
def test_ranks_that_slept_go_on_to_the_same_bits(trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    """The host is where the CPU holds all already, but DeepSpeed's buffers are taken down and built again."""
    trainer = configured(trainers, 2, 3, "bfloat16")
    found = []
    for slept in (False, True):
        trainer.load("start", weights, None, CLIPPED)
        trainer.train("one", BATCH, STEPS, 0)
        if slept:
            trainer.sleep()
            trainer.sleep()
        trainer.train("two", NEXT, STEPS, 1)
        found.append(saved(trainer, tmp_path / f"slept-{slept}"))
    assert_identical(*found)


@pytest.mark.slow
@pytest.mark.parametrize("stage", [pytest.param(1, marks=pytest.mark.proof), 2, 3])
@pytest.mark.turn
def test_three_ranks_divide_no_matrix_evenly(stage: int, trainers: Trainers, weights: Path, tmp_path: Path) -> None:
    """Each has a last part that is padded: gradients, files, and what goes on from them."""
    sizes = [parameter.numel() for parameter in AutoModelForCausalLM.from_pretrained(weights).parameters()]
    assert any(size % 3 for size in sizes) and sum(sizes) % 3
    (found,) = gradients(trainers, [(3, stage)], weights, tmp_path)
    assert apart(found, plain_gradient(weights, STEP)) <= 1e-6
    assert_resumes(configured(trainers, 3, stage), weights, tmp_path)


MORE_PAIRS = [
    pytest.param(*pair, marks=pytest.mark.proof) for pair in (((2, 2), (1, 0)), ((1, 1), (2, 3)), ((2, 3), (1, 1)))
]


@pytest.mark.slow
@pytest.mark.parametrize("first, second", [((1, 0), (2, 2)), *MORE_PAIRS])
@pytest.mark.turn
def test_resuming_on_another_number_of_ranks_and_stage(
    first: tuple[int, int], second: tuple[int, int], trainers: Trainers, weights: Path, tmp_path: Path
) -> None:
    trainer = configured(trainers, *first)
    trainer.load("start", weights, None, CLIPPED)
    trainer.train("one", BATCH, STEPS, 0)
    middle = saved(trainer, tmp_path / "middle", weights)
    trainer.train("two", NEXT, STEP, 1)
    wanted = saved(trainer, tmp_path / "wanted")
    other = configured(trainers, *second)
    other.load("one", tmp_path / "middle", tmp_path / "middle", CLIPPED)
    assert_identical(saved(other, tmp_path / "loaded"), middle)
    other.train("two", NEXT, STEP, 1)
    found = saved(other, tmp_path / "found")
    moved = {n: wanted[n] - middle[n] for n in wanted}
    assert apart({n: found[n] - middle[n] for n in wanted}, moved) <= 1e-4  # differences of float32 weights
    moments = [n for n in wanted if n.endswith("/exp_avg")]
    assert apart({n: found[n] for n in moments}, {n: wanted[n] for n in moments}) <= 1e-6
