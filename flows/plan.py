"""What a run would do: its settings, its size, and stage by stage what the store has and what would run."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from infra.caching import Step
from infra.store import Store
from specs.identity import identity
from specs.load import Loaded, describe
from specs.schema import Fork, Spec
from specs.size import size
from tasks.checkpoint.fork import Source, find_source
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import DataError
from tasks.experiment import Experiment


def plan(loaded: Loaded, store: Store) -> str:
    """Runs nothing, downloads nothing."""
    spec = loaded.spec
    name = f"{spec.name}/{identity(spec)}"
    source = find_source(spec, store) if isinstance(spec.policy.init, Fork) else None
    lines = [f"run {name}", f"store {store.uri}", "", "settings that are not the defaults:", _indent(describe(loaded)), "", "size:"]
    lines.append(_indent(_sizes(spec, source)))
    try:
        experiment = Experiment(spec, download=False)
    except DataError as error:
        lines += ["", "stages: what the store has is not known until data and weights are here:", f"  {error}"]
        return "\n".join(lines)
    lines += ["", f"goes on from run {source}"] if source else []
    lines += ["", f"{'stage':<12}{'steps':>7}{'in store':>10}{'will run':>10}"]
    first: tuple[str, str] | None = None
    for stage, steps in _stages(experiment):
        missing = [where for where, step in steps if store.find(step.stage, step.key) is None]
        lines.append(f"{stage:<12}{len(steps):>7}{len(steps) - len(missing):>10}{len(missing):>10}{'   from ' + missing[0] if missing else ''}")
        first = first or ((stage, missing[0]) if missing else None)
    lines.append("")
    if first is None:
        lines.append("nothing to do: every step is in the store")
    else:
        lines += [f"first to run: {first[0]} {first[1]}; what depends on it runs too", *_why(spec, name, store)]
    return "\n".join(lines)


def _stages(experiment: Experiment) -> Iterator[tuple[str, Sequence[tuple[str, Step]]]]:
    iterations = range(experiment.spec.train.iterations)
    yield "data", [("", experiment.data)]
    yield "start", [("", experiment.start)]
    yield "rollout", [(f"iteration {k}, shard {s}", step) for k in iterations for s, step in enumerate(experiment.rollouts(k))]
    yield "judge", [(f"iteration {k}", experiment.verdicts(k)) for k in iterations]
    yield "train", [(f"iteration {k}", experiment.train(k)) for k in iterations]
    suites = experiment.spec.evaluate.suites
    yield "evaluate", [(f"iteration {k}, {suite}", experiment.evaluation(k, suite)) for k in experiment.evaluated_iterations() for suite in suites]


def _why(spec: Spec, name: str, store: Store) -> list[str]:
    """Against each other run of the same name: the settings of the mathematics that differ."""
    lines = []
    for other in store.files.list(f"runs/{spec.name}"):
        path = f"runs/{spec.name}/{other}/spec.yaml"
        if store.files.size(path) is None:
            continue
        then, now = _flat(yaml.safe_load(store.files.read(path))), _flat(spec.model_dump(mode="json"))
        changed = [f"{key}: {json.dumps(then.get(key))} -> {json.dumps(now.get(key))}" for key in sorted({*then, *now}) if then.get(key) != now.get(key)]
        if f"{spec.name}/{other}" != name and changed:
            lines.append(f"  other than run {spec.name}/{other}, which stays: {'; '.join(changed)}")
        elif changed:
            lines.append(f"  other than when this run was last started: {'; '.join(changed)}")
    return lines or [f"  no run of the name {spec.name} is in this store" if not store.files.list(f"runs/{spec.name}") else "  the run is not finished"]


def _flat(value: Any, path: str = "") -> dict[str, Any]:
    if not isinstance(value, dict):
        return {path: value}
    return {k: v for key, below in value.items() for k, v in _flat(below, f"{path}.{key}" if path else key).items()}


def _sizes(spec: Spec, source: Source | None) -> str:
    sizes = size(spec, len(puzzle_tokenizer()) if spec.policy.made else None, source.folder if source else None)
    iterations = spec.train.iterations
    return "\n".join([
        f"{sizes.parameters:,} parameters, {spec.policy.dtype}",
        f"an iteration: {spec.rollout.prompts} prompts x {spec.rollout.samples} samples, at most {sizes.response_tokens:,} sampled and "
        f"{sizes.trained_tokens:,} trained tokens, {sizes.optimizer_steps} optimizer steps; {iterations} iterations: at most "
        f"{sizes.response_tokens * iterations:,} and {sizes.trained_tokens * iterations:,}",
        f"a trainer rank (ZeRO {spec.train.zero_stage}, {spec.placement.ranks} ranks): weights {_bytes(sizes.weight_bytes)}, gradients "
        f"{_bytes(sizes.gradient_bytes)}, optimizer {_bytes(sizes.optimizer_bytes)}, in all {_bytes(sizes.rank_bytes)}; activations come on top",
        f"the rollout engine (tensor parallel {spec.placement.tensor_parallel}): weights {_bytes(sizes.engine_weight_bytes)} a GPU, "
        f"KV cache {_bytes(sizes.kv_bytes_per_token)} a token",
        f"placement: {spec.placement.layout}, {spec.placement.gpus} GPUs, who yields memory: {spec.placement.yields}",
        f"a checkpoint: {_bytes(sizes.checkpoint_bytes)}; {sizes.kept_checkpoints} kept: {_bytes(sizes.checkpoint_bytes * sizes.kept_checkpoints)}, "
        "and those that are pinned",
    ])


def _bytes(count: int) -> str:
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
