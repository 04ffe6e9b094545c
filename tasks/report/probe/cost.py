"""The time of a whole run, from the seconds of its iteration 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from specs.schema import Spec


@dataclass(frozen=True)
class Cost:
    """Seconds of iteration 0 by stage, as its steps' ledgers have them, and what it sampled.

    `tokens`: sampled in `seconds["rollout"]`. `evaluated`: how many responses all evaluations of the run draw.
    """

    seconds: Mapping[str, float]
    tokens: int
    responses: int
    evaluated: int

    @property
    def tokens_per_s(self) -> float:
        """Return the sampled tokens a second."""
        return self.tokens / max(self.seconds["rollout"], 1e-9)

    @property
    def iteration_s(self) -> float:
        """Return the seconds of an iteration."""
        return sum(self.seconds[stage] for stage in ("rollout", "reward", "train"))

    @property
    def evaluations_s(self) -> float:
        """Return the seconds of all evaluations, at the length and speed of iteration 0's responses."""
        each = (self.seconds["rollout"] + self.seconds["reward"]) / self.responses
        return self.evaluated * each

    def whole_s(self, spec: Spec) -> float:
        """Return the seconds of the whole run, without its control."""
        return self.seconds["start"] + spec.train.iterations * self.iteration_s + self.evaluations_s
