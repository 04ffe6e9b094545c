"""Code as a user brings it along: `use: tests/tasks/train/plugins/own.py:Name`."""

from __future__ import annotations

import functools
from collections.abc import Mapping

import torch
from shaping import squash  # type: ignore[import-not-found]  # beside this file
from torch import Tensor, nn

from tasks.train.advantages.arm import Confidences
from tasks.train.advantages.groups import Groups, centred
from tasks.train.objectives.base import Minibatch, Objective, Tokens


def squashed(groups: Groups, strength: float = 1.0) -> Tensor:
    """Return the squashed distance from the group's mean."""
    return squash(centred(groups)[0], strength)


def doubtful(groups: Groups, weight: float = 0.5) -> Tensor:
    """Return Dr. GRPO's advantage, to which `doubtful_bonus` is added."""
    return centred(groups)[0]


def doubtful_bonus(groups: Groups, confidences: Confidences, weight: float = 0.5) -> Tensor:
    """Return weight (1 - c(o)) less its mean over the group: it reads the whole group."""
    doubt = torch.where(groups.judged, 1 - confidences.c_o, 0.0)
    return weight * (doubt - doubt.sum(-1, keepdim=True) / groups.judged.sum(-1, keepdim=True).clamp(min=1))


def flat(groups: Groups) -> Tensor:
    """Return too few numbers."""
    return groups.scores[:, 0]


def failing(groups: Groups) -> Tensor:
    """Raise what a mistake raises."""
    missing: dict[str, Tensor] = {}
    return missing["advantage"]


def shifted(groups: Groups, by: float) -> Tensor:
    """Return the scores, moved."""
    return groups.scores + by


lacking = functools.partial(shifted)


class Plain(Objective):  # type: ignore[type-arg]
    """-A log pi, and nothing that has to be kept."""

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        return -tokens.advantage * tokens.log_prob, torch.zeros_like(tokens.log_prob, dtype=torch.bool)


class Pooled(nn.Module):
    """One number for each prompt, from the mean of its hidden states."""

    def __init__(self, hidden_size: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(hidden_size, 8), nn.Tanh(), nn.Linear(8, 1))

    def forward(self, prompts: list[Tensor]) -> Tensor:
        return self.layers(torch.stack([hidden.mean(0) for hidden in prompts]))[:, 0]  # type: ignore[no-any-return]


class Everything(Objective):  # type: ignore[type-arg]
    """All that an objective may ask for.

    Trajectory balance with a trained log Z (FlowRL, arXiv 2509.15207, without a reference policy); tokens whose
    covariance of log-probability and advantage over the minibatch is largest are left out (Clip-Cov, arXiv
    2505.22617); the coefficient of the entropy bonus adapts.
    """

    def __init__(self, settings: object, beta: float = 1.0, share: float = 0.2, target: float = 2.0) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        self.beta, self.share, self.target = beta, share, target

    def head(self, hidden_size: int) -> nn.Module:
        return Pooled(hidden_size)

    def scalars(self) -> dict[str, float]:
        return {"coefficient": 0.01}

    def entropy_coefficient(self, scalars: Mapping[str, float]) -> float:
        return scalars["coefficient"]

    def updated(self, scalars: Mapping[str, float], minibatch: Minibatch) -> Mapping[str, float]:
        entropy = minibatch.entropies.double().mean()
        return {"coefficient": max(0.0, scalars["coefficient"] + (0.001 if entropy < self.target else -0.0003))}

    def statistics(self, minibatch: Minibatch) -> Tensor:
        a, b = minibatch.log_probs.double(), minibatch.advantages.repeat_interleave(minibatch.lengths)
        covariance = (a - a.mean()) * (b - b.mean())
        return covariance <= covariance.quantile(1 - self.share)

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        assert tokens.head is not None
        losses = []
        starts = tokens.log_prob.split(list(tokens.lengths)), tokens.advantage.split(list(tokens.lengths))
        for log_z, log_prob, advantage in zip(tokens.head, *starts, strict=True):
            losses.append((log_z + log_prob.mean() - self.beta * advantage[0]).square().expand(len(log_prob)))
        kept = tokens.statistics[tokens.places].to(tokens.log_prob.device)
        return torch.cat(losses) * kept, ~kept


class WithReference(Plain):
    """Plain, and half of log pi - log pi_ref."""

    NEEDS_REFERENCE = True

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        assert tokens.reference is not None
        losses, clipped = super().token_losses(tokens)
        return losses + 0.5 * (tokens.log_prob - tokens.reference), clipped


class Called(Plain):
    """A method whose call fails, so that no line of it runs."""

    def token_losses(self) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        raise AssertionError


class Empty(Objective):  # type: ignore[type-arg]
    """An objective that forgot its loss."""


class Misshapen(Plain):
    """One loss for a response where one for a token is wanted."""

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        losses = torch.stack([part.sum() for part in tokens.log_prob.split(list(tokens.lengths))])
        return losses, torch.zeros_like(losses, dtype=torch.bool)


class Forgetful(Plain):
    """Scalars that lose their name."""

    def scalars(self) -> dict[str, float]:
        return {"one": 1.0}

    def updated(self, scalars: Mapping[str, float], minibatch: Minibatch) -> Mapping[str, float]:
        return {"other": 1.0}


class Bounded(Plain):
    """Refuse an argument that its parameters allow."""

    def __init__(self, settings: object, limit: float) -> None:
        super().__init__(settings)  # type: ignore[arg-type]
        if limit <= 0:
            raise ValueError(f"limit {limit}, want > 0")
