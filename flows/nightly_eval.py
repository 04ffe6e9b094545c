"""Scheduled evaluation of a run's newest checkpoint.

    armature eval specs/qwen7b.yaml                # a night, here and now
    prefect deployment run nightly-eval/qwen7b     # through a worker; schedule.nightly_eval does it by the clock

A night takes the newest checkpoint that verifies, evaluates it on the spec's suites, compares it with the night
before and with the policy that the run began with, and fails where it has become worse than chance explains.
"""

from __future__ import annotations

if __name__ == "__main__":  # above the imports of libraries, which take seconds; the command line leaves by SystemExit
    import runpy

    runpy.run_module("flows.cli", run_name="__main__")

import logging
import time
from collections.abc import Sequence
from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact, create_markdown_artifact
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed

from flows.arm_train import spec_path
from flows.evaluations import evaluate_suites, prepare_suites
from infra import prefect_runtime
from infra.lease import RunLock
from infra.store import Store
from specs.load import Loaded, load_spec
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.engines.open_run import OpenRun, opened
from tasks.errors import DataError, RegressionError
from tasks.evaluate.comparison import regressions
from tasks.graph.experiment import Experiment
from tasks.report.evaluation.data import EvaluationPoint, EvaluationReport
from tasks.run.night_report import BASE, alarms_of, earlier_policies, evaluations_over_time, pairs_of, verdict_of
from tasks.run.nights import Night, nights, now, write
from tasks.run.publish import publish
from tasks.run.runs import RunView, one_run
from tasks.run.under_way import UnderWay
from tasks.stages import remake_start

log = logging.getLogger("armature")

EVENT = "armature.evaluation.regression"


@flow(name="nightly-eval", flow_run_name="{spec}", validate_parameters=True)
def nightly_eval(spec: str, overrides: list[str] | None = None) -> dict[str, Any] | State:
    """Evaluate the newest checkpoint of the experiment of the file `spec`.

    `spec` is a path; a relative one is relative to the repository root. `overrides` are `key.path=value`. Returns
    {"report": URI, "run", "iteration"}, or a state that says why there was nothing to do. Fails with RegressionError
    where the policy is worse than last night's, or than the one that the run began with, beyond a paired 95 %
    interval.
    """
    loaded = load_spec(spec_path(spec), overrides or [])
    with prefect_runtime.flow_body():
        return night(loaded)


def night(loaded: Loaded) -> dict[str, Any] | State:
    """Evaluate one night of one experiment. Returns what the flow returns."""
    spec = loaded.spec
    if not spec.evaluate.suites:
        raise DataError(f"{loaded.path}: evaluate.suites is empty: there is nothing to evaluate; name suites")
    store = Store(spec.store)
    if not store.files.list(f"runs/{spec.name}"):  # before a model is fetched, by whose weights a run is named
        return _no_run(store, spec.name)
    experiment = Experiment(spec, store=store)
    name = experiment.run
    with RunLock(store.files, f"{name}.night") as lock:
        if (view := _view(store, name)) is None:
            return _no_run(store, name)
        with opened(spec, store, remake_start, lock.check, experiment) as run:
            if (iteration := _newest(run, view)) is None:
                return _nothing("NoCheckpoint", f"{name}: no checkpoint of it verifies yet; nothing was evaluated")
            previous, lineage = nights(store, name), view.record["lineages"][iteration]
            keys = {suite: run.experiment.evaluation_of(lineage, suite).key for suite in run.experiment.suites}
            for each in reversed(previous):
                if each.evaluations == keys:
                    found = f"; it found: {'; '.join(each.regressions)}" if each.regressions else ""
                    text = f"{name}: the newest checkpoint, after {iteration} iterations, was evaluated on {each.when}"
                    return _nothing("AlreadyEvaluated", f"{text}{found}")
            return _evaluate(loaded, run, view, iteration, previous)


