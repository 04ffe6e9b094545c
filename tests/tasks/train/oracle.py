"""ARM-GRPO in float64 NumPy, written from the equations of the papers response by response; it imports nothing of ours.

A group is a list of scores, None where a response was not judged.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal

import numpy as np

Scores = Sequence[float | None]


def advantages(scores: Scores, *, std: bool, eps: float = 0.0, ddof: int = 0) -> list[float]:
    """GRPO's (with `std`) or Dr. GRPO's advantages of one group."""
    judged = np.array([s for s in scores if s is not None], dtype=np.float64)
    if len(judged) < 2:
        return [0.0] * len(scores)
    divisor = np.std(judged, ddof=ddof) + eps if std else 1.0
    return [0.0 if s is None else float((s - np.mean(judged)) / divisor) for s in scores]


def rloo(scores: Scores) -> list[float]:
    """Score less the mean score of the other judged responses."""
    judged = [i for i, s in enumerate(scores) if s is not None]
    out = [0.0] * len(scores)
    for i in judged if len(judged) >= 2 else []:
        out[i] = float(scores[i]) - float(np.mean([scores[j] for j in judged if j != i]))  # type: ignore[arg-type]
    return out


def reinforce_pp_baseline(groups: Sequence[Scores], lengths: Sequence[Sequence[int]]) -> list[list[float]]:
    """Scores less their group's mean, written out over the tokens of the batch, and whitened there."""
    centred = [advantages(group, std=False) for group in groups]
    counted = [[s is not None and sum(x is not None for x in group) >= 2 for s in group] for group in groups]
    places = [(g, i) for g, group in enumerate(counted) for i, counts in enumerate(group) if counts]
    out = [[0.0] * len(group) for group in groups]
    if places:
        tokens = np.concatenate([np.full(lengths[g][i], centred[g][i]) for g, i in places])
        for g, i in places:
            out[g][i] = float((centred[g][i] - np.mean(tokens)) / np.sqrt(np.var(tokens, ddof=1) + 1e-8))
    return out


def pass_at_k(scores: Scores, k: int, correct_at: float) -> list[float]:
    """Take all subsets of k: their rewards' advantages (ddof 0), and a response's mean over those that it is in."""
    judged = [i for i, s in enumerate(scores) if s is not None]
    subsets = list(itertools.combinations(judged, k))
    out = [0.0] * len(scores)
    rewards = np.array([max(float(scores[i] >= correct_at) for i in subset) for subset in subsets])
    if len(judged) < 2 or len(set(rewards)) < 2:
        return out
    of_subsets = (rewards - rewards.mean()) / rewards.std()
    for i in judged:
        out[i] = float(np.mean([a for a, subset in zip(of_subsets, subsets, strict=True) if i in subset]))
    return out


def weighted_reinforce(scores: Scores, positive_weight: float, correct_at: float) -> list[float]:
    """The gradient of lambda L_PSR + L_NSR weighs log pi of a correct response with lambda, of a wrong one with -1."""
    if sum(s is not None for s in scores) < 2:
        return [0.0] * len(scores)
    return [0.0 if s is None else positive_weight if s >= correct_at else -1.0 for s in scores]


def base_advantages(
    estimator: str,
    groups: Sequence[Scores],
    lengths: Sequence[Sequence[int]],
    *,
    eps: float,
    ddof: int,
    k: int | None,
    positive_weight: float | None,
    correct_at: float,
) -> list[list[float]]:
    """A batch's advantages by the estimator's name, before ARM's term."""
    if estimator == "weighted_reinforce":
        assert positive_weight is not None
        return [weighted_reinforce(group, positive_weight, correct_at) for group in groups]
    if estimator == "rloo":
        return [rloo(group) for group in groups]
    if estimator == "reinforce_pp_baseline":
        return reinforce_pp_baseline(groups, lengths)
    if estimator == "pass_at_k":
        assert k is not None
        return [pass_at_k(group, k, correct_at) for group in groups]
    return [advantages(group, std=estimator != "dr_grpo", eps=eps, ddof=ddof) for group in groups]


def low_count(length: int, fraction: str) -> int:
    return max(1, int((Decimal(fraction) * length).to_integral_value(ROUND_CEILING)))


def low_confidence(log_probs: Sequence[float], fraction: str) -> float:
    """Geometric mean of the least likely `fraction` of the tokens' probabilities."""
    lowest = np.sort(np.asarray(log_probs, dtype=np.float64))[: low_count(len(log_probs), fraction)]
    return math.exp(float(np.mean(lowest)))


def bonus(
    scores: Scores, c_q: float, c_o: Sequence[float], *, alpha: float, scope: str, correct_at: float
) -> list[float]:
    """alpha (c(q) - c(o)) of one group, where the scope says so."""
    judged = [s for s in scores if s is not None]
    right = sum(s >= correct_at for s in judged)
    out = []
    for s, c in zip(scores, c_o, strict=True):
        applies = {
            "any_correct": right > 0,
            "mixed_only": 0 < right < len(judged),
            "correct_only": s is not None and s >= correct_at,
        }[scope]
        out.append(alpha * (c_q - c) if s is not None and len(judged) >= 2 and applies else 0.0)
    return out


