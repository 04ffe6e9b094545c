"""The verifier `math`: the final answer of a response against the reference's (tasks/reward/math)."""

from __future__ import annotations

from collections.abc import Sequence

from specs.sections import Reward
from tasks.records import Problem, Verdict
from tasks.reward.math import MathVerifier
from tasks.reward.verifiers.base import Verifier


class MathAnswers(Verifier):
    """The mathematics verifier, with the settings `reward.math`."""

    def __init__(self, name: str, reward: Reward) -> None:
        super().__init__(name, reward)
        self._verifier = MathVerifier(deadline_s=reward.math.deadline_s, workers=reward.math.workers)

    def check(self, problem: Problem) -> None:
        """Raise VerifierError where the answer, or its tolerance, cannot be read."""
        MathVerifier.check_reference(problem)

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""
        return self._verifier.verify(items)

    def close(self) -> None:
        """End the worker processes."""
        self._verifier.close()


VERIFIER = MathAnswers
