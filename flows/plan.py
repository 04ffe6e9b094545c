"""What a run would do: its settings, its size, and stage by stage what the store has, what would run, and why."""

from __future__ import annotations

from collections.abc import Sequence

from flows.course import STAGES, Course, course
from flows.earlier import Earlier, earlier_runs
from flows.holdings import Holdings
from flows.why import Reasons, settings
from infra.store import Store
from specs.identity import identity
from specs.load import Loaded, describe
from specs.schema import Fork, Spec
from specs.size import size
from tasks.checkpoint.fork import Source, find_source
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import DataError
from tasks.experiment import Experiment


def plan(loaded: Loaded, store: Store, *, replay: bool = False) -> str:
    """Runs nothing, downloads nothing. `replay`: evaluations of weights that were not kept run, as with the command's --replay."""
    spec = loaded.spec
    name = f"{spec.name}/{identity(spec)}"
    source = find_source(spec, store) if isinstance(spec.policy.init, Fork) else None
    lines = [
        f"run {name}",
        f"store {store.uri}",
        "",
        "settings that are not the defaults:",
        _indent(describe(loaded)),
        "",
        "size:",
    ]
    lines += [_indent(_sizes(spec, source)), ""]
    try:
        experiment = Experiment(spec, download=False)
    except DataError as error:
        return "\n".join(
            [*lines, "stages: what the store has is not known until data and weights are here:", f"  {error}"]
        )
    lines += [f"goes on from run {source}", ""] if source else []
    holdings = Holdings(store, experiment)
    will = course(experiment, holdings.has, holdings.known, holdings.drawn, replay=replay)
    earlier = earlier_runs(store, spec, experiment.run)
    lines += [
        *_stages(will, Reasons(experiment, will, holdings, earlier)),
        "",
        *_weights(will),
        "",
        *_conclusion(will, spec, holdings, earlier),
    ]
    return "\n".join(lines)


def _stages(will: Course, reasons: Reasons) -> list[str]:
    """A row for each stage, and below those that run the first step that does, and why."""
    lines = [f"{'stage':<12}{'steps':>7}{'in store':>10}{'will run':>10}"]
    left_out = len(will.left_out)
    for stage in STAGES:
        steps, running = will.entries[stage], will.running[stage]
        cached = len(steps) - len(running) - (left_out if stage == "evaluate" else 0)
        lines.append(
            f"{stage:<12}{len(steps):>7}{cached:>10}{len(running):>10}{f'   from {running[0].where}' if running and running[0].where else ''}"
        )
        if running:
            lines.append(f"    {reasons.of(running[0])}")
    return lines


def _weights(will: Course) -> list[str]:
    """Checkpoints, what is trained again to have others, and evaluations that are left out."""
    lines = [
        f"weights in the store: after {_numbers(will.stored)} iterations"
        if will.stored
        else "weights in the store: none"
    ]
    if will.saved:
        lines.append(f"weights that will be saved: after {_numbers(will.saved)} iterations")
    lines += [
        f"weights after {each.to} iterations: repeating {each.steps} training steps from those after {each.start}; nothing is sampled or judged again"
        for each in will.replays
    ]
    if will.left_out:
        after = _numbers(sorted({entry.iteration for entry in will.left_out if entry.iteration is not None}))
        lines.append(
            f"weights not kept: evaluations after {after} iterations are left out; --replay makes their weights again"
        )
    return lines


def _conclusion(will: Course, spec: Spec, holdings: Holdings, earlier: Sequence[Earlier]) -> list[str]:
    lines = []
    if holdings.unseen:
        lines.append(
            f"{holdings.unseen:,} older steps are taken as the store lists them, to spare requests; a run verifies each"
        )
    if not earlier:
        everything = all(len(will.entries[stage]) == len(will.running[stage]) for stage in STAGES)
        lines.append(
            f"this store has no run of the name {spec.name}: {'everything runs' if everything else 'what it has was made by others'}"
        )
    if will.idle:
        return [*lines, "nothing to do: every step is in the store"]
    if will.first is not None:
        lines.append(f"first to run: {will.first.label}; what depends on it runs too")
    return lines + [
        f"run {run.name} differs, and stays: {settings(run.differing)}"
        for run in earlier
        if run.name != f"{spec.name}/{identity(spec)}" and run.differing
    ]


def _numbers(numbers: Sequence[int]) -> str:
    """All of few; of many the first and the last."""
    shown = [str(number) for number in numbers]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:5], "...", *shown[-5:]]) + (
        f" ({len(shown)})" if len(shown) > 12 else ""
    )


def _sizes(spec: Spec, source: Source | None) -> str:
    sizes = size(spec, len(puzzle_tokenizer()) if spec.policy.made else None, source.folder if source else None)
    iterations = spec.train.iterations
    return "\n".join(
        [
            f"{sizes.parameters:,} parameters, {spec.policy.dtype}",
            f"an iteration: {spec.rollout.prompts} prompts x {spec.rollout.samples} samples, at most {sizes.response_tokens:,} sampled and "
            f"{sizes.trained_tokens:,} trained tokens, {sizes.optimizer_steps} optimizer steps; {iterations} iterations: at most "
            f"{sizes.response_tokens * iterations:,} and {sizes.trained_tokens * iterations:,}",
            f"a trainer rank (ZeRO {spec.train.zero_stage}, {spec.placement.ranks} ranks): weights {_bytes(sizes.weight_bytes)}, gradients "
            f"{_bytes(sizes.gradient_bytes)}, optimizer {_bytes(sizes.optimizer_bytes)}, in all {_bytes(sizes.rank_bytes)}; activations come on top",
            f"the rollout engine (tensor parallel {spec.placement.tensor_parallel}): weights {_bytes(sizes.engine_weight_bytes)} a GPU, "
            f"KV cache {_bytes(sizes.kv_bytes_per_token)} a token",
            f"placement: {spec.placement.layout}, {spec.placement.gpus} GPUs, asleep while the other works: {spec.placement.sleep}",
            f"a checkpoint: {_bytes(sizes.checkpoint_bytes)}; {sizes.kept_checkpoints} kept: {_bytes(sizes.checkpoint_bytes * sizes.kept_checkpoints)}, "
            "and those that are pinned",
        ]
    )


def _bytes(count: int) -> str:
    value, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB", "TiB"):
        if value < 1024 or unit == "TiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
