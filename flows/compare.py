"""Two policies on the same suites: `python -m flows.nightly_eval compare POLICY POLICY`.

A policy is one of

    NAME, NAME/IDENTITY, NAME@ITERATION      a run in the store (its newest checkpoint, or the one after so many iterations)
    hf://OWNER/MODEL, hf://OWNER/MODEL@REVISION, a folder with config.json
    http://HOST:PORT#MODEL                   what an OpenAI-compatible server serves

Suites, samples, sampling and verifiers are those of the spec: that of the first run named, or the file given by --spec.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import logging
import re
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact
from pydantic import ValidationError

from flows.command_line import open_store, store_option
from flows.evaluations import Suite, evaluate_suites, opened, ready_suites
from flows.inspect import RunView, one_run
from flows.publish import publish
from infra import embedded
from infra.caching import canonical
from infra.errors import StoreError
from infra.steps import value
from infra.store import Store
from infra.termination import termination
from specs.load import Loaded, load_spec
from specs.problems import problem_lines
from specs.schema import Spec
from tasks.context import Context
from tasks.data.task import data
from tasks.errors import DataError
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.evaluate.sides import METRIC, Side, compared, otherwise, unlike
from tasks.report.evaluation.data import EvaluationReport
from tasks.rollout.endpoint import Endpoint, base_url
from tasks.train.task import start

log = logging.getLogger("armature")

_RUN = re.compile(r"(?P<name>[a-z0-9][a-z0-9._-]*(?:/[0-9a-f]{8})?)(?:@(?P<iteration>\d+))?")


@dataclass(frozen=True)
class Policy:
    """One that was named, and can be evaluated under `spec`. `run` and `iteration` of a run's; `url` and `model` of a server's."""

    label: str
    spec: Spec
    run: RunView | None = None
    iteration: int | None = None
    url: str | None = None
    model: str | None = None


@flow(name="compare", flow_run_name="{first} and {second}", validate_parameters=True)
def compare(
    first: str, second: str, store: str, spec: str | None = None, overrides: list[str] | None = None
) -> dict[str, Any]:
    """Evaluate two policies on the same suites and compare them in pairs of questions. `first`, `second` as in this module's text; `store` a URI;
    `spec` a file, `overrides` are `key.path=value`. Returns {"report": URI, "comparisons": rows}."""
    with embedded.server_kept(), termination:
        policies, loaded = resolved([first, second], Store(store), spec, overrides or [])
        return _compare(policies, loaded, Store(store))


def resolved(
    names: Sequence[str], store: Store, spec: str | None, overrides: Sequence[str]
) -> tuple[list[Policy], Loaded]:
    """The policies, and the spec that they are evaluated by. DataError, SpecError, StoreError for what is not there."""
    views = {name: one_run(store, _run_of(name)[0]) for name in names if _kind(name) == "run"}
    if spec is not None:
        loaded = load_spec(Path(spec), [*overrides, f"store={store.uri}"])
    elif views:
        loaded = _recorded(next(iter(views.values())), store, overrides)
    else:
        raise DataError(
            "neither policy is a run in the store: say by --spec which file's suites, sampling and prompts to evaluate them by"
        )
    if not loaded.spec.evaluate.suites:
        raise DataError("evaluate.suites is empty: there is nothing to compare on; --set evaluate.suites=[gsm8k]")
    return [_policy(name, views.get(name), loaded.spec, store) for name in names], loaded


def _kind(name: str) -> str:
    if name.startswith(("http://", "https://")):
        return "server"
    if name.startswith("hf://") or (Path(name) / "config.json").is_file():
        return "model"
    if _RUN.fullmatch(name):
        return "run"
    raise DataError(
        f"{name}: no policy: want a run (NAME, NAME/IDENTITY or NAME@ITERATION), a model (hf://OWNER/MODEL or a folder with config.json), "
        "or a server (http://HOST:PORT#MODEL)"
    )


def _run_of(name: str) -> tuple[str, int | None]:
    match = _RUN.fullmatch(name)
    assert match is not None
    return match["name"], None if match["iteration"] is None else int(match["iteration"])


def _recorded(view: RunView, store: Store, overrides: Sequence[str] = ()) -> Loaded:
    """The resolved spec of a run, as its record has it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{view.name.partition('/')[0]}.yaml"
        path.write_bytes(store.files.read(f"runs/{view.name}/spec.yaml"))
        return load_spec(path, ["control=null", *overrides, f"store={store.uri}"], {})


