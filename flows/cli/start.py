"""Starts of flows from the command line: errors of specs and stores come before Prefect starts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from infra import prefect_runtime
from infra.store import Store
from specs.load import load_control, load_spec
from specs.study import load_study


def start_training(path: Path, overrides: Sequence[str], *, replay: bool) -> None:
    """Train the experiment of a spec file, and its control before it."""
    loaded = load_spec(path, overrides)
    control = load_control(loaded, overrides)
    Store(loaded.spec.store)  # an unreachable store is said before anything starts
    from tasks.graph.experiment import Experiment

    for each in filter(None, (control, loaded)):
        Experiment(each.spec)  # so is a missing file or model
    from flows.arm_train import arm_train

    prefect_runtime.guard_server()
    # The flow reads the file itself, as in a deployment, which hands it a path.
    result = arm_train(spec=str(path.resolve()), overrides=list(overrides), replay=replay)
    if result["comparison"]:
        print(f"\n{result['comparison']}\n")
    print(f"report: {result['report']}")


def start_plan(path: Path, overrides: Sequence[str], *, replay: bool) -> None:
    """Print the plan of an experiment, after that of its control."""
    load_control(load_spec(path, overrides), overrides)  # what is wrong is said before the plan's imports, of seconds
    from flows.cli.plan import print_plans

    print_plans(path, overrides, replay=replay)


def show_data(path: Path, overrides: Sequence[str], count: int) -> None:
    """Print the first problems of an experiment as its policy sees them. Fetches a hub's tokenizer, not its weights."""
    spec = load_spec(path, overrides).spec
    from tasks.data.preview import preview
    from tasks.data.sources.registry import source_of
    from tasks.graph.asked import prompting

    tokenizer, ends = prompting(spec, Store(spec.store))
    print(preview(source_of(spec.data), spec.data, tokenizer, ends, count))


def start_probe(path: Path, overrides: Sequence[str]) -> None:
    """Run iteration 0 of an experiment, and print what there is to see of it."""
    spec = load_spec(path, overrides).spec
    Store(spec.store)  # an unreachable store is said before anything starts
    from tasks.graph.experiment import Experiment

    Experiment(spec)  # so is a missing file or model
    from flows.probe import arm_probe

    prefect_runtime.guard_server()
    print(f"\n{arm_probe(spec=str(path.resolve()), overrides=list(overrides))}")


def start_night(path: Path, overrides: Sequence[str]) -> None:
    """Evaluate the newest checkpoint of an experiment."""
    load_spec(path, overrides)
    from flows.nightly_eval import nightly_eval

    prefect_runtime.guard_server()
    result = nightly_eval(spec=str(path.resolve()), overrides=list(overrides))
    if isinstance(result, dict):
        print(f"report: {result['report']}")


def start_comparison(first: str, second: str, spec: Path | None, overrides: Sequence[str], store_uri: str) -> None:
    """Compare two policies on the same suites."""
    from flows.cli.runs import open_store
    from tasks.run.named_policies import resolved

    store, file = open_store(store_uri), None if spec is None else str(spec.resolve())
    resolved([first, second], store, file, overrides)  # names that lead nowhere are said before Prefect starts
    from flows.compare import compare

    prefect_runtime.guard_server()
    result = compare(first=first, second=second, store=store.uri, spec=file, overrides=list(overrides))
    print(f"\nreport: {result['report']}")


def start_study(
    path: Path,
    overrides: Sequence[str],
    seeds: Sequence[int] | None,
    side_by_side: int | None,
    *,
    plan: bool,
    report: bool,
) -> None:
    """Run a study's cells that have no result.

    With `plan` only say what would run, with `report` only report what there is.
    """
    loaded = load_study(path, overrides, seeds)
    from tasks.run.study_results import plan_of, publish

    if plan:
        from tasks.graph.inputs import check_starts

        check_starts(planned.loaded.spec for planned in loaded.cells)
        print(plan_of(loaded))
        return
    if report:
        where, text = publish(loaded)
        print(f"{text}\n\nreport: {where}")
        return
    from tasks.graph.experiment import Experiment

    for planned in loaded.cells:
        Experiment(planned.loaded.spec)  # a missing file or model is said now, before Prefect starts
    Store(loaded.cells[0].loaded.spec.store)
    from flows.arm_study import arm_study

    prefect_runtime.guard_server()
    given = None if seeds is None else list(seeds)
    arm_study(study=str(path.resolve()), overrides=list(overrides), seeds=given, side_by_side=side_by_side)
