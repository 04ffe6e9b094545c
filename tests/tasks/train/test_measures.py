"""The audit stops a run whose engine and trainer disagree; the dynamics of a small example, by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tasks.errors import TrainingError
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import estimator_of
from tasks.train.batch import GroupBatch
from tasks.train.iteration import Iteration
from tasks.train.measures import audit, dynamics, response_rows
from tasks.train.settings import StepSettings
from tasks.train.statistics import TokenStatistics
from tests.tasks.train.tools import (
    OFF_POLICY,
    SPEC,
    OneRank,
    PlainEngine,
    changed,
    log_probs_of,
    policy,
    rollouts,
    run,
    statistics_of,
    with_engine_log_probs,
)

LIMITS = changed(SPEC, audit_max_mean=0.02, audit_min_effective_share=0.9)


def one_response(trainer: list[float], engine: list[float]) -> tuple[TokenStatistics, GroupBatch]:
    passed = statistics_of({(0, 0): [trainer] * 3}, {})
    return passed, GroupBatch(["p0"], [[1, 2]], [[1]], [[[3] * len(trainer)]], [[engine]], [[1.0]])


def test_the_audits_numbers() -> None:
    numbers = audit(*one_response([-1.0, -2.0, -3.0], [-1.0, -2.5, -2.75]), SPEC, 0)
    weights = [1.0, math.exp(0.5), math.exp(-0.25)]
    assert numbers["audit_mean"] == pytest.approx(0.25) and numbers["audit_max"] == pytest.approx(0.5)
    assert numbers["audit_effective_share"] == pytest.approx(sum(weights) ** 2 / (3 * sum(w * w for w in weights)))


def test_a_mean_beyond_the_limit_stops_and_names_the_key() -> None:
    with pytest.raises(
        TrainingError, match=r"iteration 7: .*mean \|difference\| 0\.05 \(audit\.max_mean 0\.02\).*stale"
    ):
        audit(*one_response([-1.0] * 4, [-1.05] * 4), LIMITS, 7)


def test_an_effective_share_below_the_limit_stops_and_names_the_key() -> None:
    """A few tokens far off in 1000: the mean alone would pass."""
    trainer, engine = [-1.0] * 1000, [-1.0] * 996 + [-5.0] * 4
    assert audit(*one_response(trainer, engine), SPEC, 0)["audit_mean"] < LIMITS.audit_max_mean
    with pytest.raises(
        TrainingError, match=r"effective sample share 0\.\d+ \(audit\.min_effective_sample_share 0\.9\)"
    ):
        audit(*one_response(trainer, engine), LIMITS, 0)


@pytest.mark.parametrize("trainer, engine", [(math.nan, -1.0), (-1.0, math.nan), (-math.inf, -1.0), (-1.0, -math.inf)])
def test_a_number_that_is_not_finite_stops(trainer: float, engine: float) -> None:
    with pytest.raises(TrainingError, match="engine and trainer disagree"):
        audit(*one_response([-1.0, trainer], [-1.0, engine]), LIMITS, 0)


@pytest.mark.parametrize("spec", [SPEC, OFF_POLICY], ids=["one step", "three steps"])
def test_rollouts_of_a_stale_policy_stop_the_iteration_before_a_step_is_applied(spec: StepSettings) -> None:
    """The rollouts agree with one policy; another trains on them."""
    spec = changed(
        spec, audit_max_mean=LIMITS.audit_max_mean, audit_min_effective_share=LIMITS.audit_min_effective_share
    )
    batch = rollouts(seed=6)
    log_probs = {
        (p, g): torch.zeros(len(r)) for p, group in enumerate(batch.response_ids) for g, r in enumerate(group)
    } | log_probs_of(run(policy(), batch).iteration.old)
    fresh = with_engine_log_probs(batch, log_probs, noise=0.01)
    metrics = run(policy(), fresh, spec).result["metrics"]
    assert (
        metrics["audit_mean"] == pytest.approx(0.005, rel=0.3)
        and metrics["audit_max"] <= 0.01
        and metrics["audit_effective_share"] > 0.999
    )
    stale = PlainEngine(policy(seed=1), OneRank())
    with pytest.raises(TrainingError, match=r"audit\.max_mean"):
        Iteration(stale, OneRank(), fresh, spec, 0).run()
    assert stale.steps == 0 and not stale.gradients


def test_dynamics_by_hand() -> None:
    """Group 0: right, wrong, not judged. Group 1: all right. Group 2: all wrong. Group 3: nothing judged."""
    scores: list[list[float | None]] = [[1.0, 0.0, None], [1.0, 1.0, 1.0], [0.0, 0.5, 0.0], [None, None, None]]
    batch = GroupBatch([f"p{i}" for i in range(4)], [[1, 2]] * 4, [[1]] * 4, [[[3]] * 3] * 4, [[[0.0]] * 3] * 4, scores)
    judged = [(g, s) for g in range(4) for s in range(3) if scores[g][s] is not None]
    c_o = {key: 0.1 * (1 + n) for n, key in enumerate(judged)}  # 0.1 to 0.8
    passed = statistics_of(
        {key: [[math.log(c)], [math.log(c)], [float(n)]] for n, (key, c) in enumerate(c_o.items())},
        {g: [math.log(0.5)] for g in range(3)},
    )
    spec = changed(SPEC, estimator="arm", alpha=0.3)
    values, mask = batch.score_tensors()
    base = torch.zeros(4, 3, dtype=torch.float64)
    base[0, 0], base[0, 1] = 0.05, -0.05
    groups = Groups.of(values, mask, torch.ones(4, 3), correct_at=spec.correct_at)
    advantages = estimator_of(spec.advantage).advantages(base, passed, groups)
    found = dynamics(passed, groups, advantages)
    # Bonus 0.3 (0.5 - c): group 0: 0.12, 0.09; group 1: 0.06, 0.03, 0; the others none.
    assert found == pytest.approx(
        {
            "reward_mean": 4.5 / 8,
            "entropy": 3.5,
            "all_correct_share": 1 / 3,
            "all_wrong_share": 1 / 3,
            "c_q_mean": 0.5,
            "c_o_right_mean": (0.1 + 0.3 + 0.4 + 0.5) / 4,
            "c_o_wrong_mean": (0.2 + 0.6 + 0.7 + 0.8) / 4,
            "bonus_mean": 0.3 / 8,
            "bonus_abs_mean": 0.3 / 8,
            "flipped_share": 1 / 8,  # -0.05 + 0.09
            "advantage_abs_mean": (0.17 + 0.04 + 0.06 + 0.03 + 0.0) / 8,
        },
        abs=1e-12,
    )
    rows = response_rows(passed, batch, mask, advantages)
    assert [(r["problem_id"], r["sample"]) for r in rows] == [(f"p{g}", s) for g in range(4) for s in range(3)]
    assert [r["judged"] for r in rows] == [s is not None for group in scores for s in group]
    assert rows[1] | {"entropy": None} == pytest.approx(
        {
            "problem_id": "p0",
            "sample": 1,
            "judged": True,
            "base": -0.05,
            "bonus": 0.09,
            "advantage": 0.04,
            "c_q": 0.5,
            "c_o": 0.2,
            "log_prob_mean": math.log(0.2),
            "entropy": None,
        }
    )
    assert rows[2] | {"problem_id": "p0"} == {
        "problem_id": "p0",
        "sample": 2,
        "judged": False,
        "base": 0.0,
        "bonus": 0.0,
        "advantage": 0.0,
        "c_q": None,
        "c_o": None,
        "log_prob_mean": None,
        "entropy": None,
    }


def test_nothing_to_average_is_none_and_not_zero() -> None:
    batch = replace(rollouts(prompts=1, samples=2), scores=[[None, None]])
    metrics = run(policy(), batch).result["metrics"]
    assert metrics["reward_mean"] is None and metrics["entropy"] is None and metrics["c_o_right_mean"] is None
