"""Advantage estimators: from the scores of a group of responses to one number per response (method.md, "The family").

All tensors are float64 on the CPU, [prompts, samples]. What was not judged (`judged` False) takes no part in any
statistic and gets exactly 0; so does a whole group with fewer than two judged samples.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def _centred(scores: Tensor, judged: Tensor) -> tuple[Tensor, Tensor]:
    """R_i - mean(R) over the judged ones [prompts, samples], 0 elsewhere; and how many there are [prompts, 1]."""
    count = judged.sum(-1, keepdim=True)
    mean = torch.where(judged, scores, 0.0).sum(-1, keepdim=True) / count.clamp(min=1)
    return torch.where(judged & (count >= 2), scores - mean, 0.0), count


def grpo(scores: Tensor, judged: Tensor, *, eps: float, ddof: int) -> Tensor:
    """A_i = (R_i - mean(R)) / (std(R) + eps) (DeepSeekMath, arXiv 2402.03300, equation 3)."""
    centred, count = _centred(scores, judged)
    std = (centred.square().sum(-1, keepdim=True) / (count - ddof).clamp(min=1)).sqrt()
    return centred / (std + eps)


def dr_grpo(scores: Tensor, judged: Tensor, *, eps: float, ddof: int) -> Tensor:
    """A_i = R_i - mean(R), no division by the standard deviation (Dr. GRPO, arXiv 2503.20783)."""
    del eps, ddof
    return _centred(scores, judged)[0]


#: `arm` re-weights GRPO's advantages; its second half is `arm_bonus`, which needs confidences.
ESTIMATORS: dict[str, Callable[..., Tensor]] = {"grpo": grpo, "arm": grpo, "dr_grpo": dr_grpo}


def arm_bonus(
    c_q: Tensor, c_o: Tensor, scores: Tensor, judged: Tensor, *, alpha: float, scope: str, correct_at: float
) -> Tensor:
    """ARM's term alpha * (c(q) - c(o_i | q)) [prompts, samples]; 0 where it does not apply (arXiv 2602.05281).

    `c_q` [prompts, 1] and `c_o` [prompts, samples] are in [0, 1]. Scope: `any_correct` (every judged response of a group
    with at least one correct), `mixed_only` (of groups with a correct and a wrong one), `correct_only` (the correct ones).
    """
    correct = judged & (scores >= correct_at)
    applies = judged & correct.any(-1, keepdim=True) & (judged.sum(-1, keepdim=True) >= 2)
    if scope == "mixed_only":
        applies &= (judged & ~correct).any(-1, keepdim=True)
    elif scope == "correct_only":
        applies &= correct
    else:
        assert scope == "any_correct", scope
    return torch.where(applies, alpha * (c_q - c_o), 0.0)


def group_mean_confidence(c_o: Tensor, scores: Tensor, judged: Tensor, *, correct_at: float) -> Tensor:
    """c(q) as the mean of c(o) over the group's correct responses [prompts, 1]; 0 in groups without one (no bonus there)."""
    correct = judged & (scores >= correct_at)
    return torch.where(correct, c_o, 0.0).sum(-1, keepdim=True) / correct.sum(-1, keepdim=True).clamp(min=1)
