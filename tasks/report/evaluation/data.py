"""What an evaluation report shows, as plain values. Each evaluation carries the key of the artifact that its numbers came from (design rule 10).

A number that is None or missing is a gap in a plot and `-` in a table, never zero.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REGRESSION = "REGRESSION"  # how a verdict begins that the page shows as bad
SOLVED_ABOVE = (
    0.5  # a policy solves a question from more than this share of right samples, among those that were judged
)


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One policy on one suite. `summary` is an `EvalSummary` as JSON. `rows` are the judged samples, with problem_id, sample, score (None: not
    judged), kind, detail, answer (None: none was found), text, finish_reason, response_tokens, entropy and surprisal (nats per token, or None)."""

    label: str
    iteration: int | None
    lineage: str
    summary: Mapping[str, Any]
    artifact: str
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Question:
    """A problem as people read it. `prompt` is the question without instructions, `reference` the right answer."""

    prompt: str
    reference: str
    level: str | None = None
    subject: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """The policy labelled `second` against the one labelled `first`, on the same questions. `result` has difference (second - first),
    interval (95%: [low, high] or None), questions, gained and lost (numbers of questions), regressed and improved; only_first and only_second count
    the questions that one of the two alone has."""

    first: str
    second: str
    metric: str
    result: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SuiteResult:
    """A suite: what is known `about` it (source, size, licence, sampling, ...), its policies from the base to tonight's, how they compare, and
    its questions by problem id."""

    name: str
    about: Mapping[str, str]
    policies: Sequence[Evaluated]
    comparisons: Sequence[Comparison]
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class Over:
    """One evaluation in the course of a run."""

    iteration: int
    suite: str
    summary: Mapping[str, Any]
    artifact: str


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """`subtitle` is shown at the top in its order; `verdict` is one line, `alarms` what else somebody should look at; `ks` are the k of the
    tables. A sample is right from score `correct_at`."""

    title: str
    subtitle: Mapping[str, str]
    verdict: str
    alarms: Sequence[str]
    suites: Sequence[SuiteResult]
    over: Sequence[Over]
    ks: Sequence[int]
    correct_at: float = 1.0
    spec_yaml: str | None = None