def _policy(name: str, view: RunView | None, by: Spec, store: Store) -> Policy:
    kind = _kind(name)
    if kind == "server":
        url, _, model = name.partition("#")
        base_url(url)  # a secret in it would be recorded with the flow's run
        if not model:
            raise DataError(f"{name}: name the model that the server is asked for: {url}#MODEL")
        return Policy(name, by, url=url, model=model)
    if kind == "model":
        model, _, revision = (
            name.removeprefix("hf://").partition("@")
            if name.startswith("hf://")
            else (str(Path(name).resolve()), "", "")
        )
        policy = {
            "model": model,
            "revision": revision or None,
            "init": "pretrained",
            "dtype": by.policy.dtype,
            "architecture": None,
        }
        return Policy(name, _spec(name, {**by.model_dump(), "policy": policy, "warm_start": None}))
    assert view is not None
    iteration = _run_of(name)[1]
    kept = [k for k, lineage in enumerate(view.record["lineages"]) if store.find("policy", lineage) is not None]
    if not kept:
        raise StoreError(f"{store.uri}: run {view.name} has no weights in the store; start it again")
    if iteration is None:
        iteration = kept[-1]
    elif iteration not in kept:
        raise StoreError(
            f"{store.uri}: run {view.name} has weights after iterations {', '.join(map(str, kept))}, not after {iteration}; name one of these"
        )
    own = _recorded(view, store).spec
    spec = _spec(name, {**own.model_dump(), "evaluate": by.evaluate.model_dump(), "reward": by.reward.model_dump()})
    return Policy(f"{view.name.partition('/')[0]}@{iteration}", spec, run=view, iteration=iteration)


def _spec(name: str, settings: dict[str, Any]) -> Spec:
    """What `name` is evaluated by. DataError where that cannot be: a run without held-out problems, on those."""
    try:
        return Spec.model_validate(settings)
    except ValidationError as error:
        raise DataError(
            f"{name}: cannot be evaluated like the other: {'; '.join(problem_lines(error, settings, {}))}; --set evaluate.suites=[...]"
        ) from None


def _compare(policies: Sequence[Policy], loaded: Loaded, store: Store) -> dict[str, Any]:
    began = time.time()
    labels = [policy.label for policy in policies]
    if labels[0] == labels[1]:
        policies = [
            replace(policy, label=f"{policy.label} ({place})")
            for policy, place in zip(policies, ("first", "second"), strict=True)
        ]
    sides: list[Side] = []
    suites: dict[str, Suite] = {}
    for policy in policies:  # one after the other: on the CPU one engine computes at a time
        with opened(policy.spec, store) as context:
            value(data(context))
            if policy.run is None and policy.url is None:
                value(start(context))
            ready = ready_suites(context)
            suites = suites or ready
            sides.append(_evaluated(context, policy))
    pairs = _pairs(sides, suites, loaded.spec.seed)
    name = f"{sides[0].lineage[:8]}-{sides[1].lineage[:8]}-{hashlib.sha256(canonical(_keys(sides)).encode()).hexdigest()[:8]}"
    report = EvaluationReport(
        title=f"{sides[1].label} against {sides[0].label}",
        subtitle={
            "first": f"{sides[0].label} ({sides[0].lineage[:12]})",
            "second": f"{sides[1].label} ({sides[1].lineage[:12]})",
            "store": store.uri,
        },
        verdict="; ".join(f"{suite}: {METRIC} {_line(result)}" for suite, (_, _, result) in pairs.items()),
        alarms=_alarms(sides, suites),
        suites=[suite.result(sides, [pairs[name]]) for name, suite in suites.items()],
        history=(),
        ks=loaded.spec.evaluate.ks,
        correct_at=loaded.spec.reward.correct_at,
        spec_yaml=loaded.text,
    )
    with opened(policies[0].spec, store) as context:
        where = publish(context, f"comparisons/{name}", report, suites, sides, began)
    steps = sorted(f"evaluate/{key}" for keys in _keys(sides) for key in keys.values())
    rows = [
        {"suite": suite, "first": a, "second": b, "metric": METRIC, **result.to_json()}
        for suite, (a, b, result) in pairs.items()
    ]
    store.files.write(
        f"comparisons/{name}/comparison.json",
        json.dumps({"steps": steps, "comparisons": rows}, indent=1, sort_keys=True).encode(),
    )
    create_link_artifact(
        key=f"comparison-{name}", link=where, link_text="report", description=f"{report.title}: {where}"
    )
    print(table(sides, pairs, loaded.spec.evaluate.ks))
    return {"report": where, "comparisons": rows}


