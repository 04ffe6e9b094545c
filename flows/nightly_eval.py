"""Scheduled evaluation of a run's newest checkpoint.

    python -m flows.nightly_eval specs/qwen7b.yaml                 # a night, here and now
    python -m flows.nightly_eval compare qwen7b qwen7b-grpo        # any two policies: runs, checkpoints, hub models, servers
    prefect deployment run nightly-eval/qwen7b                     # through a worker; schedule.nightly_eval does it by the clock

A night takes the newest checkpoint that verifies, evaluates it on the spec's suites, compares it with the night before and with the policy that
the run began with, and fails where it has become worse than chance explains.
"""

from __future__ import annotations

from infra import embedded

embedded.configure()

import argparse  # noqa: E402  # Prefect must be imported after it has been told where to live
import logging  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Mapping, Sequence  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from prefect import flow  # noqa: E402
from prefect.artifacts import create_link_artifact, create_markdown_artifact  # noqa: E402
from prefect.client.schemas.objects import State  # noqa: E402
from prefect.events import emit_event  # noqa: E402
from prefect.states import Completed  # noqa: E402

from flows.arm_train import spec_path  # noqa: E402
from flows.command_line import run_command  # noqa: E402
from flows.compare import compare_command  # noqa: E402
from flows.evaluations import Suite, evaluate_suites, opened, ready_suites, side  # noqa: E402
from flows.inspect import RunView, one_run  # noqa: E402
from flows.publish import publish  # noqa: E402
from infra.lease import RunLock  # noqa: E402
from infra.store import Manifest, Store  # noqa: E402
from infra.termination import termination  # noqa: E402
from specs.identity import run_name  # noqa: E402
from specs.load import Loaded, load_spec  # noqa: E402
from tasks.context import Context  # noqa: E402
from tasks.errors import DataError, RegressionError  # noqa: E402
from tasks.evaluate.metrics.paired import PairedComparison  # noqa: E402
from tasks.evaluate.sides import Side, compared, otherwise, regressions, unlike  # noqa: E402
from tasks.nights import Night, nights, now, write  # noqa: E402
from tasks.report.evaluation.data import REGRESSION, EvaluationPoint, EvaluationReport  # noqa: E402

log = logging.getLogger("armature")

EVENT = "armature.evaluation.regression"
BASE = "start"  # the run's first policy, in reports


@flow(name="nightly-eval", flow_run_name="{spec}", validate_parameters=True)
def nightly_eval(spec: str, overrides: list[str] | None = None) -> dict[str, Any] | State:
    """Evaluate the newest checkpoint of the experiment of the file `spec` (a path; a relative one is relative to the repository root). `overrides` are
    `key.path=value`. Returns {"report": URI, "run", "iteration"}, or a state that says why there was nothing to do. Fails with RegressionError where
    the policy is worse than last night's, or than the one that the run began with, beyond a paired 95 % interval."""
    loaded = load_spec(spec_path(spec), overrides or [])
    with embedded.server_kept(), termination:
        return night(loaded)


def night(loaded: Loaded) -> dict[str, Any] | State:
    """One night of one experiment."""
    spec = loaded.spec
    if not spec.evaluate.suites:
        raise DataError(f"{loaded.path}: evaluate.suites is empty: there is nothing to evaluate; name suites")
    store, run = Store(spec.store), run_name(spec)
    with RunLock(store.files, f"{run}.night") as lock:
        if (view := _view(store, run)) is None:
            return _nothing(
                "NoCheckpoint", f"{run}: this store has no such run yet ({store.uri}); nothing was evaluated"
            )
        with opened(spec, store, lock.check) as context:
            if (iteration := _newest(context, view)) is None:
                return _nothing("NoCheckpoint", f"{run}: no checkpoint of it verifies yet; nothing was evaluated")
            earlier = nights(store, run)
            keys = {
                name: context.experiment.evaluation_of(view.record["lineages"][iteration], name).key
                for name in spec.evaluate.suites
            }
            for each in reversed(earlier):
                if each.evaluations == keys:
                    found = f"; it found: {'; '.join(each.regressions)}" if each.regressions else ""
                    return _nothing(
                        "AlreadyEvaluated",
                        f"{run}: the newest checkpoint, after {iteration} iterations, was evaluated on {each.when}{found}",
                    )
            return _evaluate(loaded, context, view, iteration, earlier)


