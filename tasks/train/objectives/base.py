"""The base class of objectives.

The life of an objective, on every rank alike:

1. `__init__(settings)`, of a plugin `__init__(settings, **args)`, when the ranks load a policy and at each iteration.
2. `head(hidden_size)`, when the ranks load a policy: parameters that are trained beside the policy's.
3. `scalars()`, when an iteration begins: numbers that a checkpoint keeps. Those of the checkpoint take their place.
4. Of each optimizer step:
   a. `statistics(minibatch)`, once, before the first loss;
   b. `token_losses(tokens)`, for each micro-batch; of their losses the weighted sum is minimised, minus
      `entropy_coefficient(scalars)` times the entropy;
   c. `updated(scalars, minibatch)`, once the step is applied.

Only `token_losses` must be given. What is not overridden costs nothing: no pass, no parameter, no byte in a
checkpoint. Micro-batches and ranks cut a minibatch in any way, so a loss of a token may depend on its own response,
and of the others only on what `statistics` gives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from torch import Tensor, nn

from specs.objectives import ObjectiveSettings

Settings = TypeVar("Settings", bound=ObjectiveSettings)


@dataclass(frozen=True, slots=True)
class Tokens:
    """The response tokens of a micro-batch: whole responses, one after the other. Tensors [tokens] unless said."""

    log_prob: Tensor  # log pi of the sampled tokens, under logits / temperature; the gradient comes through it
    log_ratio: Tensor  # log pi - log pi_old
    advantage: Tensor
    responses: Sequence[tuple[int, int]]  # (group, sample) of each response
    lengths: Sequence[int]  # tokens of each response
    head: Tensor | None = None  # [responses, ...]: what the head gave for each response's prompt
    reference: Tensor | None = None  # log pi_ref of the sampled tokens, under logits / temperature
    statistics: Any = None  # what `statistics` returned
    places: Tensor | None = None  # [tokens] int64, on the CPU, with statistics: where in the minibatch each token is
    scalars: Mapping[str, float] | None = None


@dataclass(frozen=True, slots=True)
class Minibatch:
    """The responses of one optimizer step, of all ranks and micro-batches, under the old policy.

    Its tokens stand response after response, and only judged responses are here. `seed` derives from the run's seed,
    the iteration and the step. `entropy`: mean of the tokens in the step's own passes, in nats at temperature 1; None
    before the step, and where there is no token.
    """

    lengths: Tensor  # [responses] int64: tokens of each
    advantages: Tensor  # [responses] float64
    log_probs: Tensor  # [tokens], under logits / temperature
    entropies: Tensor  # [tokens], nats at temperature 1
    seed: int
    entropy: float | None = None


class Objective(Generic[Settings]):
    """The loss of an optimizer step, token by token."""

    #: Whether `tokens.reference` is read. A spec names the reference policy by `objective.reference`.
    NEEDS_REFERENCE: ClassVar[bool] = False

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def token_losses(self, tokens: Tokens) -> tuple[Tensor, Tensor]:
        """Return (losses [tokens], to be minimised; where a clip takes hold [tokens], bool)."""
        raise NotImplementedError

    def head(self, hidden_size: int) -> nn.Module | None:
        """Return a module that reads the prompts' hidden states and is trained by the same optimizer as the policy.

        It gets the last layer's hidden states as a list of [prompt tokens, hidden size], one for each row of a
        micro-batch, and returns [rows, ...]. Its parameters are saved with the optimizer's state, never with the
        policy's weights. Random initial values derive from the run's seed.
        """
        return None

    def scalars(self) -> dict[str, float]:
        """Return the numbers that a checkpoint keeps, by name, with their first values."""
        return {}

    def statistics(self, minibatch: Minibatch) -> Any:
        """Return what the losses of a step need to know of its whole minibatch. Costs a pass before the first step.

        Of a tensor with a number for each of the minibatch's tokens, `[tokens.places]` is a micro-batch's part.
        """
        return None

    def updated(self, scalars: Mapping[str, float], minibatch: Minibatch) -> Mapping[str, float]:
        """Return the scalars after a step. No pass: the old policy's statistics are complete by then."""
        return scalars

    def entropy_coefficient(self, scalars: Mapping[str, float]) -> float:
        """Return the weight of the entropy bonus in the coming step."""
        return self.settings.entropy_coefficient

    @property
    def has_head(self) -> bool:
        """Return whether `head` is overridden."""
        return type(self).head is not Objective.head

    @property
    def reads_minibatch(self) -> bool:
        """Return whether `statistics` is overridden."""
        return type(self).statistics is not Objective.statistics
