"""A first call of a user's own estimator and objective, on made-up numbers, before anything is sampled for them."""

from __future__ import annotations

import torch

from specs.plugins import PluginMember
from specs.schema import Spec
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import estimator_of
from tasks.train.objectives.base import Tokens
from tasks.train.objectives.registry import USE, objective_of
from tasks.train.own_code import own_code
from tasks.train.statistics import TokenStatistics, TokenValues

_LENGTH = 2  # tokens of each made-up response


def try_own_code(spec: Spec) -> None:
    """Call a user's own estimator and objective once. SpecError, TrainingError where one cannot be had or fails.

    An objective with a head or statistics is made and not called: what they give cannot be made up.
    """
    shape = spec.rollout.prompts, spec.rollout.samples
    if isinstance(spec.advantage, PluginMember):
        scores = torch.zeros(shape, dtype=torch.float64)
        scores[:, ::2] = 1.0
        judged, lengths = torch.ones(shape, dtype=torch.bool), torch.full(shape, _LENGTH)
        groups = Groups.of(scores, judged, lengths, correct_at=spec.reward.correct_at)
        estimator = estimator_of(spec.advantage)
        estimator.advantages(estimator.base(groups), _statistics(*shape), groups)
    if isinstance(spec.objective, PluginMember):
        # With a share of tokens it would read a minibatch, and so not be called.
        objective = objective_of(spec.objective.model_copy(update={"high_entropy_share": None}))
        with own_code(spec.objective, USE):
            scalars = objective.scalars()
            if not (objective.has_head or objective.reads_minibatch):
                losses, clipped = objective.token_losses(_tokens(scalars, spec.objective.reads_reference is not None))
                losses.shape, clipped.shape  # noqa: B018 - of what are no tensors, an error


def _statistics(prompts: int, samples: int) -> TokenStatistics:
    def values(parts: int, numbers: int) -> TokenValues:
        pairs = torch.cartesian_prod(torch.arange(prompts), torch.arange(parts))
        lengths = torch.full((len(pairs),), _LENGTH)
        return TokenValues(pairs, lengths, torch.full((numbers, len(pairs) * _LENGTH), -1.0))

    return TokenStatistics(values(samples, 3), values(1, 1))


def _tokens(scalars: dict[str, float], reference: bool) -> Tokens:
    """Return two responses to one prompt, the first of them right; with the log-probabilities of a reference policy."""
    log_prob = torch.full((2 * _LENGTH,), -1.0, requires_grad=True)
    return Tokens(
        log_prob=log_prob,
        log_ratio=log_prob - log_prob.detach(),
        advantage=torch.tensor([1.0, -1.0]).repeat_interleave(_LENGTH),
        responses=[(0, 0), (0, 1)],
        lengths=[_LENGTH, _LENGTH],
        reference=log_prob.detach() if reference else None,
        scalars=scalars,
    )
