"""The memory of an experiment as the plan prints it: terms, what does not fit, and the settings that would fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from specs.keys import key_name
from specs.memory.fit import Changes, Estimate, engine_of, estimate, remedy
from specs.memory.rollout import Share
from specs.memory.shapes import Shapes
from specs.memory.trainer import State
from specs.policy import Adapter
from specs.schema import Spec
from specs.sections import Placement


def memory_lines(spec: Spec, shapes: Shapes, longest_response: int) -> list[str]:
    """Return the lines about memory. `longest_response`: tokens, in training and in evaluations."""
    found = estimate(spec, shapes, longest_response)
    state, placement = State.of(spec), spec.placement
    engine = engine_of(spec, shapes, longest_response)
    trained = f", {state.trained(shapes):,} of them trained" if state.adapter is not None else ""
    lines = [
        f"a trainer rank: ZeRO {state.zero_stage}, {state.ranks} ranks, {shapes.parameters:,} parameters{trained}",
        f"the rollout engine: tensor parallel {placement.tensor_parallel}, KV cache of a token "
        f"{bytes_text(engine.cache_per_token)} a GPU",
        *_table(spec, found),
    ]
    if found.share is not None:
        lines.append(_settings(placement, found.share))
    return [*lines, *_verdict(spec, shapes, longest_response, found)]


def _table(spec: Spec, found: Estimate) -> list[str]:
    on_gpu = spec.placement.gpus > 0
    of = "a GPU (by a model that was checked on CPUs alone)" if on_gpu else "a rank and of the engine, on the host"
    head = (f"memory of {of}, at most:", "training", "sampling")
    halves = (found.training, found.sampling)
    terms = [
        (f"    {name}", *(bytes_text(half[name]) if name in half else "" for half in halves))
        for name in dict.fromkeys((*found.training, *found.sampling))
    ]
    total = ("    in all", *(bytes_text(sum(half.values())) for half in halves))
    wide = max(56, len(head[0]) + 1)
    return [f"{name:<{wide}}{one:>10}{two:>13}".rstrip() for name, one, two in (head, *terms, total)]


def _settings(placement: Placement, share: Share) -> str:
    said = [
        f"{key_name(Placement, name)} {getattr(share, name)}"
        + (" (derived)" if getattr(placement, name) is None else "")
        for name in ("gpu_memory_utilization", "max_num_seqs", "max_num_batched_tokens")
    ]
    return f"vLLM: {', '.join(said)}"


def _verdict(spec: Spec, shapes: Shapes, longest_response: int, found: Estimate) -> list[str]:
    """Return whether it fits; where it does not, by how much, and the settings that would make it fit."""
    if found.total is None:
        missing = spec.placement.gpus > 0 and spec.placement.gpu_memory_gib is None
        return [f"{key_name(Placement, 'gpu_memory_gib')} is not set: what fits is not known"] if missing else []
    whole = bytes_text(found.total)
    if not found.excess:
        return [f"fits a GPU of {whole}"]
    half = "training" if sum(found.training.values()) > sum(found.sampling.values()) else "sampling"
    line = f"DOES NOT FIT: {half} takes {bytes_text(found.excess)} more than a GPU of {whole} has"
    mended = remedy(spec, shapes, longest_response)
    if mended is None:
        return [f"{line}; no settings that would fit were found: take a smaller model or larger GPUs"]
    changes, then = mended
    most = max(sum(then.training.values()), sum(then.sampling.values()))
    return [f"{line}; it would fit, with {bytes_text(most)}, by {_flags(changes)}"]


def _flags(changes: Sequence[Changes]) -> str:
    values = {key: value for change in changes for key, value in change.items()}
    return " ".join(f"--set {key}={_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, Adapter):
        return f"'{{rank: {value.rank}}}'"
    return str(value).lower() if isinstance(value, bool) else str(value)


def bytes_text(count: int) -> str:
    """Return a number of bytes in the unit that suits it: `1.5 GiB`."""
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
