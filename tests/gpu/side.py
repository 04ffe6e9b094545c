"""Checks in a process of one real rank, each started anew: `python -m tests.gpu.side CHECK --weights FOLDER`.

Prints one line of JSON. Nothing here was run on a GPU yet.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import deepspeed
import torch

from tasks.train import deepspeed_engine, forward
from tasks.train.batch import GroupBatch, micro_batch
from tasks.train.layout import Row
from tasks.train.rank import TrainingRank
from tasks.train.settings import OptimizerOptions
from tests.benchmarks.memory_side import ADAMW
from tests.gpu.sizes import ON_GPU, SIZES


def batch(lengths: Sequence[int]) -> GroupBatch:
    """Return a group of one response for each of `lengths`, tokens."""
    draw = torch.Generator().manual_seed(5)

    def tokens(count: int) -> list[int]:
        return torch.randint(SIZES.vocabulary, (count,), generator=draw).tolist()

    return GroupBatch(
        problem_ids=[f"p{i}" for i in range(len(lengths))],
        prompt_ids=[tokens(SIZES.prompt) for _ in lengths],
        content=[list(range(SIZES.prompt)) for _ in lengths],
        response_ids=[[tokens(length)] for length in lengths],
        engine_log_probs=[[[-1.0] * length] for length in lengths],
        scores=[[float(i % 2)] for i in range(len(lengths))],
    )


def loaded(weights: Path, stage: int = 3) -> Any:
    """Return a training engine in bfloat16, in the process of a real rank."""
    rank = TrainingRank(threads=1)
    options = OptimizerOptions(ADAMW, stage, offload_optimizer=False, gradient_checkpointing=True)
    rank.load(state="start", weights=str(weights), optimizer=None, dtype="bfloat16", options=options)
    return rank._engine


def accumulate(engine: Any, lengths: Sequence[int]) -> None:
    """Accumulate the gradient of the mean log-probability of responses of `lengths` tokens, one micro-batch."""
    groups = batch(lengths)
    rows = [Row(i, (0,), SIZES.prompt + length) for i, length in enumerate(lengths)]
    inputs = micro_batch(rows, groups).inputs(engine.device)
    assert engine.accumulate([lambda: -engine.forward(**inputs).log_probs.mean()]) == []


def full() -> list[int]:
    """Return as many equal responses as the token budget takes."""
    return [SIZES.length] * (SIZES.tokens // (SIZES.prompt + SIZES.length))


def synchronised() -> float:
    """Return the time, s, once the device has done what it was given."""
    if ON_GPU:
        torch.cuda.synchronize()
    return time.monotonic()


def step(weights: Path) -> dict[str, Any]:
    """Check 2: norm, tokens a second and, on a GPU, the peak of its memory."""
    engine = loaded(weights)
    accumulate(engine, full())  # kernels are chosen, and ZeRO-3 learns the order of the layers
    engine.apply(1e-6)
    began = synchronised()
    accumulate(engine, full())
    accumulate(engine, full())
    norm = engine.apply(1e-6)
    seconds = synchronised() - began
    tokens = 2 * sum(SIZES.prompt + length for length in full())
    peak = torch.cuda.max_memory_allocated() if ON_GPU else 0
    return {"norm": norm, "tokens_per_second": tokens / seconds, "peak_bytes": peak}


def blocks(weights: Path) -> dict[str, Any]:
    """Check 3: small and large blocks of logits, lengths in turn: s, calls that gather weights, gradients of the head.

    The gradients are those of a frozen copy of the head, in the order [small, large, float32].
    """
    engine = loaded(weights)
    gather, gathers = deepspeed.comm.allgather_fn, [0]

    def counted(*arguments: Any, **named: Any) -> Any:
        gathers[0] += 1
        return gather(*arguments, **named)

    deepspeed.comm.allgather_fn = counted
    found: dict[str, Any] = {"seconds": [], "gathers": []}
    whole = SIZES.tokens * SIZES.vocabulary
    for size in (whole // 64, whole):
        forward.LOGITS_BLOCK = size
        for lengths in (full(), [SIZES.length // 2] * len(full())) * 2:
            before, began = gathers[0], synchronised()
            accumulate(engine, lengths)
            engine.apply(0.0)
            found["seconds"].append(synchronised() - began)
            found["gathers"].append(gathers[0] - before)
    torch.manual_seed(1)
    count = min(4096, SIZES.tokens)
    hidden = torch.randn(count, SIZES.hidden, device=engine.device, dtype=torch.bfloat16)
    target = torch.randint(SIZES.vocabulary, (count,), device=engine.device)
    head = torch.nn.Linear(SIZES.hidden, SIZES.vocabulary, bias=False, device=engine.device, dtype=torch.bfloat16)

    def gradient(head: torch.nn.Module, hidden: torch.Tensor, size: int) -> torch.Tensor:
        forward.LOGITS_BLOCK = size
        numbers = forward.token_stats(
            hidden, head, target, most=count, vocabulary=SIZES.vocabulary, temperature=1.0, entropy_gradient=False
        )
        [found] = torch.autograd.grad(numbers.log_probs.sum(), list(head.parameters()))
        return found.float()

    small, large = (gradient(head, hidden, count * SIZES.vocabulary // parts) for parts in (64, 2))
    wanted = gradient(head.float(), hidden.float(), count * SIZES.vocabulary // 2)
    errors = [float((each - wanted).norm() / wanted.norm()) for each in (small, large)]
    return {**found, "errors": errors}


def twice(weights: Path) -> dict[str, Any]:
    """Check 5: the norms of the gradients of one batch, accumulated twice at a learning rate of 0."""
    engine = loaded(weights, stage=1)
    norms = []
    for _ in range(2):
        accumulate(engine, full())
        norms.append(engine.apply(0.0))
    return {"norms": norms}


def growth(weights: Path) -> dict[str, Any]:
    """Check 9: memory that torch's allocator has reserved after each of five iterations of other lengths, bytes."""
    engine = loaded(weights)
    reserved = []
    for iteration in range(5):
        length = SIZES.length * (5 - iteration % 3) // 5
        accumulate(engine, [length] * len(full()))
        engine.apply(0.0)
        reserved.append(torch.cuda.memory_reserved() if ON_GPU else 0)
    return {"reserved": reserved}


def communication(weights: Path) -> dict[str, Any]:
    """Check 12: the norm with this configuration, or (COMMUNICATION=plain) in bfloat16 and without overlap."""
    if os.environ["COMMUNICATION"] == "plain":
        ours = deepspeed_engine.deepspeed_config

        def plain(*arguments: Any) -> dict[str, Any]:
            config = ours(*arguments)
            del config["communication_data_type"]
            config["zero_optimization"]["overlap_comm"] = False
            return config

        deepspeed_engine.deepspeed_config = plain
    engine = loaded(weights)
    accumulate(engine, full())
    return {"norm": engine.apply(0.0)}


CHECKS = {each.__name__: each for each in (step, blocks, twice, growth, communication)}


def main() -> None:
    """Run the check that the command line names."""
    parser = argparse.ArgumentParser()
    parser.add_argument("check", choices=sorted(CHECKS))
    parser.add_argument("--weights", required=True, type=Path)
    arguments = parser.parse_args()
    print(json.dumps(CHECKS[arguments.check](arguments.weights)), flush=True)
    os._exit(0)  # gloo may abort at an orderly exit


if __name__ == "__main__":
    main()