def _evaluate(
    loaded: Loaded, context: Context, view: RunView, iteration: int, earlier: Sequence[Night]
) -> dict[str, Any]:
    when, began, run, lineages = now(), time.time(), view.name, view.record["lineages"]
    log.info(
        "night of %s: the policy after %d iterations (%s), store %s",
        run,
        iteration,
        lineages[iteration][:12],
        context.store.uri,
    )
    suites = ready_suites(context)
    base = evaluate_suites(context, lineages[0], BASE, 0)
    tonight = evaluate_suites(context, lineages[iteration], f"after {iteration}", iteration)
    before = _before(context, earlier, tonight)
    others = [*([base] if base.lineage != tonight.lineage else []), *before]
    pairs = {name: _pairs(context, name, others, tonight) for name in suites}
    worse = regressions([(name, other, result) for name, of in pairs.items() for other, _, result in of])
    alone = [name for name in suites if not any(name in each.evaluations for each in before)]
    verdict = _verdict(worse, sum(map(len, pairs.values())), alone if earlier else None)
    alarms = _alarms(suites, others, tonight)
    report = EvaluationReport(
        title=f"{context.spec.name}: the night of {when}",
        subtitle={
            "run": run, "policy": f"after {iteration} iterations ({lineages[iteration][:12]})", "store": context.store.uri,
            "compared with": ", ".join(side.label for side in others) or "nothing: a first night, of the run's first policy",
        },
        verdict=verdict,
        alarms=alarms,
        suites=[suite.result([*others, tonight], pairs[name]) for name, suite in suites.items()],
        history=[EvaluationPoint(row["iteration"], row["suite"], row, row["artifact"]) for row in _course(context, view, earlier, tonight)],
        ks=context.spec.evaluate.ks,
        correct_at=context.spec.reward.correct_at,
        spec_yaml=loaded.text,
    )  # fmt: skip
    result = Night(
        run=run, when=when, iteration=iteration, lineage=lineages[iteration],
        evaluations={name: each.manifest.key for name, each in tonight.evaluations.items()},
        base={name: each.manifest.key for name, each in base.evaluations.items()},
        against=max((each.when for each in earlier if each.lineage in {side.lineage for side in before}), default=None),
        comparisons=[{"suite": name, "first": first, "second": second, **each.to_json()} for name, of in pairs.items() for first, second, each in of],
        regressions=worse,
    )  # fmt: skip
    where = publish(context, result.folder, report, suites, [tonight], began)
    for alarm in alarms:
        log.warning("%s", alarm)
    _tell(
        run, result, report, where
    )  # before the record says that this night is over: a regression that nobody was told of is found again
    context.still_ours()
    write(context.store, result)
    if worse:
        raise RegressionError(f"{run} after {iteration} iterations: {'; '.join(worse)}; report: {where}")
    log.info("%s", verdict)
    return {"report": where, "run": run, "iteration": iteration}


def _pairs(
    context: Context, suite: str, others: Sequence[Side], tonight: Side
) -> list[tuple[str, str, PairedComparison]]:
    pairs = []
    for other in others:
        if (
            suite in other.evaluations
            and unlike(other.evaluations[suite].manifest, tonight.evaluations[suite].manifest) is None
        ):
            pairs.append(
                (
                    other.label,
                    tonight.label,
                    compared(other.evaluations[suite], tonight.evaluations[suite], context.spec.seed),
                )
            )
    return pairs


def _alarms(suites: Mapping[str, Suite], others: Sequence[Side], tonight: Side) -> list[str]:
    """What is no regression, and should be seen."""
    lines = []
    for name, suite in suites.items():
        now_is = tonight.evaluations[name].manifest
        for other in (each for each in others if name in each.evaluations):
            if (why := unlike(other.evaluations[name].manifest, now_is)) is not None:
                lines.append(f"{name}: not compared with {other.label}, which was evaluated otherwise ({why})")
            elif (differs := otherwise(other.evaluations[name].manifest, now_is)) is not None:
                lines.append(f"{name}: compared with {other.label} though these differ: {differs}")
        if suite.contamination.result["findings"]:
            lines.append(f"{name}: {suite.about['contamination']}")
    return lines


