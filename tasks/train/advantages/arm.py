"""ARM-GRPO's advantage: GRPO's, plus alpha (c(q) - c(o)), the model's own confidence in the prompt and in the response.

An over-confident correct answer is reinforced less, a rare correct one more. All of ARM stands here: T_low, c(o | q),
the variants of c(q), the term and its scope. The confidences are computed for every estimator, so that a control's
report has the same curves; only this estimator and a user's own bonus read them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import torch
from torch import Tensor

from specs.advantages import AdvantageSettings, Arm
from specs.keys import key_name
from tasks.errors import TrainingError
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.grpo import grpo
from tasks.train.statistics import TokenStatistics, by_length

LABEL = "ARM"
CITATION = "ProGRPO, arXiv 2602.05281"
VERSION = 1

_PROMPT_CONFIDENCE = key_name(AdvantageSettings, "prompt_confidence")


@dataclass(frozen=True, slots=True)
class Confidences:
    """Float64 tensors: c(q) [prompts, 1] and c(o | q) [prompts, samples], in (0, 1]; 0 where there is none."""

    c_q: Tensor
    c_o: Tensor


def arm(groups: Groups, settings: Arm) -> Tensor:
    """Return the part that the scores alone give [prompts, samples], GRPO's; the term with alpha is `arm_bonus`."""
    return grpo(groups, settings)


def arm_bonus(groups: Groups, confidences: Confidences, settings: Arm) -> Tensor | None:
    """Return alpha (c(q) - c(o_i | q)) [prompts, samples], 0 where it does not apply; None where alpha is 0.

    The registry finds it by its name (`Estimator.advantages` calls it).

    Scope: `any_correct` (every judged response of a group with at least one correct), `mixed_only` (of groups with a
    correct and a wrong one), `correct_only` (the correct ones).
    """
    if settings.alpha == 0:
        return None
    judged, correct = groups.judged, groups.correct
    applies = judged & correct.any(-1, keepdim=True) & (judged.sum(-1, keepdim=True) >= 2)
    if settings.scope == "mixed_only":
        applies &= (judged & ~correct).any(-1, keepdim=True)
    elif settings.scope == "correct_only":
        applies &= correct
    return torch.where(applies, settings.alpha * (confidences.c_q - confidences.c_o), 0.0)


def low_probability_count(length: int, fraction: float) -> int:
    """Return |T_low| = max(1, ceil(fraction * length)), exactly: 0.2 * 15 is 3, and in floats 3.0000000000000004."""
    return max(1, math.ceil(Fraction(str(fraction)) * length))


def confidence(log_probs: Tensor, lengths: Tensor, fraction: float = 1.0) -> Tensor:
    """Return each part's geometric mean of its `fraction` least likely tokens' probabilities [N] float64, in (0, 1].

    `log_probs` [tokens]: natural log-probabilities at temperature 1, part after part; `lengths` [N], none of them 0.
    With fraction 0.2 it is c(o | q) over T_low (ARM's answer confidence); with 1.0 over the prompt's tokens it is
    c(q) = 1 / PPL(q). Float64 inside: a sum over 8,192 tokens must not depend on how it is split.
    """
    assert (lengths > 0).all(), "a confidence needs at least one token"
    means = torch.zeros(len(lengths), dtype=torch.float64)
    for chosen, rows in by_length(log_probs.detach().double(), lengths):
        count = low_probability_count(rows.shape[1], fraction)
        means[chosen] = torch.topk(rows, count, largest=False, sorted=False).values.mean(-1)
    # The C library's exp: vectorised ones differ in the last bit, and a replay has to give the same weights.
    return torch.tensor([math.exp(mean) for mean in means.tolist()], dtype=torch.float64)


def confidences_of(statistics: TokenStatistics, groups: Groups, settings: AdvantageSettings) -> Confidences:
    """Return the confidences of the prompts and responses that `statistics` has, under the old policy.

    c(q) by `prompt_confidence`: `mean` over all content tokens of the prompt, `low` over the least likely ones,
    `group_mean`: the mean of c(o) over the correct responses, `none`: 0.
    """
    c_o = torch.zeros_like(groups.scores)
    responses, prompts = statistics.responses, statistics.prompts
    c_o[tuple(responses.parts.T)] = confidence(
        statistics.log_probs_t1, responses.lengths, settings.low_probability_fraction
    )
    c_q = torch.zeros(len(c_o), 1, dtype=c_o.dtype)
    if settings.prompt_confidence == "group_mean":
        c_q = group_mean_confidence(c_o, groups)
    elif settings.prompt_confidence != "none":
        fraction = settings.low_probability_fraction if settings.prompt_confidence == "low" else 1.0
        c_q[prompts.parts[:, 0], 0] = confidence(prompts.values[0], prompts.lengths, fraction)
    return Confidences(c_q, c_o)


def group_mean_confidence(c_o: Tensor, groups: Groups) -> Tensor:
    """Return c(q) as the mean of c(o) over the correct responses [prompts, 1]; 0 in groups without one."""
    total = torch.where(groups.correct, c_o, 0.0).sum(-1, keepdim=True)
    return total / groups.correct.sum(-1, keepdim=True).clamp(min=1)


def check_prompts(problem_ids: Sequence[str], content: Sequence[Sequence[int]], settings: AdvantageSettings) -> None:
    """Raise TrainingError where c(q) is taken over a prompt's tokens and a prompt has none with a predecessor.

    `content`: of each prompt, the positions of its content tokens.
    """
    if settings.prompt_confidence in ("mean", "low"):
        for name, positions in zip(problem_ids, content, strict=True):
            if not any(position > 0 for position in positions):
                raise TrainingError(
                    f"problem {name}: its prompt has no content token with a predecessor, so c(q) is not defined; drop "
                    f"it, or set {_PROMPT_CONFIDENCE} to group_mean or none"
                )
