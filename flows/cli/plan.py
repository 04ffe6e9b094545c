"""`armature plan`: a run's settings, its size, and stage by stage what the store has, what would run, and why."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from flows.cli.memory_table import bytes_text, memory_lines
from infra.store import Store
from specs.errors import SpecError
from specs.load import Loaded, describe, load_control, load_spec
from specs.schema import Spec
from specs.sections import Placement, RolloutSpec
from specs.size import model_shapes, size
from tasks.data.dataset import tokenizer_of
from tasks.data.preview import end_names
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import NotFetchedError
from tasks.graph.asked import longest_response
from tasks.graph.experiment import Experiment
from tasks.graph.inputs import check_inputs, check_problems
from tasks.graph.listing import Listing
from tasks.graph.previous_runs import PreviousRun, previous_runs
from tasks.graph.reasons import Reasons, settings
from tasks.graph.simulate import Simulation, simulate


def print_plans(path: Path, overrides: Sequence[str], *, replay: bool) -> None:
    """Print the plan of a spec, after that of its control. Fails where a start would fail before it samples."""
    loaded = load_spec(path, overrides)
    control = load_control(loaded, overrides)
    store = Store(loaded.spec.store)  # an unreachable store is said before anything else
    texts = [plan(each, store, replay=replay, check=True) for each in (control, loaded) if each is not None]
    for text in texts:
        print(text, end="\n\n")


def plan(loaded: Loaded, store: Store, *, replay: bool = False, check: bool = False) -> str:
    """Return the plan as text. Runs nothing, downloads nothing.

    With `replay`, evaluations of weights that were not kept run, as with the command's --replay. With `check`, problems
    are read and checked as by a start. Raises what a start would raise.
    """
    spec = loaded.spec
    try:
        experiment = Experiment(spec, download=False, store=store)
    except NotFetchedError as error:
        if check:
            check_problems(spec)
        note = "stages: what the store has is not known until model and data are here:"
        return "\n".join([*_head(loaded, store, spec.name, None), note, f"  {error}"])
    if check:
        check_inputs(experiment, store)
    lines = _head(loaded, store, experiment.run, experiment.model)
    lines += [f"a response ends with {end_names(tokenizer_of(experiment.model), experiment.end_tokens)}", ""]
    lines += [f"goes on from run {experiment.source}", ""] if experiment.source else []
    listing = Listing(store, experiment)
    will = simulate(experiment, listing.has, listing.known, listing.drawn, replay=replay)
    previous = previous_runs(store, spec, experiment.run)
    lines += [
        *_stages(will, Reasons(experiment, will, listing, previous)),
        "",
        *_weights(will),
        "",
        *_conclusion(will, experiment, listing, previous),
    ]
    return "\n".join(lines)


def _head(loaded: Loaded, store: Store, run: str, model: Path | None) -> list[str]:
    """Return the lines above the stages. `model` is the folder with the model's configuration, where it is here."""
    spec = loaded.spec
    try:
        sizes = _sizes(spec, model)
    except SpecError as error:
        sizes = f"not known: {error}"
    return [
        f"run {run}",
        f"store {store.uri}",
        "",
        "settings that are not the defaults, and overrides:",
        _indent(describe(loaded)),
        "",
        "size:",
        _indent(sizes),
        "",
    ]


def _stages(will: Simulation, reasons: Reasons) -> list[str]:
    """Return a row for each stage, and below those that run why their first step does."""
    lines = [f"{'stage':<14}{'steps':>5}{'in store':>10}{'will run':>10}"]
    left_out = len(will.left_out)
    for stage, steps in will.nodes.items():
        running = will.running[stage]
        cached = len(steps) - len(running) - (left_out if stage == "evaluate" else 0)
        place = f"   from {running[0].place}" if running and running[0].place else ""
        lines.append(f"{stage:<14}{len(steps):>5}{cached:>10}{len(running):>10}{place}")
        if running:
            lines.append(f"    {reasons.of(running[0])}")
    return lines