def prompt_confidence(
    mode: str, prompt: Sequence[float], scores: Scores, c_o: Sequence[float], *, fraction: str, correct_at: float
) -> float:
    """c(q) of one group from the prompt's log-probabilities, or from its correct responses' confidences."""
    if mode == "group_mean":
        right = [c for s, c in zip(scores, c_o, strict=True) if s is not None and s >= correct_at]
        return float(np.mean(right)) if right else 0.0
    return {
        "mean": lambda: low_confidence(prompt, "1"),
        "low": lambda: low_confidence(prompt, fraction),
        "none": lambda: 0.0,
    }[mode]()


def token_losses(
    kind: str,
    now: np.ndarray,
    old: np.ndarray,
    advantage: float,
    *,
    clip_low: float,
    clip_high: float,
    dual_clip: float | None = None,
    chosen: np.ndarray | None = None,
    kl_coefficient: float = 0.0,
) -> np.ndarray:
    """Return the losses of one response's tokens.

    -min(r A, clip(r) A) (ppo_clip; gspo with the geometric mean of the ratios as each token's), at most -c A for a
    negative A (dual clip), 0 for `chosen` tokens (clip_cov); -min(r, 1 + high) A log pi (cispo); -r A, and for `chosen`
    tokens the distance of log pi from log pi_old besides (kl_cov).
    """
    out = np.zeros(len(now))
    if kind == "gspo":
        s = float(np.prod(np.exp(now - old))) ** (1 / len(now))
        return out - min(s * advantage, min(max(s, 1 - clip_low), 1 + clip_high) * advantage)
    if kind == "cispo":
        return -np.minimum(np.exp(now - old), 1 + clip_high) * advantage * now
    for t, (new, before) in enumerate(zip(now, old, strict=True)):
        ratio = math.exp(new - before)
        if kind == "kl_cov":
            assert chosen is not None
            out[t] = -ratio * advantage + (kl_coefficient * abs(new - before) if chosen[t] else 0.0)
            continue
        out[t] = -min(ratio * advantage, min(max(ratio, 1 - clip_low), 1 + clip_high) * advantage)
        if dual_clip is not None and advantage < 0:
            out[t] = min(out[t], -dual_clip * advantage)
        if kind == "clip_cov":
            assert chosen is not None
            out[t] = 0.0 if chosen[t] else out[t]
    return out


def kl(now: np.ndarray, reference: np.ndarray, estimator: str) -> np.ndarray:
    """Schulman's estimates of KL(pi || pi_ref) at each token, from x = pi_ref / pi."""
    x = np.exp(reference - now)
    return {"k1": -np.log(x), "k2": np.log(x) ** 2 / 2, "k3": (x - 1) - np.log(x)}[estimator]


def covariances(log_probs: Sequence[np.ndarray], advantages: Sequence[float]) -> list[np.ndarray]:
    """Each token's part in the covariance of log-probability and advantage over all tokens of all responses."""
    every = np.concatenate([np.full(len(x), a) for x, a in zip(log_probs, advantages, strict=True)])
    mean_a, mean_l = float(np.mean(every)), float(np.mean(np.concatenate(log_probs)))
    return [(a - mean_a) * (x - mean_l) for x, a in zip(log_probs, advantages, strict=True)]


def at_or_above(values: Sequence[np.ndarray], quantile: float) -> list[np.ndarray]:
    """Where values are at or above a quantile of them all, of responses."""
    bound = float(np.quantile(np.concatenate(values), quantile))
    return [x >= bound - 1e-9 for x in values]


def largest(values: Sequence[np.ndarray], count: int) -> list[np.ndarray]:
    """Where the `count` largest of all values are, of responses, and what equals the least of them."""
    bound = sorted(np.concatenate(values), reverse=True)[count - 1]
    return [x >= bound - 1e-9 for x in values]


def adapted(coefficient: float, entropies: Sequence[np.ndarray], target: dict[str, float]) -> tuple[float, float]:
    """The coefficient after a step with these entropies of its tokens, and the weight of the next step's bonus."""
    entropy = float(np.mean(np.concatenate(entropies)))
    if entropy > target["target"]:
        return max(coefficient - target["delta"], target["min"]), 0.0
    risen = min(coefficient + target["delta"], target["max"])
    return risen, risen


def aggregate(losses: Sequence[np.ndarray], aggregation: str, constant_length: int | None) -> float:
    """The minibatch's loss from the token losses of its judged responses."""
    if aggregation == "token_mean":
        return float(np.sum([x.sum() for x in losses]) / sum(map(len, losses)))
    if aggregation == "sequence_mean":
        return float(np.mean([x.mean() for x in losses]))
    assert constant_length is not None
    return float(np.sum([x.sum() for x in losses]) / (len(losses) * constant_length))


def importance(trainer: np.ndarray, engine: np.ndarray, cap: float) -> np.ndarray:
    return np.minimum(np.exp(trainer - engine), cap)


def sequence_mask(trainer: np.ndarray, engine: np.ndarray, cap: float) -> float:
    """The weight of one response: the product of its tokens' ratios, or nothing."""
    ratio = float(np.prod(np.exp(trainer - engine)))
    return ratio if ratio <= cap else 0.0


def effective_share(trainer: np.ndarray, engine: np.ndarray) -> float:
    w = np.exp(trainer - engine)
    return float(w.sum() ** 2 / (len(w) * (w**2).sum()))
