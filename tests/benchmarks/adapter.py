"""Compares training an adapter with training the whole model: step, memory, and the way to vLLM.

    python -m tests.benchmarks.adapter MODEL [--rounds 5] [--dtypes float32 bfloat16] [--results FILE]

MODEL: a folder in Hugging Face format (tests/models/smollm2.py makes SmolLM2-135M). One rank, one thread, float32;
the adapter has rank 16 on every linear layer. Rounds take both ways in turn. `step`: seconds of an iteration's passes
and optimizer step, adapter against whole. `bytes`: of gradients and optimizer state, likewise. `hand_over`: seconds of
writing the policy and loading it into a living vLLM, of the adapter as it is, and of the adapter merged into the
weights, each against the whole model's. `audit`: mean and largest difference of vLLM's and the trainer's
log-probabilities of sampled tokens, nats.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from safetensors import safe_open
from transformers import AutoTokenizer

from specs.policy import Adapter
from tasks.checkpoint.adapter import write_first_adapter
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient
from tasks.rollout.protocol import Completions, PromptGroup, Sampling
from tasks.train.batch import GroupBatch
from tasks.train.settings import AdamWSettings
from tests.tasks.train.tools import OPTIONS, SPEC, changed

RESULTS = Path(__file__).parent / "results" / "adapter.json"
ADAPTER = Adapter(rank=16, alpha=32.0)
ADAMW = AdamWSettings(betas=(0.9, 0.999), adam_eps=1e-8, weight_decay=0.1, max_grad_norm=1.0)
STEP = changed(SPEC, learning_rate=2e-3, token_budget=1024)
SAMPLING = Sampling(temperature=1.0, max_tokens=64, stop_token_ids=(0, 2))
PROMPTS = ("Add the numbers 17 and 25.", "Name three colours.", "Why is the sky blue?", "Write a line about rain.")
SAMPLES = 4
WAYS = {
    "whole": {"adapter": False},
    "adapter": {"adapter": True},
    "merged": {"adapter": True, "as_it_is": False},
}


class Policy:
    """A policy on ranks of its own and on a vLLM of its own: the whole model, or an adapter beside it."""

    def __init__(self, model: Path, folder: Path, dtype: str, *, adapter: bool, as_it_is: bool = True) -> None:
        self.model, self.folder, self.adapter = model, folder, adapter
        folder.mkdir()
        first = None
        if adapter:
            first = folder / "first"
            first.mkdir()
            write_first_adapter(model, ADAPTER, 7, dtype, first)
        self.trainer = TrainerClient(replace(OPTIONS, dtype=dtype, zero_stage=1), folder / "trainer.log")
        options = {"max_model_len": 256, "dtype": dtype, "tensor_parallel_size": 1, "kv_cache_gib": 0.25}
        rank = ADAPTER.rank if adapter and as_it_is else 0
        self.engine = RolloutClient(
            "vllm", {**options, "adapter_rank": rank}, threads=2, devices=None, log=folder / "vllm.log", deadline_s=600
        )
        self.trainer.load("policy", model, None, ADAMW, first)
        self.rounds = 0

    def step(self, batch: GroupBatch) -> tuple[float, dict[str, Any]]:
        """Train an iteration; return its seconds and its metrics."""
        done = self.trainer.train("policy", batch, STEP, self.rounds)
        return done["seconds"]["steps"] + done["seconds"]["old_pass"], done["metrics"]

    def hand_over(self) -> float:
        """Bring the policy from the ranks to vLLM; return the seconds."""
        self.rounds += 1
        folder = self.folder / f"policy-{self.rounds}"
        started = time.perf_counter()
        self.trainer.save(folder, optimizer=False)
        for file in ("config.json",) if not self.adapter else ():
            (folder / file).write_bytes((self.model / file).read_bytes())
        if self.adapter:
            (folder / "adapter_config.json").write_bytes((self.folder / "first" / "adapter_config.json").read_bytes())
            self.engine.load(f"policy {self.rounds}", self.model, folder)
        else:
            self.engine.load(f"policy {self.rounds}", folder)
        return time.perf_counter() - started

    def bytes(self) -> int:
        """Return the bytes of moments and masters, and of as many float32 gradients as there are masters."""
        folder = self.folder / "state"
        self.trainer.save(folder, optimizer=True)
        with safe_open(folder / "optimizer.safetensors", framework="pt") as file:
            count = {name: 4 * math.prod(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        return sum(count.values()) + sum(size for name, size in count.items() if name.endswith("/master"))

    def close(self) -> None:
        """End the processes."""
        self.trainer.close()
        self.engine.close()


def sampled(policy: Policy, prompts: Sequence[tuple[int, ...]]) -> GroupBatch:
    """Return responses of the policy that vLLM holds, the first half of each group right."""
    groups = [
        PromptGroup(ids, tuple(1000 * policy.rounds + 10 * g + s for s in range(SAMPLES)))
        for g, ids in enumerate(prompts)
    ]
    return group_batch_of(
        prompts, policy.engine.generate(groups, SAMPLING), [float(s < SAMPLES // 2) for s in range(SAMPLES)]
    )


def group_batch_of(prompts: Sequence[tuple[int, ...]], done: Completions, scores: Sequence[float]) -> GroupBatch:
    """Return an engine's reply as a batch in which each group has the same scores."""
    samples = len(scores)
    rows = [list(islice(done, g * samples, (g + 1) * samples)) for g in range(len(prompts))]
    return GroupBatch(
        problem_ids=[str(g) for g in range(len(prompts))],
        prompt_ids=prompts,
        content=[range(len(ids)) for ids in prompts],
        response_ids=[[each.response_ids for each in row] for row in rows],
        engine_log_probs=[[each.logprobs for each in row] for row in rows],
        scores=[scores] * len(prompts),
    )


