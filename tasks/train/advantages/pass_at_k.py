"""The advantage of Pass@k training: binary rewards, and groups of k of which one must be correct."""

from __future__ import annotations

import math
from fractions import Fraction

import torch
from torch import Tensor

from specs.advantages import PassAtK
from tasks.train.advantages.groups import Groups

LABEL = "Pass@k training"
CITATION = "Pass@k Training, arXiv 2508.10751"
VERSION = 1


def pass_at_k(groups: Groups, settings: PassAtK) -> Tensor:
    """Return the advantages of correct and wrong responses that raise Pass@k [prompts, samples].

    All C(n, k) subsets of the n judged responses, c of them correct, are GRPO's group, each rewarded with the best of
    its k; a response gets the mean advantage of the subsets that it is in. With Rbar = 1 - C(n-c, k) / C(n, k) and s
    = sqrt(Rbar (1 - Rbar)): (1 - Rbar) / s for the correct, (1 - Rbar - C(n-c-1, k-1) / C(n-1, k-1)) / s for the
    wrong. Groups where s = 0 (none correct, or each subset has one that is) or n < k get 0. Exact but for the last
    rounding.
    """
    k = settings.k
    advantages = torch.zeros_like(groups.scores)
    counts = zip(groups.judged.sum(-1).tolist(), groups.correct.sum(-1).tolist(), strict=True)
    for row, (n, c) in enumerate(counts):
        if n < max(2, k) or c == 0 or n - c < k:
            continue
        failing = Fraction(math.comb(n - c, k), math.comb(n, k))  # 1 - Rbar
        # The share of failing subsets among those with a certain wrong response.
        failing_beside = Fraction(math.comb(n - c - 1, k - 1), math.comb(n - 1, k - 1))
        s = math.sqrt(failing * (1 - failing))
        right, wrong = groups.scores.new_tensor([float(failing) / s, float(failing - failing_beside) / s])
        advantages[row] = torch.where(groups.correct[row], right, wrong)
    return torch.where(groups.judged, advantages, 0.0)
