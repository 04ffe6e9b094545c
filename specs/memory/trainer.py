"""The memory of one trainer rank: what DeepSpeed holds at each ZeRO stage, and its phases.

Rajbhandari et al. 2020 (ZeRO, arXiv 1910.02054, section 3.1): weights in the policy's dtype, float32 master copies and
AdamW's two moments, each divided by the ranks from the stage that partitions it. What it does not have, and DeepSpeed
0.19 does: flat copies, buckets, a float32 accumulator beside bfloat16 gradients. N is the number of trained parameters,
R of ranks, w the bytes of a number in the policy's dtype.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specs.memory import activations
from specs.memory.activations import MicroBatch
from specs.memory.shapes import Shapes
from specs.policy import Adapter
from specs.schema import Spec

Terms = dict[str, int]

BUCKET = 500_000_000  # elements at most: tasks/train/deepspeed_config.py
LIVE = 1_000_000_000  # elements that ZeRO-3 keeps gathered at most: its max_live_parameters
SUB_GROUP = 1_000_000_000  # elements that ZeRO-3 steps at a time: its sub_group_size
#: float32 copies of a partition that AdamW's step makes: torch's loop on the CPU, its foreach on a GPU.
STEP_COPIES = {"cpu": 2, "gpu": 1}


@dataclass(frozen=True, slots=True)
class State:
    """The settings that decide what a rank holds; values of JSON.

    `width`: bytes of a number in the policy's dtype. `offload`: masters and moments are on the host. `adapter`: the
    section `policy.adapter`, or None. `reference`: a frozen copy of a policy is held, divided by the ranks. `sleeps`:
    all but that copy is on the host while the rollout engine works.
    """

    width: int
    ranks: int
    zero_stage: int
    offload: bool
    adapter: Mapping[str, Any] | None
    reference: bool = False
    sleeps: bool = False

    @classmethod
    def of(cls, spec: Spec) -> State:
        """Return the state that a spec's ranks hold."""
        adapter = spec.policy.adapter
        return cls(
            width=4 if spec.policy.dtype == "float32" else 2,
            ranks=spec.placement.ranks,
            zero_stage=spec.train.zero_stage,
            offload=spec.placement.offload_optimizer == "cpu",
            adapter=None if adapter is None else adapter.model_dump(mode="json"),
            reference=spec.reference_at(0) is not None,
            sleeps=spec.placement.trainer_sleeps,
        )

    def trained(self, shapes: Shapes) -> int:
        """Return the number of trained parameters: the adapter's where there is one."""
        return shapes.parameters if self.adapter is None else shapes.adapter_parameters(self._adapter)

    def adapter_ranks(self, shapes: Shapes) -> int:
        """Return the sum of the adapter's ranks in one layer of the model; 0 without an adapter."""
        if self.adapter is None:
            return 0
        return self._adapter.rank * len(shapes.adapted(self._adapter)) // shapes.layers

    @property
    def _adapter(self) -> Adapter:
        assert self.adapter is not None
        return Adapter.model_validate(dict(self.adapter))


@dataclass(frozen=True, slots=True)
class Layout:
    """The bytes that DeepSpeed holds on a rank: always, while it accumulates, and on top at a boundary and in a step.

    `gradients` are those that stay between iterations; `accumulated` those of a minibatch. `buckets` stay, `filled` are
    there in a backward pass, and so are ZeRO-3's `gathered` weights.
    """

    weights: int
    masters: int
    moments: int
    gradients: int
    accumulated: int
    buckets: int
    filled: int
    reduction: int
    step: int
    gathered: int = 0


