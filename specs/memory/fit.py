"""The memory of one GPU in the two halves of an iteration, and the settings that make an experiment fit.

Trainer and engine share a GPU (`placement.layout: colocated`), or each has its own; the engine may sleep.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specs.memory import rollout, trainer
from specs.memory.activations import SHARED_ROW_LIMIT, MicroBatch
from specs.memory.gpu import CONTEXT, FRAGMENTATION, GIB, GRAPHS
from specs.memory.rollout import Engine, Share
from specs.memory.shapes import Shapes
from specs.memory.trainer import State, Terms
from specs.policy import Adapter
from specs.schema import Spec
from specs.sections import Placement

#: Changes of a spec by dotted key, as `--set` takes them.
Changes = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The memory of one GPU, in bytes by name, while the trainer works and while the engine does.

    `total` is the GPU's memory, None where the spec does not say it (`placement.gpu_memory_gib`); `share` the engine's
    settings, None without `total` and for another engine than vLLM, of which the weights alone are known.
    """

    training: Mapping[str, int]
    sampling: Mapping[str, int]
    total: int | None
    share: Share | None

    @property
    def excess(self) -> int:
        """Return by how many bytes the larger half exceeds the GPU; 0 where it fits, or that is not known."""
        if self.total is None:
            return 0
        return max(0, *(sum(half.values()) - self.total for half in (self.training, self.sampling)))


