"""The data of a run's report, as plain values.

Every record carries the key of the artifact that its numbers came from, so that each number can be traced.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = Mapping[str, float | int | str | None]


@dataclass(frozen=True, slots=True)
class RunCurves:
    """One training run.

    `iterations` holds one mapping per iteration, with the keys of `ROW_KEYS` and others. A number that is missing or
    None is a gap in a plot and `-` in a table, never zero.
    """

    name: str
    label: str
    iterations: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One evaluated policy, a column of the comparison.

    `summary`: an `EvalSummary` as JSON, in which `pass_at` and `pass_at_se` have the k as text, and the other values
    are numbers or None. A column whose label is a run's label takes that run's colour; the others (the common start)
    are grey.
    """

    label: str
    summary: Mapping[str, Any]
    artifact: str


@dataclass(frozen=True, slots=True)
class Response:
    """One sampled response.

    `advantage` = `base` (group-relative) + `bonus` (ARM). `c_o`: the confidence of the response. `log_prob_mean`,
    `entropy`: means over its tokens, in nats. `score` is None if it was not judged; `terms` are the values of the
    reward's other terms.
    """

    text: str
    score: float | None
    kind: str
    detail: str
    base: float | None
    bonus: float | None
    advantage: float | None
    c_o: float | None
    tokens: int
    log_prob_mean: float | None
    entropy: float | None
    finish_reason: str
    terms: Mapping[str, float | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """The samples of one prompt in one iteration of the run labelled `run`.

    `solutions`: the number of right answers that exist, None if it is not known.
    """

    run: str
    iteration: int
    problem_id: str
    prompt: str
    solutions: int | None
    c_q: float | None
    artifact: str
    responses: tuple[Response, ...]


@dataclass(frozen=True, slots=True)
class ReportData:
    """A run's report.

    `subtitle` is shown at the top in its order (run, store, command). `deviations` lists the keys of the spec that
    differ from the defaults, one per line. A response counts as right from score `correct_at`.
    """

    title: str
    subtitle: Mapping[str, str]
    spec_yaml: str
    deviations: str
    runs: tuple[RunCurves, ...]
    evaluations: tuple[Column, ...]
    groups: tuple[Group, ...]
    correct_at: float = 1.0


ROW_KEYS = (
    "iteration",
    "reward_mean",
    "entropy",
    "response_length_mean",
    "truncated_share",
    "not_judged_share",
    "distinct_answers",
    "distinct_correct",
    "all_correct_share",
    "all_wrong_share",
    "audit_mean",
    "audit_max",
    "audit_effective_share",
    "clip_fraction",
    "approximate_kl",
    "grad_norm",
    "learning_rate",
    "loss",
    "c_q_mean",
    "c_o_right_mean",
    "c_o_wrong_mean",
    "bonus_mean",
    "bonus_abs_mean",
    "flipped_share",
    "seconds_rollout",
    "seconds_judge",
    "seconds_train",
    "artifact",
)
