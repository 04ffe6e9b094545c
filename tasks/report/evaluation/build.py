"""The data of an evaluation report, from evaluations in the store."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.store import Manifest
from tasks.evaluate.comparison import METRIC, EvaluatedPolicy
from tasks.evaluate.metrics.paired import PairedComparison
from tasks.evaluate.problems import SuiteData
from tasks.report.evaluation.data import Evaluated, PairResult, Question, SuiteResult


def suite_result(
    name: str,
    policies: Sequence[EvaluatedPolicy],
    comparisons: Sequence[tuple[str, str, PairedComparison]],
    problems: SuiteData,
    about: Mapping[str, str],
) -> SuiteResult:
    """Return one suite under each of `policies`, base first; `comparisons`: (first label, second label, result)."""
    return SuiteResult(
        name=name,
        about=about,
        policies=tuple(_evaluated(each, name) for each in policies if name in each.evaluations),
        comparisons=tuple(PairResult(first, second, METRIC, result.to_json()) for first, second, result in comparisons),
        questions={
            each.problem.id: Question(
                each.question, _reference(each.problem.reference), each.level, each.subject, each.source
            )
            for each in problems.facts
        },
    )


def suite_about(
    manifest: Manifest | None, contamination: Manifest, sampling: Mapping[str, Any], problems: int
) -> dict[str, str]:
    """Return the facts that a reader needs before a suite's numbers, by name.

    `manifest`: of the suite's step; None for a run's held-out problems.
    """
    about = {"problems": f"{problems:,}"}
    if manifest is None:
        about["source"] = "the run's own held-out problems (data.heldout)"
    else:
        result = manifest.result
        about |= {
            "source": result["origin"],
            "licence": result["licence"],
            **({"differs": result["differs"]} if result["differs"] else {}),
        }
    about["sampling"] = ", ".join(
        f"{key} {value}"
        for key, value in sampling.items()
        if key in ("temperature", "top_p", "max_response_tokens", "engine")
    )
    about["contamination"] = contamination_line(contamination.result)
    return about


def contamination_line(found: Mapping[str, Any]) -> str:
    """Return the result of a contamination check in one line."""
    exact = sorted({each["evaluation_id"] for each in found["findings"] if each["kind"] == "exact"})
    similar = sorted({each["evaluation_id"] for each in found["findings"]} - {*exact})
    parts = [f"{len(exact)} problems are training problems word for word{_few(exact)}"] if exact else []
    if similar:
        said = "share half of their 13-grams with training problems, which may be siblings"
        parts.append(f"{len(similar)} {said}{_few(similar)}")
    return "; ".join(parts) or "none found in the training problems (exact, and half of the 13-grams)"


def _few(names: Sequence[str]) -> str:
    return f" ({', '.join(names[:6])}{', ...' if len(names) > 6 else ''})"


def _evaluated(side: EvaluatedPolicy, suite: str) -> Evaluated:
    evaluation = side.evaluations[suite]
    return Evaluated(
        side.label,
        side.iteration,
        side.lineage,
        evaluation.summary,
        evaluation.manifest.key,
        [sample.row() for sample in evaluation.samples],
    )


def _reference(reference: Mapping[str, Any]) -> str:
    answer = reference.get("answer")
    return answer if isinstance(answer, str) else json.dumps(dict(reference), ensure_ascii=False, sort_keys=True)
