"""The penalty on the KL divergence from a reference policy, which every objective may have (`objective.kl`)."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from specs.objectives import Kl


def kl_estimate(log_prob: Tensor, reference: Tensor, estimator: Literal["k1", "k2", "k3"]) -> Tensor:
    """Return an estimate of KL(pi || pi_ref) at each sampled token [tokens], nats.

    With d = log pi_ref - log pi: k1 = -d, k2 = d^2 / 2, k3 = exp(d) - d - 1 (Schulman 2020; GRPO, arXiv 2402.03300,
    equation 4). Over tokens sampled from pi, k1 and k3 have the KL as their mean. No bound on d, as in TRL (verl takes
    k3 of d within 20, and at most 10).
    """
    difference = reference - log_prob
    if estimator == "k1":
        return -difference
    if estimator == "k2":
        return difference.square() / 2
    return difference.expm1() - difference


def kl_losses(log_prob: Tensor, log_ratio: Tensor, reference: Tensor, settings: Kl) -> Tensor:
    """Return the KL's share of the token losses [tokens], to be minimised.

    coefficient * k, and with `with_ratio` coefficient * r k, where r = pi / pi_old of the token has a gradient too: so
    the gradient of r k1 and of r k3 over tokens of pi_old is that of the KL (DeepSeek-V3.2, arXiv 2512.02556).
    """
    estimate = kl_estimate(log_prob, reference, settings.estimator)
    return settings.coefficient * (log_ratio.exp() * estimate if settings.with_ratio else estimate)
