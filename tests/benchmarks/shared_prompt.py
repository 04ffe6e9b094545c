"""Measures an update whose groups share the forward and backward pass over their prompt, against one without sharing.

    python -m tests.benchmarks.shared_prompt

One thread and the quickstart's tiny policy (2 layers, d 128); prints one line of JSON. Both ways are timed in turn.
Tokens are prompt and response tokens, the prompt's counted once for each response, however they went through the model.
"""

from __future__ import annotations

import json
import statistics
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from tasks.train.batch import MicroBatch, micro_batch
from tasks.train.forward import PolicyModule
from tasks.train.layout import SHARED_ROW_LIMIT, micro_batches, rows_of
from tests.tasks.train.tools import VOCABULARY, rollouts

PROMPTS, SAMPLES, BUDGET, ROUNDS = 16, 16, 8192, 15


def main() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=128,
        intermediate_size=512,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
    )
    module = PolicyModule(LlamaForCausalLM(config))
    batch = rollouts(prompts=PROMPTS, samples=SAMPLES, not_judged=0.0, longest=12)
    tokens = sum(len(batch.prompt_ids[g]) + len(r) for g, group in enumerate(batch.response_ids) for r in group)

    def cut(limit: int) -> list[MicroBatch]:
        rows = []
        for g, group in enumerate(batch.response_ids):
            rows += rows_of(g, len(batch.prompt_ids[g]), {s: len(r) for s, r in enumerate(group)}, limit=limit)
        return [micro_batch(part, batch) for part in micro_batches(rows, BUDGET)]

    def seconds(micros: list[MicroBatch]) -> float:
        started = time.perf_counter()
        for micro in micros:
            module(
                micro.input_ids, micro.position_ids, micro.mask, micro.source, micro.target
            ).log_probs.sum().backward()
        return time.perf_counter() - started

    ways = {"shared": cut(SHARED_ROW_LIMIT), "unshared": cut(1)}
    times: dict[str, list[float]] = {name: [] for name in ways}
    for micros in ways.values():
        seconds(micros)  # first use
    for _ in range(ROUNDS):
        for name, micros in ways.items():
            times[name].append(seconds(micros))
    best = {name: min(values) for name, values in times.items()}
    print(
        json.dumps(
            {
                "tokens": tokens,
                "computed": {name: sum(m.input_ids.numel() for m in micros) for name, micros in ways.items()},
                "tokens_per_s": {name: round(tokens / value) for name, value in best.items()},
                "ratio": round(best["unshared"] / best["shared"], 2),
                "ratio_of_medians": round(statistics.median(times["unshared"]) / statistics.median(times["shared"]), 2),
            }
        )
    )


if __name__ == "__main__":
    main()