def micro_batch(spec: Spec) -> MicroBatch:
    """Return the largest micro-batch that a rank may get: a full token budget, of which everything is predicted.

    Rows that several responses share have at most SHARED_ROW_LIMIT tokens; they take more memory than longer ones.
    """
    prompt, response = spec.rollout.max_prompt_tokens, spec.rollout.max_response_tokens
    minibatch = spec.train.minibatch_prompts * spec.rollout.samples * (prompt + response)
    tokens = max(prompt + response, min(spec.train.token_budget, -(-minibatch // spec.placement.ranks)))
    width = min(SHARED_ROW_LIMIT, prompt + spec.rollout.samples * response, tokens)
    return MicroBatch(tokens, width, tokens, shared=True)


def engine_of(spec: Spec, shapes: Shapes, longest_response: int) -> Engine:
    """Return the spec's model on its rollout engine. `longest_response`: tokens, in training and in evaluations."""
    longest = spec.rollout.max_prompt_tokens + longest_response
    return Engine(shapes, State.of(spec).width, spec.placement.tensor_parallel, longest)


def held_by_trainer(state: State, shapes: Shapes) -> int:
    """Return the bytes that a trainer rank keeps on a GPU while the rollout engine works there."""
    return sum(trainer.held(state, shapes).values()) + CONTEXT


def share_of(
    engine: Engine,
    total: int,
    beside: State | None,
    *,
    utilization: float | None,
    sequences: int | None,
    batched: int | None,
) -> Share:
    """Return the engine's settings on GPUs of `total` bytes; None is derived.

    `beside`: what a trainer rank holds on the same GPU while the engine works; None where the engine is alone.
    """
    taken = 0 if beside is None else held_by_trainer(beside, engine.shapes)
    return rollout.share(engine, total, taken, utilization=utilization, sequences=sequences, batched=batched)


def utilization_of(placement: Placement) -> float | None:
    """Return the share of a GPU that the spec gives the engine; None where it is derived.

    Half of it where both work at once on the same GPU: neither gives up its memory for the other.
    """
    awake = placement.layout == "colocated" and placement.sleep == "none"
    return placement.gpu_memory_utilization or (0.5 if awake else None)


def estimate(spec: Spec, shapes: Shapes, longest_response: int) -> Estimate:
    """Return the memory of one GPU of the spec, or of one trainer rank's process and engine on the CPU."""
    placement = spec.placement
    training = _trainer(spec, shapes)
    engine = engine_of(spec, shapes, longest_response)
    total = None if placement.gpu_memory_gib is None else int(placement.gpu_memory_gib * GIB)
    if total is None or spec.rollout.engine != "vllm":
        return Estimate(training, {"weights": engine.weights}, total, None)
    beside = State.of(spec) if placement.layout == "colocated" else None
    share = share_of(
        engine,
        total,
        beside,
        utilization=utilization_of(placement),
        sequences=placement.max_num_seqs,
        batched=placement.max_num_batched_tokens,
    )
    sampling = rollout.terms(engine, share, total)
    if (cache := engine.longest * engine.cache_per_token) > sampling["KV cache"]:
        sampling["KV cache"] = cache  # less does not start
    if beside is not None and placement.sleep == "rollout":
        training["engine asleep"] = CONTEXT + GRAPHS
        sampling["trainer"] = held_by_trainer(beside, shapes)
    elif beside is not None:
        training["engine"], sampling["trainer"] = sum(sampling.values()), sum(training.values())
    return Estimate(training, sampling, total, share)


def remedy(spec: Spec, shapes: Shapes, longest_response: int) -> tuple[list[Changes], Estimate] | None:
    """Return changes of a spec that does not fit after which it does, and its memory then; None where none is found.

    The first single change that is enough, in the order of `_changes`; else changes one upon the other in that order,
    without those that are not needed in the end.
    """

    def tried(changes: Sequence[Changes]) -> Estimate:
        then = changed(spec, changes)
        shorter = then.rollout.max_response_tokens < spec.rollout.max_response_tokens
        return estimate(then, shapes, then.rollout.max_response_tokens if shorter else longest_response)

    every = list(_changes(spec))
    for change in every:
        if not (alone := tried([change])).excess:
            return [change], alone
    made: list[Changes] = []
    for change in every:
        if tried([*made, change]).excess < tried(made).excess:
            made.append(change)
        if not tried(made).excess:
            for each in list(made):
                without = [other for other in made if other is not each]
                made = made if tried(without).excess else without
            return made, tried(made)
    return None


def changed(spec: Spec, changes: Iterable[Changes]) -> Spec:
    """Return a spec with changes, of which the last one holds where two set the same key."""
    for key, value in (item for change in changes for item in change.items()):
        section, _, name = key.partition(".")
        spec = spec.model_copy(update={section: getattr(spec, section).model_copy(update={name: value})})
    return spec


def _changes(spec: Spec) -> Iterator[Changes]:
    """Yield the changes that may save memory, those that cost least first."""
    train, placement, prompt = spec.train, spec.placement, spec.rollout.max_prompt_tokens
    longest = prompt + spec.rollout.max_response_tokens
    if not train.gradient_checkpointing:
        yield {"train.gradient_checkpointing": True}
    budget = train.token_budget
    while budget > longest:
        budget = max(longest, budget // 2)
        yield {"train.token_budget": budget}
    for stage in range(max(2, train.zero_stage + 1), 4) if placement.ranks > 1 else ():
        yield {"train.zero_stage": stage}
    if placement.layout == "colocated":
        for gpus in (2, 4, 8):
            if gpus > placement.gpus:
                yield {"placement.gpus": gpus, "placement.ranks": gpus, "train.zero_stage": max(2, train.zero_stage)}
                yield {"placement.gpus": gpus, "placement.ranks": gpus, "train.zero_stage": 3}
    if placement.offload_optimizer == "none" and train.zero_stage:
        yield {"placement.offload_optimizer": "cpu"}
    if spec.policy.adapter is None:
        yield {"policy.adapter": Adapter()}
    free = placement.gpus if placement.layout == "colocated" else placement.gpus - placement.ranks
    for split in (2, 4, 8):
        if placement.tensor_parallel < split <= free and free % split == 0:
            yield {"placement.tensor_parallel": split}
    response = spec.rollout.max_response_tokens
    while response > 256:
        response //= 2
        yield {"rollout.max_response_tokens": response, "train.token_budget": prompt + response}


def _trainer(spec: Spec, shapes: Shapes) -> Terms:
    """Return the terms of a trainer rank at its peak; on a GPU with what the allocator loses, and CUDA's own."""
    on_gpu = spec.placement.gpus > 0
    terms = trainer.peak(
        State.of(spec),
        shapes,
        micro_batch(spec),
        checkpointed=spec.train.gradient_checkpointing,
        temperature=spec.rollout.temperature,
        entropy_gradient=spec.objective.entropy_coefficient > 0,
        device="gpu" if on_gpu else "cpu",
    )
    if not on_gpu:
        return terms
    return {**terms, "context and fragmentation": CONTEXT + int(FRAGMENTATION * sum(terms.values()))}
