"""What a night compares its policy with, and what it says of the result."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from infra.store import Manifest
from tasks.engines.open_run import OpenRun
from tasks.evaluate.comparison import EvaluatedPolicy, compared, difference, harmless_difference
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.report.evaluation.data import REGRESSION
from tasks.run.nights import Night
from tasks.run.runs import RunView
from tasks.run.suites import PreparedSuite, evaluated

BASE = "start"  # the run's first policy, in reports


def pairs_of(
    run: OpenRun, suite: str, others: Sequence[EvaluatedPolicy], tonight: EvaluatedPolicy
) -> list[tuple[str, str, PairedComparison]]:
    """Return (other label, tonight's label, comparison) with each policy that a suite was evaluated alike for."""
    pairs = []
    for other in others:
        if (
            suite in other.evaluations
            and difference(other.evaluations[suite].manifest, tonight.evaluations[suite].manifest) is None
        ):
            pairs.append(
                (
                    other.label,
                    tonight.label,
                    compared(other.evaluations[suite], tonight.evaluations[suite], run.spec.seed),
                )
            )
    return pairs


def alarms_of(
    suites: Mapping[str, PreparedSuite], others: Sequence[EvaluatedPolicy], tonight: EvaluatedPolicy
) -> list[str]:
    """Return lines about what is no regression and should be seen."""
    lines = []
    for name, suite in suites.items():
        now_is = tonight.evaluations[name].manifest
        for other in (each for each in others if name in each.evaluations):
            if (why := difference(other.evaluations[name].manifest, now_is)) is not None:
                lines.append(f"{name}: not compared with {other.label}, which was evaluated otherwise ({why})")
            elif (differs := harmless_difference(other.evaluations[name].manifest, now_is)) is not None:
                lines.append(f"{name}: compared with {other.label} though these differ: {differs}")
        if suite.contamination.result["findings"]:
            lines.append(f"{name}: {suite.about['contamination']}")
    return lines


def verdict_of(worse: Sequence[str], comparisons: int, alone: Sequence[str] | None) -> str:
    """Return one line; `alone` are the suites that no earlier night can be compared on, None without such a night."""
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


def earlier_policies(run: OpenRun, earlier: Sequence[Night], tonight: EvaluatedPolicy) -> list[EvaluatedPolicy]:
    """Return, for each suite, the newest earlier night of another policy that was evaluated alike; suites by night.

    Left out are those whose evaluation is not there any more.
    """
    found: dict[str, dict[str, Manifest]] = {}
    for name, evaluation in tonight.evaluations.items():
        for each in reversed(earlier):
            key = each.evaluations.get(name)
            manifest = run.store.find("evaluate", key) if key is not None and each.lineage != tonight.lineage else None
            if manifest is not None and difference(manifest, evaluation.manifest) is None:
                found.setdefault(each.when, {})[name] = manifest
                break
    nights_by_time = {each.when: each for each in earlier}
    return [
        evaluated(
            run,
            f"{when[:10]}, after {nights_by_time[when].iteration}",
            nights_by_time[when].iteration,
            nights_by_time[when].lineage,
            manifests,
            nights_by_time[when].run,
        )
        for when, manifests in sorted(found.items())
    ]


def evaluations_over_time(
    run: OpenRun, view: RunView, earlier: Sequence[Night], tonight: EvaluatedPolicy
) -> list[dict[str, Any]]:
    """Return what the run and its nights evaluated like tonight, by iteration, each policy once."""
    keys = {(row["iteration"], row["suite"]): row["artifact"] for row in view.evaluations()}
    keys |= {(each.iteration, suite): key for each in earlier for suite, key in each.evaluations.items()}
    rows = []
    for (iteration, suite), key in sorted(keys.items()):
        manifest = (
            run.store.find("evaluate", key) if suite in tonight.evaluations and iteration != tonight.iteration else None
        )
        if manifest is not None and difference(manifest, tonight.evaluations[suite].manifest) is None:
            rows.append({"iteration": iteration, "suite": suite, "artifact": key, **manifest.result})
    rows += [
        {"iteration": tonight.iteration, "suite": suite, "artifact": each.manifest.key, **each.summary}
        for suite, each in tonight.evaluations.items()
    ]
    return sorted(rows, key=lambda row: (row["iteration"], row["suite"]))
