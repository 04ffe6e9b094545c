"""The verifier `math`: the final answer of a response against the reference's (tasks/reward/math)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from specs.rewards import Reward
from tasks.data.answers import Prompt, Reference, read_answer
from tasks.data.columns import Columns, short
from tasks.errors import DataError
from tasks.records import Problem, Verdict
from tasks.reward.math import MathVerifier
from tasks.reward.math.tolerance import read_tolerance
from tasks.reward.verifiers.base import Verifier

TOLERANCE = "tolerance"


class MathAnswers(Verifier):
    """The mathematics verifier, with the settings `reward.math`."""

    VERSION = 3
    READER_VERSION = 2

    def __init__(self, name: str, reward: Reward) -> None:
        super().__init__(name, reward)
        self._verifier = MathVerifier(deadline_s=reward.math.deadline_s, workers=reward.math.workers)

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return the text of the answer, with the absolute tolerance of its number where the row has one.

        DataError, which opens with `where`, for a row without an answer, and for a tolerance that is no number.
        """
        reference, prompt = read_answer(row, columns, where, prompt)
        tolerance = row.get(TOLERANCE)
        if tolerance in (None, ""):
            return reference, prompt
        try:
            if isinstance(tolerance, bool) or not isinstance(tolerance, str | int | float):
                raise ValueError("want a finite number from 0 up")
            read_tolerance(str(tolerance))
        except ValueError as error:
            raise DataError(f"{where}: {TOLERANCE}: {error}, given {short(tolerance)}") from None
        return {**reference, TOLERANCE: str(tolerance)}, prompt

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