def _evaluate(loaded: Loaded, run: OpenRun, view: RunView, iteration: int, previous: Sequence[Night]) -> dict[str, Any]:
    when, began, lineages, spec = now(), time.time(), view.record["lineages"], run.spec
    policy = f"after {iteration} iterations ({lineages[iteration][:12]})"
    log.info("night of %s: the policy %s, store %s", view.name, policy, run.store.uri)
    under_way = UnderWay(run.store, view.name, "night")
    under_way.name_steps(run.experiment)
    suites = prepare_suites(run)
    base = evaluate_suites(run, lineages[0], BASE, 0, view.name)
    tonight = evaluate_suites(run, lineages[iteration], f"after {iteration}", iteration, view.name)
    before = earlier_policies(run, previous, tonight)
    others = [*([base] if base.lineage != tonight.lineage else []), *before]
    pairs = {name: pairs_of(run, name, others, tonight) for name in suites}
    worse = regressions([(name, other, result) for name, of in pairs.items() for other, _, result in of])
    alone = [name for name in suites if not any(name in each.evaluations for each in before)]
    verdict = verdict_of(worse, sum(map(len, pairs.values())), alone if previous else None)
    alarms = alarms_of(suites, others, tonight)
    history = evaluations_over_time(run, view, previous, tonight)
    compared_with = ", ".join(each.label for each in others)
    report = EvaluationReport(
        title=f"{spec.name}: the night of {when}",
        subtitle={
            "run": view.name,
            "policy": policy,
            "store": run.store.uri,
            "compared with": compared_with or "nothing: a first night, of the run's first policy",
        },
        verdict=verdict,
        alarms=alarms,
        suites=[suite.result([*others, tonight], pairs[name]) for name, suite in suites.items()],
        history=[EvaluationPoint(row["iteration"], row["suite"], row, row["artifact"]) for row in history],
        ks=spec.evaluate.ks,
        correct_at=spec.reward.correct_at,
        spec_yaml=loaded.text,
    )
    compared = {each.lineage for each in before}
    result = Night(
        run=view.name,
        when=when,
        iteration=iteration,
        lineage=lineages[iteration],
        evaluations={name: each.manifest.key for name, each in tonight.evaluations.items()},
        base={name: each.manifest.key for name, each in base.evaluations.items()},
        against=max((each.when for each in previous if each.lineage in compared), default=None),
        comparisons=[
            {"suite": name, "first": first, "second": second, **each.to_json()}
            for name, of in pairs.items()
            for first, second, each in of
        ],
        regressions=worse,
    )
    where = publish(run.store, result.folder, report, suites, [tonight], began)
    for alarm in alarms:
        log.warning("%s", alarm)
    # Before the record says that this night is over: a regression that nobody was told of is found again.
    _publish_in_prefect(view.name, result, report, where)
    run.session.still_ours()
    write(run.store, result)
    under_way.end()
    if worse:
        raise RegressionError(f"{view.name} after {iteration} iterations: {'; '.join(worse)}; report: {where}")
    log.info("%s", verdict)
    return {"report": where, "run": view.name, "iteration": iteration}


def _view(store: Store, run: str) -> RunView | None:
    return one_run(store, run) if store.files.size(f"runs/{run}/run.json") is not None else None


def _newest(run: OpenRun, view: RunView) -> int | None:
    """Return the newest checkpoint whose files are all there and as they were written."""
    for iteration in reversed(range(len(view.record["lineages"]))):
        manifest = run.store.find(POLICY_STAGE, view.record["lineages"][iteration])
        if manifest is None:
            continue
        if run.store.intact(manifest):
            return iteration
        log.warning("%s: the checkpoint after %d iterations is damaged; taking an older one", view.name, iteration)
    return None


def _no_run(store: Store, name: str) -> State:
    return _nothing("NoCheckpoint", f"{name}: this store has no such run yet ({store.uri}); nothing was evaluated")


def _nothing(name: str, message: str) -> State:
    log.info("%s", message)
    return Completed(name=name, message=message)


def _publish_in_prefect(run: str, result: Night, report: EvaluationReport, where: str) -> None:
    """Name the report in Prefect, and emit an event where there is a regression."""
    key = "".join(c if c.isalnum() else "-" for c in run.lower())
    create_link_artifact(
        key=f"night-report-{key}", link=where, link_text="report", description=f"The night of {result.when}: {where}"
    )
    create_markdown_artifact(key=f"night-{key}", markdown=_markdown(result, report), description=report.verdict)
    if result.regressions:
        emit_event(
            EVENT,
            resource={"prefect.resource.id": f"armature.run.{run}", "prefect.resource.name": run},
            payload={
                "when": result.when,
                "iteration": result.iteration,
                "regressions": list(result.regressions),
                "report": where,
            },
        )


def _markdown(result: Night, report: EvaluationReport) -> str:
    rows = [
        f"| {each['suite']} | {each['first']} | {each['difference']:+.4f} | {_interval(each['interval'])} | "
        f"{each['questions']} | {each['gained']} | "
        f"{each['lost']} |"
        for each in result.comparisons
    ]
    alarms = [f"- {alarm}" for alarm in report.alarms]
    head = [
        "| suite | against | difference | 95 % interval | questions | gained | lost |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join(
        [
            f"**{report.verdict}**",
            "",
            f"{result.run} after {result.iteration} iterations, {result.when}",
            "",
            *head,
            *rows,
            "",
            *alarms,
        ]
    )


def _interval(interval: Sequence[float] | None) -> str:
    return "-" if interval is None else f"{interval[0]:+.4f} to {interval[1]:+.4f}"
