"""The memory of a vLLM engine on one GPU, and the settings of `placement` that follow from it.

vLLM 0.32 takes a share of the GPU's memory (`gpu_memory_utilization`): weights, the activations of a step of
`max_num_batched_tokens`, and the key-value cache, which gets the rest. Its CUDA graphs come on top.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from specs.memory.gpu import CONTEXT, GRAPHS
from specs.memory.shapes import Shapes

Terms = dict[str, int]

UTILIZATION = 0.92  # at most: vLLM's own default
SEQUENCES = 256  # at most: vLLM's own default for GPUs below 70 GiB
BATCHED = (8192, 4096, 2048)  # vLLM's own default for GPUs below 70 GiB, and less
ACTIVATIONS = 1 / 16  # of the share, at most, where `max_num_batched_tokens` is derived


@dataclass(frozen=True, slots=True)
class Share:
    """The engine's settings: those that the spec gives, the others derived."""

    gpu_memory_utilization: float
    max_num_seqs: int
    max_num_batched_tokens: int


@dataclass(frozen=True, slots=True)
class Engine:
    """The model as the engine holds it. `width`: bytes of a number; `longest`: tokens of prompt and response."""

    shapes: Shapes
    width: int
    tensor_parallel: int
    longest: int

    @property
    def weights(self) -> int:
        """Return the bytes of the weights on one of the replica's GPUs."""
        return -(-self.shapes.parameters * self.width // self.tensor_parallel)

    @property
    def cache_per_token(self) -> int:
        """Return the bytes of a token's keys and values of all layers on one GPU, which has a part of the heads."""
        key_value_heads = self.shapes.key_value // self.shapes.head_size
        split = min(self.tensor_parallel, key_value_heads)
        return 2 * self.shapes.layers * (self.shapes.key_value // split) * self.width

    def step_bytes(self, tokens: int) -> int:
        """Return the bytes of a step's activations: gate, up and their product, q, k, v, and the residual stream."""
        shapes = self.shapes
        split = (3 * shapes.intermediate + shapes.query + 2 * shapes.key_value) // self.tensor_parallel
        return tokens * self.width * (split + 4 * shapes.hidden)

    def logits_bytes(self, sequences: int) -> int:
        """Return the bytes of a step's logits: four float32 copies of [sequences, vocabulary] in the sampler."""
        return 16 * sequences * self.shapes.vocabulary


def share(
    engine: Engine,
    total: int,
    taken: int,
    *,
    utilization: float | None = None,
    sequences: int | None = None,
    batched: int | None = None,
) -> Share:
    """Return the engine's settings on a GPU of `total` bytes of which others hold `taken` while it works.

    None is derived. The share is what is left, in whole per cents, without the CUDA graphs. Tokens a step: the most of
    `BATCHED` whose activations take a sixteenth of the share. Samples side by side: as many as the cache holds when
    each is half grown, as samples are on average; where all grow longer at once, vLLM computes some of them again.
    """
    if utilization is None:
        left = math.floor(100 * (total - taken - GRAPHS) / total) / 100
        utilization = min(UTILIZATION, max(0.01, left))
    room = int(utilization * total)
    if batched is None:
        batched = next((each for each in BATCHED if engine.step_bytes(each) <= ACTIVATIONS * room), BATCHED[-1])
    if sequences is None:
        cache = room - engine.weights - engine.step_bytes(batched) - CONTEXT
        each = engine.cache_per_token * (engine.longest // 2 + 1) + engine.logits_bytes(1)
        sequences = max(1, min(SEQUENCES, batched, cache // each))
    return Share(utilization, sequences, max(batched, sequences))


def terms(engine: Engine, settings: Share, total: int) -> Terms:
    """Return the terms of a working engine on a GPU of `total` bytes; its cache is what the others leave of its share.

    Negative where they leave none.
    """
    fixed = {
        "weights": engine.weights,
        "activations": engine.step_bytes(settings.max_num_batched_tokens),
        "logits": engine.logits_bytes(settings.max_num_seqs),
    }
    room = int(settings.gpu_memory_utilization * total)
    return {**fixed, "KV cache": room - sum(fixed.values()) - CONTEXT, "context and graphs": CONTEXT + GRAPHS}


def least_bytes(engine: Engine, settings: Share) -> int:
    """Return the bytes of an engine whose cache holds one sample at its longest, below which vLLM does not start."""
    cache = engine.longest * engine.cache_per_token
    step = engine.step_bytes(settings.max_num_batched_tokens) + engine.logits_bytes(settings.max_num_seqs)
    return engine.weights + cache + step + CONTEXT + GRAPHS