def _weights(will: Simulation) -> list[str]:
    """Return lines about checkpoints, training that is repeated to have others, and evaluations that are left out."""
    lines = [
        f"weights in the store: after {_numbers(will.stored)} iterations"
        if will.stored
        else "weights in the store: none"
    ]
    if will.saved:
        lines.append(f"weights that will be saved: after {_numbers(will.saved)} iterations")
    lines += [
        f"weights after {each.to} iterations: repeating {each.steps} training steps from those after "
        f"{each.start}; nothing is sampled or judged again"
        for each in will.replays
    ]
    if will.left_out:
        after = _numbers(sorted({node.iteration for node in will.left_out if node.iteration is not None}))
        lines.append(
            f"weights not kept: evaluations after {after} iterations are left out; --replay makes their weights again"
        )
    return lines


def _conclusion(
    will: Simulation, experiment: Experiment, listing: Listing, previous: Sequence[PreviousRun]
) -> list[str]:
    lines = []
    if listing.unseen:
        lines.append(
            f"{listing.unseen:,} older steps are taken as the store lists them, to spare requests; a run verifies each"
        )
    if not previous:
        everything = all(steps == will.running[stage] for stage, steps in will.nodes.items())
        lines.append(
            f"this store has no run of the name {experiment.spec.name}: "
            f"{'everything runs' if everything else 'what it has was made by others'}"
        )
    if will.idle:
        return [*lines, "nothing to do: every step is in the store"]
    if will.first is not None:
        lines.append(f"first to run: {will.first.label}; what depends on it runs too")
    return lines + [
        f"run {run.name} differs, and stays: {settings(run.differing)}"
        for run in previous
        if run.name != experiment.run and run.differing
    ]


def _numbers(numbers: Sequence[int]) -> str:
    """Return all numbers of few; of many the first and the last."""
    shown = [str(number) for number in numbers]
    return ", ".join(shown if len(shown) <= 12 else [*shown[:5], "...", *shown[-5:]]) + (
        f" ({len(shown)})" if len(shown) > 12 else ""
    )


def _sizes(spec: Spec, model: Path | None) -> str:
    shapes = model_shapes(spec, len(puzzle_tokenizer()) if spec.policy.made else None, model)
    sizes = size(spec, shapes)
    iterations = spec.train.iterations
    return "\n".join(
        [
            f"{sizes.parameters:,} parameters, {spec.policy.dtype}",
            f"an iteration: {_prompts(spec.rollout)} x {spec.rollout.samples} samples, at most "
            f"{sizes.response_tokens:,} sampled and "
            f"{sizes.trained_tokens:,} trained tokens, {sizes.optimizer_steps} optimizer steps; {iterations} "
            "iterations: at most "
            f"{sizes.response_tokens * iterations:,} and {sizes.trained_tokens * iterations:,}",
            *_reference(spec),
            f"placement: {_placement(spec.placement)}",
            f"a checkpoint: {bytes_text(sizes.checkpoint_bytes)}; {sizes.kept_checkpoints} kept: "
            f"{bytes_text(sizes.checkpoint_bytes * sizes.kept_checkpoints)}, and those that are pinned",
            *memory_lines(spec, shapes, longest_response(spec)),
        ]
    )


def _reference(spec: Spec) -> list[str]:
    reference = spec.objective.reads_reference
    if reference is None:
        return []
    policy = "the model without its adapter" if reference.policy == "base" else "the policy at the start"
    resets = f", a new one every {reference.reset_every} iterations" if reference.reset_every else ""
    first = spec.policy.adapter is not None and isinstance(spec.policy.init, str) and not resets
    hint = "; objective.reference.policy: base is the same policy without a copy" * (
        first and reference.policy == "start"
    )
    return [f"the reference policy: {policy}{resets}{hint}"]


def _prompts(rollout: RolloutSpec) -> str:
    drawn = f" of {rollout.drawn} that are drawn" if rollout.drawn > rollout.prompts else ""
    return f"{rollout.prompts} prompts{drawn}"


def _placement(placement: Placement) -> str:
    if placement.gpus == 0:
        return "engine and trainer on the CPU"
    gpus = f"{placement.gpus} GPU{'s' * (placement.gpus > 1)}"
    if placement.layout == "separate":
        return f"engine and trainer each on their own of {gpus}"
    sleeps = "sleeps while the trainer works" if placement.sleep == "rollout" else "keeps its memory"
    both = ", and the trainer while the engine does" if placement.trainer_sleeps else ""
    return f"engine and trainer on the same {gpus}; the engine {sleeps}{both}"


def _indent(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
