"""Two policies compared on the same suites.

    armature compare quickstart quickstart-grpo      # policies as tasks/run/named_policies.py names them

Suites, samples, sampling and verifiers are those of the spec: that of the first run named, or the file given by --spec.
"""

from __future__ import annotations

if __name__ == "__main__":  # above the imports of libraries, which take seconds; the command line leaves by SystemExit
    import runpy

    runpy.run_module("flows.cli", run_name="__main__")

import datetime
import hashlib
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from prefect import flow
from prefect.artifacts import create_link_artifact

from flows.evaluations import evaluate_suites, prepare_suites
from infra import prefect_runtime
from infra.caching import canonical
from infra.store import Store
from specs.load import Loaded
from tasks.engines.open_run import OpenRun, opened
from tasks.errors import DataError
from tasks.evaluate.comparison import METRIC, EvaluatedPolicy, compared, difference, harmless_difference
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.report.evaluation.data import EvaluationReport
from tasks.rollout.endpoint import Endpoint
from tasks.run.named_policies import NamedPolicy, resolved
from tasks.run.publish import publish
from tasks.run.suites import PreparedSuite
from tasks.run.under_way import UnderWay
from tasks.stage import value
from tasks.stages import prepare, remake_start, start

log = logging.getLogger("armature")


@flow(name="compare", flow_run_name="{first} and {second}", validate_parameters=True)
def compare(
    first: str, second: str, store: str, spec: str | None = None, overrides: list[str] | None = None
) -> dict[str, Any]:
    """Evaluate two policies on the same suites and compare them in pairs of questions.

    `store` is a URI, `spec` a file, `overrides` are `key.path=value`. Returns {"report": URI, "comparisons": rows}.
    """
    with prefect_runtime.flow_body():
        policies, loaded = resolved([first, second], Store(store), spec, overrides or [])
        return _compare(policies, loaded, Store(store))


def _compare(policies: Sequence[NamedPolicy], loaded: Loaded, store: Store) -> dict[str, Any]:
    began = time.time()
    labels = [policy.label for policy in policies]
    if labels[0] == labels[1]:
        policies = [
            replace(policy, label=f"{policy.label} ({place})")
            for policy, place in zip(policies, ("first", "second"), strict=True)
        ]
    evaluated: list[EvaluatedPolicy] = []
    suites: dict[str, PreparedSuite] = {}
    under_way = UnderWay(store, *labels, loaded.text)
    for policy in policies:  # one after the other: on the CPU one engine computes at a time
        with opened(policy.spec, store, remake_start) as run:
            under_way.name_steps(run.experiment)
            prepare(run)
            if policy.run is None and policy.url is None:
                value(start(run))
            ready = prepare_suites(run)
            suites = suites or ready
            evaluated.append(_evaluated(run, policy))
    pairs = _pairs(evaluated, suites, loaded.spec.seed)
    digest = hashlib.sha256(canonical(_keys(evaluated)).encode()).hexdigest()
    name = f"{evaluated[0].lineage[:8]}-{evaluated[1].lineage[:8]}-{digest[:8]}"
    report = EvaluationReport(
        title=f"{evaluated[1].label} against {evaluated[0].label}",
        subtitle={
            "first": f"{evaluated[0].label} ({evaluated[0].lineage[:12]})",
            "second": f"{evaluated[1].label} ({evaluated[1].lineage[:12]})",
            "store": store.uri,
        },
        verdict="; ".join(f"{suite}: {METRIC} {_line(result)}" for suite, (_, _, result) in pairs.items()),
        alarms=_alarms(evaluated, suites),
        suites=[suite.result(evaluated, [pairs[name]]) for name, suite in suites.items()],
        history=(),
        ks=loaded.spec.evaluate.ks,
        correct_at=loaded.spec.reward.correct_at,
        spec_yaml=loaded.text,
    )
    where = publish(store, f"comparisons/{name}", report, suites, evaluated, began)
    steps = sorted(f"evaluate/{key}" for keys in _keys(evaluated) for key in keys.values())
    rows = [
        {"suite": suite, "first": a, "second": b, "metric": METRIC, **result.to_json()}
        for suite, (a, b, result) in pairs.items()
    ]
    store.files.write(
        f"comparisons/{name}/comparison.json",
        json.dumps({"steps": steps, "comparisons": rows}, indent=1, sort_keys=True).encode(),
    )
    under_way.end()
    create_link_artifact(
        key=f"comparison-{name}", link=where, link_text="report", description=f"{report.title}: {where}"
    )
    print(table(evaluated, pairs, loaded.spec.evaluate.ks))
    return {"report": where, "comparisons": rows}


