"""The data of an evaluation report, as plain values.

Each evaluation carries the key of the artifact that its numbers came from, so that each number can be traced. A number
that is None or missing is a gap in a plot and `-` in a table, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REGRESSION = "REGRESSION"
"""The beginning of a verdict that the page shows as bad."""
SOLVED_ABOVE = 0.5
"""A policy solves a question if more than this share of its judged samples is right."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One policy on one suite.

    `summary`: an `EvalSummary` as JSON. `rows`: the samples, with problem_id, sample, score (None: not judged), kind,
    detail, answer (None: none was found), text, finish_reason, response_tokens, entropy and surprisal (nats per token,
    or None).
    """

    label: str
    iteration: int | None
    lineage: str
    summary: Mapping[str, Any]
    artifact: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A problem as people read it; `prompt`: the question without instructions, `reference`: the right answer."""

    prompt: str
    reference: str
    level: str | None = None
    subject: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class PairResult:
    """The policy labelled `second` against the one labelled `first`, on the same questions.

    `result` has difference (second - first), interval (95%: [low, high] or None), questions, gained and lost (numbers
    of questions), regressed and improved; only_first and only_second count the questions that only one of the two has.
    """

    first: str
    second: str
    metric: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite with its policies, from the base to tonight's, their comparisons, and its questions by problem id.

    `about`: facts by name (source, size, licence, sampling, ...).
    """

    name: str
    about: Mapping[str, str]
    policies: Sequence[Evaluated]
    comparisons: Sequence[PairResult]
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class EvaluationPoint:
    """One evaluation of a run on one suite, at one iteration."""

    iteration: int
    suite: str
    summary: Mapping[str, Any]
    artifact: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """An evaluation report.

    `subtitle` is shown at the top in its order. `verdict`: one line. `alarms`: what else somebody should look at.
    `history`: the run's evaluations over its iterations. `ks`: the k of the tables. A sample is right from score
    `correct_at`.
    """

    title: str
    subtitle: Mapping[str, str]
    verdict: str
    alarms: Sequence[str]
    suites: Sequence[SuiteResult]
    history: Sequence[EvaluationPoint]
    ks: Sequence[int]
    correct_at: float = 1.0
    spec_yaml: str | None = None
