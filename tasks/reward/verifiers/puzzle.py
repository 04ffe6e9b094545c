"""The verifiers of puzzles, each exact and called as its puzzle. Nothing in them can hang, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.data.puzzles.registry import PUZZLES
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict
from tasks.reward.verifiers.base import Verifier


class PuzzleVerifier(Verifier):
    """The verifier of the puzzle called `name`."""

    def check(self, problem: Problem) -> None:
        """Raise VerifierError where the reference is not one that the puzzle's generator made."""
        try:
            PUZZLES[self.name].verify(problem.reference, "")
        except VerifierError as error:
            raise VerifierError(f"problem {problem.id}: {error}") from error

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""
        verify = PUZZLES[self.name].verify
        return [verify(problem.reference, text) for problem, text in items]


VERIFIER = PuzzleVerifier