def layout(state: State, shapes: Shapes, device: str = "gpu") -> Layout:
    """Return what DeepSpeed holds for a policy. `device`: gpu, or cpu, whose AdamW makes more copies."""
    count, width, ranks, stage = state.trained(shapes), state.width, state.ranks, state.zero_stage
    frozen = 0 if state.adapter is None else shapes.parameters * width
    part, bucket = -(-count // ranks), min(count, BUCKET)
    copies, fp32 = STEP_COPIES[device], width == 4
    host = 0 if state.offload else 1
    if stage == 0:  # no wrapper: torch's parameters and gradients; AdamW goes parameter by parameter on the CPU
        step = 4 * copies * (shapes.largest if device == "cpu" else count)
        return Layout(4 * count + frozen, 0, 8 * count, 0, 4 * count, 0, 0, 4 * bucket, step)
    weights, masters, moments = width * count + frozen, 4 * part * host, 8 * part * host
    step = 4 * copies * part * host
    if stage == 1 and not fp32 and not state.offload:
        # BF16_Optimizer: a flat float32 accumulator of all gradients, which stays, and a minibatch's bfloat16 ones.
        return Layout(weights, masters, moments, 4 * count, 2 * count, 0, 0, 0, step)
    if stage == 1:
        return Layout(weights, masters, moments, 0, 4 * count, 0, 4 * bucket, 4 * bucket, 4 * part + step)
    if stage == 2:
        return Layout(weights, masters, moments, 0, 4 * part, 0, width * bucket, 4 * bucket, step)
    shard = width * part + (-(-frozen // ranks) if frozen else 0)
    group = min(part, SUB_GROUP)
    return Layout(
        weights=shard,
        masters=masters,
        moments=moments,
        gradients=4 * part * host,
        accumulated=0,
        buckets=width * bucket,
        filled=0,
        # The ranks' shares side by side, of gradients that are taken to float32 first.
        reduction=4 * bucket if fp32 else 8 * bucket,
        step=(4 * group + 4 * copies * group) * host,
        gathered=min(width * count + frozen, width * LIVE),
    )


def held(state: State, shapes: Shapes) -> Terms:
    """Return what a rank holds between two iterations, while the rollout engine works."""
    if state.sleeps:
        return _some(reference=_reference(state, shapes))
    has = layout(state, shapes)
    return _some(
        weights=has.weights,
        masters=has.masters,
        moments=has.moments,
        gradients=has.gradients,
        buckets=has.buckets,
        reference=_reference(state, shapes),
    )


def peak(
    state: State,
    shapes: Shapes,
    micro: MicroBatch,
    *,
    checkpointed: bool,
    temperature: float,
    entropy_gradient: bool,
    device: str = "gpu",
) -> Terms:
    """Return the terms of the phase of an iteration that takes most: backward pass, reduction or optimizer step.

    The backward pass is that of a second or later micro-batch: gradients are there already. It begins with the logits;
    buckets come as the first gradients do.
    """
    has = layout(state, shapes, device)
    always = {
        "weights": has.weights,
        "masters": has.masters,
        "moments": has.moments,
        "gradients": has.gradients + has.accumulated,
        "reference": _reference(state, shapes),
    }
    kept = activations.activation_bytes(shapes, state.width, micro, checkpointed, state.adapter_ranks(shapes))
    layer = activations.backward_bytes(shapes, state.width, micro, checkpointed, state.adapter_ranks(shapes))
    logits = activations.logits_bytes(
        shapes,
        state.width,
        micro,
        temperature,
        entropy_gradient=entropy_gradient,
        trained=state.adapter is None,
        device=device,
    )
    phases = [
        {"activations": kept, "logits": logits, "buckets": has.buckets, "gathered weights": has.gathered},
        {"activations": kept + layer, "buckets": has.buckets + has.filled, "gathered weights": has.gathered},
        {"buckets": has.buckets + has.filled + has.reduction},
        {"buckets": has.buckets, "step": has.step},
    ]
    most = max(phases, key=lambda phase: sum(phase.values()))
    return _some(**always, **most)


def _reference(state: State, shapes: Shapes) -> int:
    return -(-shapes.parameters * state.width // state.ranks) if state.reference else 0


def _some(**terms: int) -> Terms:
    return {name: value for name, value in terms.items() if value}