def _verdict(worse: Sequence[str], comparisons: int, alone: Sequence[str] | None) -> str:
    """One line. `alone`: the suites that no earlier night can be compared on; None where there was no earlier night."""
    if worse:
        return f"{REGRESSION}: {'; '.join(worse)} ({len(worse)} of {comparisons} comparisons)"
    if not comparisons:
        return "NOT COMPARED: no earlier night was evaluated alike" if alone else "Nothing to compare with yet"
    if alone is None:
        return f"No regression against the {BASE}; there is no earlier night to compare with"
    return (
        f"No regression found, but NOT COMPARED with an earlier night, as none was evaluated alike: {', '.join(alone)}"
        if alone
        else "No regression"
    )


def _before(context: Context, earlier: Sequence[Night], tonight: Side) -> list[Side]:
    """For each suite the newest earlier night of another policy that was evaluated alike, as far as its evaluation is still there; suites by night."""
    found: dict[str, dict[str, Manifest]] = {}
    for name, evaluation in tonight.evaluations.items():
        for each in reversed(earlier):
            key = each.evaluations.get(name)
            manifest = (
                context.store.find("evaluate", key) if key is not None and each.lineage != tonight.lineage else None
            )
            if manifest is not None and unlike(manifest, evaluation.manifest) is None:
                found.setdefault(each.when, {})[name] = manifest
                break
    nights_by_time = {each.when: each for each in earlier}
    return [
        side(
            context,
            f"{when[:10]}, after {nights_by_time[when].iteration}",
            nights_by_time[when].iteration,
            nights_by_time[when].lineage,
            manifests,
        )
        for when, manifests in sorted(found.items())
    ]


def _course(context: Context, view: RunView, earlier: Sequence[Night], tonight: Side) -> list[dict[str, Any]]:
    """What the run itself has evaluated, and its nights, by iteration: those that were evaluated like tonight, each policy once."""
    keys = {(row["iteration"], row["suite"]): row["artifact"] for row in view.evaluations()}
    keys |= {(each.iteration, suite): key for each in earlier for suite, key in each.evaluations.items()}
    rows = []
    for (iteration, suite), key in sorted(keys.items()):
        manifest = (
            context.store.find("evaluate", key)
            if suite in tonight.evaluations and iteration != tonight.iteration
            else None
        )
        if manifest is not None and unlike(manifest, tonight.evaluations[suite].manifest) is None:
            rows.append({"iteration": iteration, "suite": suite, "artifact": key, **manifest.result})
    rows += [
        {"iteration": tonight.iteration, "suite": suite, "artifact": each.manifest.key, **each.summary}
        for suite, each in tonight.evaluations.items()
    ]
    return sorted(rows, key=lambda row: (row["iteration"], row["suite"]))


def _view(store: Store, run: str) -> RunView | None:
    return one_run(store, run) if store.files.size(f"runs/{run}/run.json") is not None else None


def _newest(context: Context, view: RunView) -> int | None:
    """The newest checkpoint whose files are all there and as they were written."""
    for iteration in reversed(range(len(view.record["lineages"]))):
        manifest = context.store.find("policy", view.record["lineages"][iteration])
        if manifest is None:
            continue
        if context.store.intact(manifest):
            return iteration
        log.warning("%s: the checkpoint after %d iterations is damaged; taking an older one", view.name, iteration)
    return None


def _nothing(name: str, message: str) -> State:
    log.info("%s", message)
    return Completed(name=name, message=message)


def _tell(run: str, result: Night, report: EvaluationReport, where: str) -> None:
    """Prefect's artifacts, and an event where somebody should come."""
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
        f"| {each['suite']} | {each['first']} | {each['difference']:+.4f} | {_interval(each['interval'])} | {each['questions']} | {each['gained']} | "
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


def _command(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m flows.nightly_eval",
        description="Evaluate the newest checkpoint of an experiment, as its nights do.",
        epilog="Also: compare POLICY POLICY (two runs, checkpoints, hub models or servers).",
    )
    parser.add_argument("spec", help="a file such as specs/quickstart.yaml")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY=VALUE",
        help="evaluate.samples=8; may be repeated",
    )
    parsed = parser.parse_args(arguments)
    load_spec(Path(parsed.spec), parsed.overrides)  # what is wrong with it is said before Prefect starts
    embedded.guard_server()
    result = nightly_eval(spec=str(Path(parsed.spec).resolve()), overrides=parsed.overrides)
    if isinstance(result, dict):
        print(f"report: {result['report']}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0, 1 with the reason on stderr (a regression too), 130 after Ctrl-C."""
    return run_command({"compare": compare_command}, _command, arguments)


if __name__ == "__main__":
    sys.exit(main())