def _evaluated(context: Context, policy: Policy) -> Side:
    if policy.url is not None and policy.model is not None:
        source = Endpoint(policy.url, policy.model, deadline_s=context.spec.placement.deadline_s)
        # What a server has loaded is its own affair: its samples are kept for a day, so that a comparison that was stopped goes on.
        about = {"url": policy.url, **source.describe(), "day": datetime.datetime.now(datetime.UTC).date().isoformat()}
        return evaluate_suites(
            context, f"server-{hashlib.sha256(canonical(about).encode()).hexdigest()}", policy.label, None, source
        )
    lineage = (
        policy.run.record["lineages"][policy.iteration] if policy.run is not None else context.experiment.lineage(0)
    )
    return evaluate_suites(context, lineage, policy.label, policy.iteration)


def _pairs(sides: Sequence[Side], suites: dict[str, Suite], seed: int) -> dict[str, tuple[str, str, PairedComparison]]:
    first, second = sides
    pairs = {}
    for name in suites:
        if (why := unlike(first.evaluations[name].manifest, second.evaluations[name].manifest)) is not None:
            raise DataError(
                f"{name}: {first.label} and {second.label} cannot be compared on it: they differ in {why}; compare on suites that both can have"
            )
        pairs[name] = (first.label, second.label, compared(first.evaluations[name], second.evaluations[name], seed))
    return pairs


def _alarms(sides: Sequence[Side], suites: Mapping[str, Suite]) -> list[str]:
    lines = [
        f"{each.name}: {each.about['contamination']}"
        for each in suites.values()
        if each.contamination.result["findings"]
    ]
    for name in suites:
        if (differs := otherwise(sides[0].evaluations[name].manifest, sides[1].evaluations[name].manifest)) is not None:
            lines.append(f"{name}: these differ: {differs}")
    return lines


def _keys(sides: Sequence[Side]) -> list[dict[str, str]]:
    return [{name: each.manifest.key for name, each in side.evaluations.items()} for side in sides]


def table(sides: Sequence[Side], pairs: dict[str, tuple[str, str, PairedComparison]], ks: Sequence[int]) -> str:
    """The comparison as text: a block for each suite."""
    blocks = []
    for name, (_, _, result) in pairs.items():
        lines = [name]
        for side in sides:
            summary = side.evaluations[name].summary
            shown = [f"Pass@{k} {summary['pass_at'][str(k)]:.3f}" for k in ks if str(k) in summary["pass_at"]]
            basis = (
                f"n {summary['samples']}, {summary['problems']} problems, truncated {summary['truncated_share']:.1%}"
            )
            basis += f", no answer {summary['no_answer_share']:.1%}, time limit {summary['time_limit_share']:.1%}"
            lines.append(f"  {side.label:<28} {'  '.join(shown)}  ({basis})")
        lines.append(f"  {'difference of the ' + METRIC:<28} {_line(result)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _line(result: PairedComparison) -> str:
    interval = (
        "no interval"
        if result.interval is None
        else f"95 % interval {result.interval[0]:+.4f} to {result.interval[1]:+.4f}"
    )
    return f"{result.difference:+.4f}, {interval}, {result.questions} questions: {result.gained} gained, {result.lost} lost"


def compare_command(arguments: Sequence[str]) -> None:
    """`compare POLICY POLICY`."""
    parser = argparse.ArgumentParser(
        prog="python -m flows.nightly_eval compare",
        description="Compare two policies on the same suites, by pairs of questions.",
        epilog="A policy: NAME, NAME/IDENTITY or NAME@ITERATION of a run; hf://OWNER/MODEL or a folder with config.json; http://HOST:PORT#MODEL.",
    )
    parser.add_argument("policies", nargs=2, metavar="POLICY")
    parser.add_argument("--spec", help="whose suites, sampling and prompts; default: the first run's own")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY=VALUE",
        help="evaluate.suites=[gsm8k]; may be repeated",
    )
    store_option(parser)
    parsed = parser.parse_args(arguments)
    store = open_store(parsed.store)
    resolved(parsed.policies, store, parsed.spec, parsed.overrides)  # what is not there is said before Prefect starts
    embedded.guard_server()
    first, second = parsed.policies
    spec = None if parsed.spec is None else str(Path(parsed.spec).resolve())
    result = compare(first=first, second=second, store=store.uri, spec=spec, overrides=parsed.overrides)
    print(f"\nreport: {result['report']}")
