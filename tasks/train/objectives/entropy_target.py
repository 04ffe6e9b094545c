"""An entropy bonus for any objective, with a coefficient that follows the entropy of the policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from specs.errors import SpecError
from specs.keys import key_name
from specs.objectives import EntropyTarget, ObjectiveSettings
from tasks.train.objectives.base import Minibatch, Objective
from tasks.train.objectives.wrapped import Wrapped

KEY = key_name(ObjectiveSettings, "entropy_target")
#: Scalars: c of the last step, and the weight of the bonus in the next one, which is c or 0.
COEFFICIENT, BONUS = "entropy_coefficient", "entropy_bonus"


class EntropyTargeted(Wrapped):
    """An objective with an adaptive entropy bonus (Skywork-OR1, arXiv 2505.22312, section 3.2.5).

    The rule is TRL 1.16's `use_adaptive_entropy`. The first step has no bonus: no entropy is known before it. TRL's
    bonus is a mean over tokens whatever the aggregation; here it is aggregated as the losses are.
    """

    def __init__(self, inner: Objective[Any], target: EntropyTarget) -> None:
        """Raise SpecError where the objective decides by itself what is decided here."""
        super().__init__(inner)
        self.target = target
        if type(inner).entropy_coefficient is not Objective.entropy_coefficient:
            raise SpecError(
                f"{KEY}: objective {self.settings.kind} has an entropy_coefficient of its own; drop one of them"
            )
        if both := inner.scalars().keys() & {COEFFICIENT, BONUS}:
            raise SpecError(
                f"{KEY}: objective {self.settings.kind} keeps a scalar called {min(both)}, as {KEY} does; rename it"
            )

    def scalars(self) -> dict[str, float]:
        """Return those of the objective, the coefficient and the weight of the bonus."""
        return {**self.inner.scalars(), COEFFICIENT: self.target.min, BONUS: 0.0}

    def updated(self, scalars: Mapping[str, float], minibatch: Minibatch) -> Mapping[str, float]:
        """Return the scalars after a step. A step without a token leaves the coefficient as it is."""
        inner = {name: value for name, value in scalars.items() if name not in (COEFFICIENT, BONUS)}
        found = self.inner.updated(inner, minibatch) if inner else {}
        if minibatch.entropy is None:
            return {**found, COEFFICIENT: scalars[COEFFICIENT], BONUS: scalars[BONUS]}
        coefficient = adapted(scalars[COEFFICIENT], minibatch.entropy, self.target)
        return {
            **found,
            COEFFICIENT: coefficient,
            BONUS: coefficient if minibatch.entropy <= self.target.target else 0.0,
        }

    def entropy_coefficient(self, scalars: Mapping[str, float]) -> float:
        """Return the weight of the bonus."""
        return scalars[BONUS]


def adapted(coefficient: float, entropy: float, target: EntropyTarget) -> float:
    """Return c + delta where the step's entropy is at or below the target, c - delta above it; in [min, max]."""
    moved = coefficient + (target.delta if entropy <= target.target else -target.delta)
    return min(target.max, max(target.min, moved))
