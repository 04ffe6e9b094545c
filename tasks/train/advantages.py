"""Advantage estimators: from the scores of a group of responses to one number per response (method.md, "The family").

All tensors are float64 on the CPU, [prompts, samples]. What was not judged (`judged` False) takes no part in any
statistic and gets exactly 0; so does a whole group with fewer than two judged samples.
"""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from tasks.train.settings import StepSpec


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


def dr_grpo(scores: Tensor, judged: Tensor) -> Tensor:
    """A_i = R_i - mean(R), no division by the standard deviation (Dr. GRPO, arXiv 2503.20783)."""
    return _centred(scores, judged)[0]


def rloo(scores: Tensor, judged: Tensor) -> Tensor:
    """A_i = R_i - mean of the n - 1 other judged scores = n / (n - 1) (R_i - mean(R)) (RLOO, arXiv 2402.14740)."""
    centred, count = _centred(scores, judged)
    return centred * count / (count - 1).clamp(min=1)


def reinforce_pp_baseline(scores: Tensor, judged: Tensor, lengths: Tensor) -> Tensor:
    """A_i = (B_i - mean(B)) / sqrt(var(B) + 1e-8) with B_i = R_i - mean(R) of its group (REINFORCE++-baseline, arXiv 2501.03262).

    Mean and variance (ddof 1) are over the response tokens of the whole rollout batch: response i counts `lengths` [prompts,
    samples] times. Responses that get 0 (above) have no part in them. The same as verl 0.9's masked whitening, but that verl
    adds 1e-8 to the number of tokens too, and lets a response alone in its group keep its score.
    """
    centred, count = _centred(scores, judged)
    counted = judged & (count >= 2)
    tokens = torch.where(counted, lengths, 0).double()
    mean = (tokens * centred).sum() / tokens.sum().clamp(min=1)
    variance = (tokens * (centred - mean).square()).sum() / (tokens.sum() - 1).clamp(min=1)
    return torch.where(counted, (centred - mean) / (variance + 1e-8).sqrt(), 0.0)


def pass_at_k(scores: Tensor, judged: Tensor, *, k: int, correct_at: float) -> Tensor:
    """Advantages of binary rewards (scores >= `correct_at`) that raise Pass@k (Pass@k training, arXiv 2508.10751).

    All C(n, k) subsets of the n judged responses, c of them correct, are GRPO's group, each rewarded with the best of its k; a
    response gets the mean advantage of the subsets that it is in. With Rbar = 1 - C(n-c, k) / C(n, k), s = sqrt(Rbar (1 - Rbar)):
    (1 - Rbar) / s for the correct, (1 - Rbar - C(n-c-1, k-1) / C(n-1, k-1)) / s for the wrong. Groups where s = 0 (none correct, or
    each subset has one that is) or n < k get 0. Exact but for the last rounding.
    """
    correct = judged & (scores >= correct_at)
    advantages = torch.zeros_like(scores)
    for row, (n, c) in enumerate(zip(judged.sum(-1).tolist(), correct.sum(-1).tolist(), strict=True)):
        if n < max(2, k) or c == 0 or n - c < k:
            continue
        failing = Fraction(math.comb(n - c, k), math.comb(n, k))  # 1 - Rbar
        failing_beside = Fraction(
            math.comb(n - c - 1, k - 1), math.comb(n - 1, k - 1)
        )  # given that a certain wrong one is in
        s = math.sqrt(failing * (1 - failing))
        right, wrong = scores.new_tensor([float(failing) / s, float(failing - failing_beside) / s])
        advantages[row] = torch.where(correct[row], right, wrong)
    return torch.where(judged, advantages, 0.0)


def base_advantages(scores: Tensor, judged: Tensor, lengths: Tensor, spec: StepSpec) -> Tensor:
    """What the spec's estimator gives. `arm` re-weights GRPO's advantages: its second half is `arm_bonus`, which needs confidences."""
    match spec.estimator:
        case "grpo" | "arm":
            return grpo(scores, judged, eps=spec.eps, ddof=spec.ddof)
        case "dr_grpo":
            return dr_grpo(scores, judged)
        case "rloo":
            return rloo(scores, judged)
        case "reinforce_pp_baseline":
            return reinforce_pp_baseline(scores, judged, lengths)
        case _:
            assert spec.estimator == "pass_at_k" and spec.k is not None, spec.estimator
            return pass_at_k(scores, judged, k=spec.k, correct_at=spec.correct_at)


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