def measured(policies: Mapping[str, Policy], prompts: Sequence[tuple[int, ...]], rounds: int) -> dict[str, Any]:
    """Take `rounds` steps and hand-overs of each policy in turn, after one that is not counted; then audit each."""
    steps: dict[str, list[float]] = {name: [] for name in policies}
    ways: dict[str, list[float]] = {name: [] for name in policies}
    for policy in policies.values():
        policy.hand_over()
    batch = sampled(policies["whole"], prompts)  # one batch for all steps' seconds
    for number in range(rounds + 1):
        for name, policy in policies.items():
            if number == 0 or name != "merged":  # trained as the adapter is
                seconds, _ = policy.step(batch)
                steps[name] += [seconds] if number else []
            way = policy.hand_over()
            ways[name] += [way] if number else []
    audits = {name: policy.step(sampled(policy, prompts))[1] for name, policy in policies.items()}
    found = {
        "step_s": {name: statistics.median(values) for name, values in steps.items() if values},
        "hand_over_s": {name: statistics.median(values) for name, values in ways.items()},
        "bytes": {name: policy.bytes() for name, policy in policies.items() if name != "merged"},
        "audit_mean": {name: metrics["audit_mean"] for name, metrics in audits.items()},
        "audit_max": {name: metrics["audit_max"] for name, metrics in audits.items()},
    }
    for key in ("step_s", "hand_over_s", "bytes"):
        found[f"{key}_ratio"] = {name: value / found[key]["whole"] for name, value in found[key].items()}
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--dtypes", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    prompts = [tuple(tokenizer(text)["input_ids"]) for text in PROMPTS]
    found: dict[str, Any] = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count()}
    for dtype in arguments.dtypes:
        with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
            policies: dict[str, Policy] = {}
            for name, way in WAYS.items():
                policies[name] = Policy(arguments.model, Path(folder) / name, dtype, **way)
                stack.callback(policies[name].close)
            found[dtype] = measured(policies, prompts, arguments.rounds)
        text = json.dumps(found, indent=1)
        arguments.results.write_text(text + "\n")
        print(text, flush=True)


if __name__ == "__main__":
    main()
