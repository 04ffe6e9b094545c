"""The numbers of an iteration: the audit of engine against trainer, learning dynamics, a row for each response."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from specs.keys import key_name
from specs.sections import Audit
from tasks.errors import TrainingError
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import Advantages
from tasks.train.batch import GroupBatch
from tasks.train.objectives.weights import effective_sample_share, sequence_ratios
from tasks.train.settings import StepSettings
from tasks.train.statistics import TokenStatistics, by_length

_MAX_MEAN = key_name(Audit, "max_mean")
_MIN_SHARE = key_name(Audit, "min_effective_sample_share")


def audit(old: TokenStatistics, batch: GroupBatch, settings: StepSettings, iteration: int) -> dict[str, float]:
    """Return how far engine and trainer differ on the same tokens.

    Mean and largest |difference| of log-probabilities (nats), effective sample share, and with sequence masking the
    share of responses masked. Raises TrainingError beyond the spec's limits: stale weights show here first.
    """
    trainer = old.log_probs
    sampled = [np.zeros(0), *(np.asarray(batch.engine_log_probs[g][s]) for g, s in old.responses.parts.tolist())]
    engine = torch.from_numpy(np.concatenate(sampled)).to(trainer.dtype)
    difference = (trainer - engine).abs().double()
    numbers = {
        "audit_mean": float(difference.mean()) if len(difference) else 0.0,
        "audit_max": float(difference.max()) if len(difference) else 0.0,
        "audit_effective_share": effective_sample_share(trainer, engine),
    }
    correction = settings.objective.importance_correction
    if correction.mode == "sequence_mask":
        ratios = sequence_ratios(trainer, engine, old.responses.lengths.tolist())
        numbers["importance_masked_share"] = _mean(ratios > correction.cap) or 0.0
    # Written so that a NaN stops the run too.
    if not (
        numbers["audit_mean"] <= settings.audit_max_mean
        and numbers["audit_effective_share"] >= settings.audit_min_effective_share
    ):
        raise TrainingError(
            f"iteration {iteration}: engine and trainer disagree on the log-probabilities of the same tokens: "
            f"mean |difference| {numbers['audit_mean']:.3g} ({_MAX_MEAN} {settings.audit_max_mean}), effective sample "
            f"share {numbers['audit_effective_share']:.3f} ({_MIN_SHARE} {settings.audit_min_effective_share}); the "
            "rollout engine's weights may be stale, or its dtype differs from the trainer's"
        )
    return numbers


def dynamics(old: TokenStatistics, groups: Groups, advantages: Advantages) -> dict[str, float | None]:
    """Return group composition, entropy and ARM's terms of one iteration. None where there was nothing to average.

    `groups` have the outcome's scores.
    """
    judged, correct = groups.judged, groups.correct
    wrong = judged & ~correct
    seen = judged.any(-1)
    all_correct, all_wrong = seen & ~wrong.any(-1), seen & ~correct.any(-1)
    flipped = (advantages.base * advantages.total < 0) & judged
    return {
        "reward_mean": score_mean(groups),
        "entropy": _mean(old.entropies),
        "all_correct_share": _mean(all_correct[seen].double()),
        "all_wrong_share": _mean(all_wrong[seen].double()),
        "c_q_mean": _mean(advantages.c_q[seen]),
        "c_o_right_mean": _mean(advantages.c_o[correct]),
        "c_o_wrong_mean": _mean(advantages.c_o[wrong]),
        "bonus_mean": _mean(advantages.bonus[judged]),
        "bonus_abs_mean": _mean(advantages.bonus[judged].abs()),
        "flipped_share": _mean(flipped[judged].double()),
        "advantage_abs_mean": _mean(advantages.total[judged].abs()),
    }


def score_mean(groups: Groups) -> float | None:
    """Return the mean score of the judged responses; None where there is none."""
    return _mean(groups.scores[groups.judged])


def _mean(values: Tensor) -> float | None:
    return float(values.double().mean()) if values.numel() else None


def _means(values: Tensor, lengths: Tensor) -> Tensor:
    """Return the mean of each part of `values` [tokens], part after part [N], float64."""
    means = torch.zeros(len(lengths), dtype=torch.float64)
    for chosen, rows in by_length(values.double(), lengths):
        means[chosen] = rows.mean(-1)
    return means


def response_rows(
    old: TokenStatistics, batch: GroupBatch, judged: Tensor, advantages: Advantages
) -> list[dict[str, Any]]:
    """Return one row for each response, judged or not, in order, for the report's browser and later studies."""
    seen = torch.zeros(judged.shape, dtype=torch.bool)
    log_probs, entropies = torch.zeros(2, *judged.shape, dtype=torch.float64)
    places = tuple(old.responses.parts.T)
    seen[places] = True
    log_probs[places] = _means(old.log_probs_t1, old.responses.lengths)
    entropies[places] = _means(old.entropies, old.responses.lengths)
    rows = []
    for p, problem_id in enumerate(batch.problem_ids):
        for g in range(len(batch.response_ids[p])):
            rows.append(
                {
                    "problem_id": problem_id,
                    "sample": g,
                    "judged": bool(judged[p, g]),
                    "base": float(advantages.base[p, g]),
                    "bonus": float(advantages.bonus[p, g]),
                    "advantage": float(advantages.total[p, g]),
                    "c_q": float(advantages.c_q[p, 0]) if seen[p, g] else None,
                    "c_o": float(advantages.c_o[p, g]) if seen[p, g] else None,
                    "log_prob_mean": float(log_probs[p, g]) if seen[p, g] else None,
                    "entropy": float(entropies[p, g]) if seen[p, g] else None,
                }
            )
    return rows
