"""The twelve checks of the GPU path: `make gpu` on a machine with one, where they take a 7B model's sizes.

Nothing of it was run on a GPU yet. On the CPU they run small, so that they are whole when a GPU is there: what a CPU
cannot have (its card's memory, its kernels) is left out there, and each docstring says what. Figures go to the file of
`--results`. One rank, because NCCL takes one for each GPU. What decides most comes first.
"""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.nn.attention.flex_attention import create_block_mask, flex_attention
from torch.nn.functional import scaled_dot_product_attention

from specs.memory.activations import MicroBatch
from specs.memory.shapes import shapes
from specs.memory.trainer import State, peak
from specs.paths import REPOSITORY_ROOT
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient
from tasks.rollout.protocol import PromptGroup, Sampling
from tasks.train.batch import GroupBatch
from tasks.train.layout import SHARED_ROW_LIMIT, micro_batches, rows_of
from tasks.train.memory import TokenBudget, largest
from tests.benchmarks.memory_side import ADAMW
from tests.gpu.side import batch, full
from tests.gpu.sizes import DEVICE, ON_GPU, SIZES, write_weights
from tests.tasks.train.tools import OPTIONS, SPEC, changed

pytestmark = pytest.mark.gpu
Record = Callable[[str, object], None]
STEP = changed(SPEC, learning_rate=1e-6, token_budget=SIZES.tokens)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("gpu") / "weights")


@pytest.fixture()
def trainer(tmp_path: Path) -> Iterator[TrainerClient]:
    options = replace(OPTIONS, dtype="bfloat16", zero_stage=3, gradient_checkpointing=True)
    made = TrainerClient(replace(options, devices="0" if ON_GPU else None), tmp_path / "trainer.log")
    yield made
    made.stop()


