"""Numbers about an iteration: the audit of engine against trainer, ARM's terms, learning dynamics, a row per response."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from tasks.errors import TrainingError
from tasks.train.batch import GroupBatch
from tasks.train.objective import effective_sample_share, sequence_ratios
from tasks.train.passes import Advantages, Passed
from tasks.train.settings import StepSpec


def audit(old: Passed, batch: GroupBatch, spec: StepSpec, iteration: int) -> dict[str, float]:
    """Engine against trainer on the same tokens: mean and largest |difference| of log-probabilities (nats), effective
    sample share, and with sequence masking the share of responses masked. Raises TrainingError beyond the spec's limits:
    stale weights show here first (design rule 12)."""
    trainer = torch.cat([old.log_probs[key] for key in sorted(old.log_probs)]) if old.log_probs else torch.zeros(0)
    engine = torch.tensor(
        [x for g, s in sorted(old.log_probs) for x in batch.engine_log_probs[g][s]], dtype=trainer.dtype
    )
    difference = (trainer - engine).abs().double()
    numbers = {
        "audit_mean": float(difference.mean()) if len(difference) else 0.0,
        "audit_max": float(difference.max()) if len(difference) else 0.0,
        "audit_effective_share": effective_sample_share(trainer, engine),
    }
    if spec.importance_mode == "sequence_mask" and spec.importance_cap is not None:
        ratios = sequence_ratios(trainer, engine, [len(old.log_probs[key]) for key in sorted(old.log_probs)])
        numbers["importance_masked_share"] = _mean(ratios > spec.importance_cap) or 0.0
    # Written so that a NaN stops the run too.
    if not (
        numbers["audit_mean"] <= spec.audit_max_mean
        and numbers["audit_effective_share"] >= spec.audit_min_effective_share
    ):
        raise TrainingError(
            f"iteration {iteration}: engine and trainer disagree on the log-probabilities of the same tokens: mean |difference| "
            f"{numbers['audit_mean']:.3g} (audit.max_mean {spec.audit_max_mean}), effective sample share {numbers['audit_effective_share']:.3f} "
            f"(audit.min_effective_share {spec.audit_min_effective_share}); the rollout engine's weights may be stale, or its dtype differs from the trainer's"
        )
    return numbers


def dynamics(
    old: Passed, batch: GroupBatch, scores: Tensor, judged: Tensor, advantages: Advantages, spec: StepSpec
) -> dict[str, float | None]:
    """Group composition, entropy and ARM's terms of one iteration. None where there was nothing to average."""
    correct = judged & (scores >= spec.correct_at)
    wrong = judged & ~correct
    groups = judged.any(-1)
    all_correct, all_wrong = groups & ~wrong.any(-1), groups & ~correct.any(-1)
    entropies = [old.entropies[key] for key in sorted(old.entropies)]
    flipped = (advantages.base * advantages.total < 0) & judged
    return {
        "reward_mean": _mean(scores[judged]),
        "entropy": float(torch.cat(entropies).double().mean()) if entropies else None,
        "all_correct_share": _mean(all_correct[groups].double()),
        "all_wrong_share": _mean(all_wrong[groups].double()),
        "c_q_mean": _mean(advantages.c_q[groups]),
        "c_o_right_mean": _mean(advantages.c_o[correct]),
        "c_o_wrong_mean": _mean(advantages.c_o[wrong]),
        "bonus_mean": _mean(advantages.bonus[judged]),
        "bonus_abs_mean": _mean(advantages.bonus[judged].abs()),
        "flipped_share": _mean(flipped[judged].double()),
        "advantage_abs_mean": _mean(advantages.total[judged].abs()),
    }


def _mean(values: Tensor) -> float | None:
    return float(values.double().mean()) if values.numel() else None


def response_rows(old: Passed, batch: GroupBatch, judged: Tensor, advantages: Advantages) -> list[dict[str, Any]]:
    """One row for each response, judged or not, in order: what the report's browser shows and a later study reads."""
    rows = []
    for p, problem_id in enumerate(batch.problem_ids):
        for g in range(len(batch.response_ids[p])):
            seen = (p, g) in old.log_probs
            rows.append(
                {
                    "problem_id": problem_id,
                    "sample": g,
                    "judged": bool(judged[p, g]),
                    "base": float(advantages.base[p, g]),
                    "bonus": float(advantages.bonus[p, g]),
                    "advantage": float(advantages.total[p, g]),
                    "c_q": float(advantages.c_q[p, 0]) if seen else None,
                    "c_o": float(advantages.c_o[p, g]) if seen else None,
                    "log_prob_mean": float(old.log_probs_t1[p, g].double().mean()) if seen else None,
                    "entropy": float(old.entropies[p, g].double().mean()) if seen else None,
                }
            )
    return rows