def _evaluated(run: OpenRun, policy: NamedPolicy) -> EvaluatedPolicy:
    if policy.url is not None and policy.model is not None:
        source = Endpoint(policy.url, policy.model, deadline_s=run.spec.placement.deadline_s)
        # A server may load other weights under the same name: its samples are kept for a day, so that a comparison that
        # was stopped goes on.
        about = {"url": policy.url, **source.describe(), "day": datetime.datetime.now(datetime.UTC).date().isoformat()}
        lineage = f"server-{hashlib.sha256(canonical(about).encode()).hexdigest()}"
        return evaluate_suites(run, lineage, policy.label, source=source)
    if policy.run is None or policy.iteration is None:
        return evaluate_suites(run, run.experiment.lineage(0), policy.label)
    lineage = policy.run.record["lineages"][policy.iteration]
    return evaluate_suites(run, lineage, policy.label, policy.iteration, policy.run.name)


def _pairs(
    evaluated: Sequence[EvaluatedPolicy], suites: dict[str, PreparedSuite], seed: int
) -> dict[str, tuple[str, str, PairedComparison]]:
    first, second = evaluated
    pairs = {}
    for name in suites:
        if (differs := difference(first.evaluations[name].manifest, second.evaluations[name].manifest)) is not None:
            raise DataError(
                f"{name}: {first.label} and {second.label} cannot be compared on it: they differ in {differs}; "
                "compare on suites that both can have"
            )
        pairs[name] = (first.label, second.label, compared(first.evaluations[name], second.evaluations[name], seed))
    return pairs


def _alarms(evaluated: Sequence[EvaluatedPolicy], suites: Mapping[str, PreparedSuite]) -> list[str]:
    lines = [
        f"{each.name}: {each.about['contamination']}"
        for each in suites.values()
        if each.contamination.result["findings"]
    ]
    for name in suites:
        if (
            differs := harmless_difference(
                evaluated[0].evaluations[name].manifest, evaluated[1].evaluations[name].manifest
            )
        ) is not None:
            lines.append(f"{name}: these differ: {differs}")
    return lines


def _keys(evaluated: Sequence[EvaluatedPolicy]) -> list[dict[str, str]]:
    return [{name: found.manifest.key for name, found in each.evaluations.items()} for each in evaluated]


def table(
    evaluated: Sequence[EvaluatedPolicy], pairs: dict[str, tuple[str, str, PairedComparison]], ks: Sequence[int]
) -> str:
    """Return the comparison as text: a block for each suite."""
    blocks = []
    for name, (_, _, result) in pairs.items():
        lines = [name]
        for each in evaluated:
            summary = each.evaluations[name].summary
            shown = [f"Pass@{k} {summary['pass_at'][str(k)]:.3f}" for k in ks if str(k) in summary["pass_at"]]
            basis = (
                f"n {summary['samples']}, {summary['problems']} problems, truncated {summary['truncated_share']:.1%}"
            )
            basis += f", no answer {summary['no_answer_share']:.1%}, time limit {summary['time_limit_share']:.1%}"
            lines.append(f"  {each.label:<28} {'  '.join(shown)}  ({basis})")
        lines.append(f"  {'difference of the ' + METRIC:<28} {_line(result)}")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def _line(result: PairedComparison) -> str:
    interval = (
        "no interval"
        if result.interval is None
        else f"95 % interval {result.interval[0]:+.4f} to {result.interval[1]:+.4f}"
    )
    gains = f"{result.gained} gained, {result.lost} lost"
    return f"{result.difference:+.4f}, {interval}, {result.questions} questions: {gains}"