def on_a_rank(check: str, weights: Path, **variables: str) -> dict[str, Any]:
    """What a check of side.py finds, in a process of its own."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rank = {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    done = subprocess.run(
        [sys.executable, "-m", "tests.gpu.side", check, "--weights", str(weights)],
        env={**os.environ, **rank, "DS_ACCELERATOR": DEVICE, "OMP_NUM_THREADS": "1", **variables},
        cwd=REPOSITORY_ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    return found


@pytest.mark.slow
def test_2_a_step_of_7b_layers_takes_the_memory_that_the_model_says(weights: Path, record_property: Record) -> None:
    """The peak is compared on a GPU alone; tests/specs/memory/test_measured.py does it on the CPU."""
    found = on_a_rank("step", weights)
    row = SIZES.prompt + SIZES.length
    micro = MicroBatch(len(full()) * row, row, len(full()) * (row - 1), shared=False)
    terms = peak(
        State(2, 1, 3, False, None),
        shapes(SIZES.config),
        micro,
        checkpointed=True,
        temperature=1.0,
        entropy_gradient=False,
    )
    record_property("step", {**found, "predicted_bytes": sum(terms.values())})
    assert math.isfinite(found["norm"]) and found["norm"] > 0
    if ON_GPU:
        assert sum(terms.values()) == pytest.approx(found["peak_bytes"], rel=0.15), terms


@pytest.mark.slow
def test_3_the_size_of_a_block_of_logits_changes_no_gather_and_no_gradient(
    weights: Path, record_property: Record
) -> None:
    found = on_a_rank("blocks", weights)
    record_property("blocks", found)
    settled = found["gathers"][4:]
    assert len(set(settled)) == 1 and found["gathers"][2:4] == settled[:2]
    small, large = found["errors"]
    assert small <= 1.5 * large, "64 blocks are further from float32 than two"


@pytest.mark.slow
def test_6_a_new_process_goes_on_from_what_was_saved(
    weights: Path, trainer: TrainerClient, tmp_path: Path, record_property: Record
) -> None:
    trainer.load("start", weights, None, ADAMW)
    groups = batch(full())
    trainer.train("one", groups, STEP, 0)
    seconds = trainer.save(tmp_path / "saved", optimizer=True)
    (tmp_path / "saved" / "config.json").write_text((weights / "config.json").read_text())
    record_property(
        "gb_per_second", sum(each.stat().st_size for each in (tmp_path / "saved").iterdir()) / seconds / 1e9
    )
    wanted = trainer.train("two", groups, STEP, 1)["metrics"]
    trainer.stop()
    trainer.load("one", tmp_path / "saved", tmp_path / "saved", ADAMW)
    found = trainer.train("two", groups, STEP, 1)["metrics"]
    assert found["grad_norm"] == pytest.approx(wanted["grad_norm"], rel=1e-2 if ON_GPU else 0)


@pytest.mark.slow
@pytest.mark.skipif(not ON_GPU, reason="tests/tasks/train/test_out_of_memory.py does it on the CPU, by a limit")
def test_8_a_step_that_does_not_fit_is_halved(weights: Path, trainer: TrainerClient) -> None:
    groups = batch([SIZES.length] * (SIZES.budget_too_large // (SIZES.prompt + SIZES.length)))

    def attempt(budget: int) -> dict[str, Any]:
        trainer.load("start", weights, None, ADAMW)
        return trainer.train("one", groups, replace(STEP, token_budget=budget), 0)["metrics"]

    passes = groups.passes(STEP.minibatch_prompts)
    found, recorded = TokenBudget().run(attempt, lambda: passes, 1, SIZES.budget_too_large)
    assert largest(passes, 1, recorded["token_budget"]) < largest(passes, 1, SIZES.budget_too_large)
    assert found["grad_norm"] == pytest.approx(attempt(SIZES.tokens)["grad_norm"], rel=1e-2)


@pytest.mark.slow
@pytest.mark.parametrize("expandable", [False, True])
def test_9_memory_does_not_grow_from_iteration_to_iteration(
    expandable: bool, weights: Path, record_property: Record
) -> None:
    """On the CPU the iterations run; torch reserves nothing there."""
    found = on_a_rank("growth", weights, PYTORCH_ALLOC_CONF=f"expandable_segments:{expandable}")["reserved"]
    record_property("reserved", found)
    if expandable:
        assert found[-1] <= 1.05 * found[0]


def test_11_packed_rows_are_fuller_than_padded_ones(record_property: Record) -> None:
    """The share of tokens that are no padding, of 32 log-normal responses. Their gradient and s wait for packed rows.

    Rows hold the responses of one group yet (tasks/train/layout.py); tests/tasks/train/test_batching.py has the
    gradients.
    """
    torch.manual_seed(0)
    lengths = (torch.randn(32).mul(0.8).add(math.log(200)).exp().clamp(1, 900).long()).tolist()

    def useful(limit: int) -> float:
        rows = [
            row for g in range(4) for row in rows_of(g, 64, dict(enumerate(lengths[8 * g : 8 * g + 8])), limit=limit)
        ]
        batches = micro_batches(rows, 4096)
        return sum(row.length for row in rows) / sum(len(each) * each[0].length for each in batches)

    alone, shared = useful(1), useful(SHARED_ROW_LIMIT)
    record_property("useful_share", {"alone": alone, "shared": shared})
    assert alone < shared <= 1


@pytest.mark.skipif(not ON_GPU, reason="check 1 is of a GPU: DeepSpeed from a wheel, on CUDA, without nvcc")
def test_1_deepspeed_needs_no_compiler_of_cuda(weights: Path) -> None:
    assert math.isfinite(on_a_rank("step", weights, PATH="/usr/bin:/bin", CUDA_HOME="/nowhere")["norm"])


def test_4_kernels_of_attention_agree(record_property: Record) -> None:
    """Flash without a mask, which only a GPU has by that name; FlexAttention over packed rows."""
    length, width = (8192, 128) if ON_GPU else (128, 16)
    dtype = torch.bfloat16 if ON_GPU else torch.float32
    torch.manual_seed(0)
    q, k, v = (torch.randn(1, 4, length, width, device=DEVICE, dtype=dtype) for _ in range(3))
    segment = torch.arange(length, device=DEVICE) // (length // 4)

    def within(b: Any, h: Any, i: Any, j: Any) -> Any:
        return (i >= j) & (segment[i] == segment[j])

    i = torch.arange(length, device=DEVICE)
    dense = (i[:, None] >= i) & (segment[:, None] == segment)
    packed = torch.compile(flex_attention) if ON_GPU else flex_attention
    found = packed(q, k, v, block_mask=create_block_mask(within, None, None, length, length, device=DEVICE))
    wanted = scaled_dot_product_attention(q, k, v, attn_mask=dense)
    tolerance = 2e-2 if ON_GPU else 1e-5
    torch.testing.assert_close(found, wanted, rtol=tolerance, atol=tolerance)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):  # an error where it cannot be had
        flash = scaled_dot_product_attention(q, k, v, is_causal=True)
    with sdpa_kernel(SDPBackend.MATH):
        plain = scaled_dot_product_attention(q[:, :1], k[:, :1], v[:, :1], is_causal=True)
    torch.testing.assert_close(flash[:, :1], plain, rtol=tolerance, atol=tolerance)


@pytest.mark.slow
def test_5_one_batch_twice(weights: Path, record_property: Record) -> None:
    """Bit by bit on the CPU; on a GPU it is recorded whether."""
    first, second = on_a_rank("twice", weights)["norms"]
    record_property("bitwise", first == second)
    assert first == second if not ON_GPU else first == pytest.approx(second, rel=1e-3)


def test_7_ways_of_adamw_agree(record_property: Record) -> None:
    """A step over all numbers of a 3B model's share at once; s of each way are recorded on a GPU."""
    found = {}
    for way in ("foreach", "fused"):
        torch.manual_seed(0)
        parameter = torch.nn.Parameter(torch.randn(SIZES.flat, device=DEVICE))
        parameter.grad = torch.randn_like(parameter)
        optimizer = torch.optim.AdamW([parameter], lr=1e-3, **{way: True})
        optimizer.step()
        if ON_GPU:
            began, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            began.record()
            optimizer.step()
            ended.record()
            torch.cuda.synchronize()
            record_property(way, began.elapsed_time(ended) / 1e3)
        found[way] = parameter.detach()[:100_000].cpu()
        del parameter, optimizer
    torch.testing.assert_close(found["foreach"], found["fused"], rtol=1e-6, atol=1e-6)


