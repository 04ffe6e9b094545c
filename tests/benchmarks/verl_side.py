"""verl's half of verl_differential.py, which runs in an environment with verl, without this repository.

Reads the cases from stdin (JSON, written by verl_differential.theirs) and writes verl's loss of each, and its gradient
by the tokens' log-probabilities, to stdout. A case is a list of micro-batches, whose losses verl adds up under one
divisor.
"""

from __future__ import annotations

import contextlib
import json
import sys
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor
from verl.trainer.ppo.core_algos import get_policy_loss_fn
from verl.workers.config import ActorConfig, PolicyLossConfig


def padded(rows: list[list[float]], longest: int) -> Tensor:
    """Return rows of unequal lengths as a matrix [rows, longest], float64, zeros behind."""
    return torch.tensor([row + [0.0] * (longest - len(row)) for row in rows], dtype=torch.float64)


def settings(case: dict[str, Any]) -> ActorConfig:
    """Return the part of an actor's configuration that the losses read."""
    return ActorConfig(
        strategy="fsdp",
        rollout_n=1,
        ppo_micro_batch_size_per_gpu=1,
        clip_ratio=case["clip_low"],
        clip_ratio_low=case["clip_low"],
        clip_ratio_high=case["clip_high"],
        clip_ratio_c=case["clip_c"],
        policy_loss=PolicyLossConfig(loss_mode=case["loss"], **case["policy_loss"]),
    )


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """Return verl's loss of a case, and its gradient by each token's log-probability, response by response."""
    config, compute = settings(case), get_policy_loss_fn(case["loss"])
    tokens = sum(len(row) for batch in case["micro_batches"] for row in batch["now"])
    config.global_batch_info["batch_num_tokens"], config.global_batch_info["dp_size"] = tokens, 1
    torch.manual_seed(case["seed"])  # verl draws from torch's global generator
    total, gradients = 0.0, []
    for batch in case["micro_batches"]:
        lengths = [len(row) for row in batch["now"]]
        now, old = (padded(batch[name], max(lengths)) for name in ("now", "old"))
        now.requires_grad_()
        mask = padded([[1.0] * length for length in lengths], max(lengths))
        advantages = torch.tensor(batch["advantages"], dtype=torch.float64)[:, None] * mask
        loss, _ = compute(
            old_log_prob=old,
            log_prob=now,
            advantages=advantages,
            response_mask=mask,
            loss_agg_mode="token-mean",
            config=config,
            rollout_is_weights=None,
        )
        loss.backward()
        assert now.grad is not None
        total += loss.item()
        gradients += [row[:length].tolist() for row, length in zip(now.grad, lengths, strict=True)]
    return {"loss": total, "gradient": gradients}


def main() -> None:
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        replies = {name: answer(case) for name, case in asked.items()}
    print(json.dumps({"cases": replies, "versions": {name: version(name) for name in ("verl", "torch")}}))


if __name__ == "__main__":
    main()