@pytest.mark.slow
def test_10_the_trainer_agrees_with_an_engine_on_a_long_sample(
    weights: Path, trainer: TrainerClient, tmp_path: Path, record_property: Record
) -> None:
    """The transformers engine: vLLM's log-probabilities are audited in each iteration of a run."""
    engine = RolloutClient(
        "transformers",
        {"dtype": "bfloat16"},
        threads=1,
        devices="0" if ON_GPU else None,
        log=tmp_path / "rollout.log",
        deadline_s=300,
    )
    try:
        engine.load("start", weights)
        prompt = list(range(SIZES.prompt))
        [sample] = engine.generate([PromptGroup(tuple(prompt), (1,))], Sampling(1.0, SIZES.long, (0,)))
    finally:
        engine.stop()
    groups = GroupBatch(
        problem_ids=["p"],
        prompt_ids=[prompt],
        content=[prompt],
        response_ids=[[list(sample.response_ids)]],
        engine_log_probs=[[list(sample.logprobs)]],
        scores=[[1.0]],
    )
    trainer.load("start", weights, None, ADAMW)
    found = trainer.train("one", groups, STEP, 0)["metrics"]["audit_mean"]
    record_property("audit_mean", found)
    assert found < 0.1


@pytest.mark.slow
def test_12_communication_in_float32_and_overlapped_gives_the_same_norm(weights: Path) -> None:
    ours, plain = (on_a_rank("communication", weights, COMMUNICATION=way)["norm"] for way in ("ours", "plain"))
    assert ours == pytest.approx(plain, rel=1e-3)
