"""The verifier `none`: of problems whose outcome is a term of the reward. It reads no reference, and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.data.answers import Prompt, Reference
from tasks.data.columns import Columns
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict
from tasks.reward.verifiers.base import Verifier


class NoVerifier(Verifier):
    """The verifier of problems without a reference."""

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return an empty reference, and the prompt as it is."""
        return {}, prompt

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Raise VerifierError: only a term of the reward can judge these problems."""
        raise VerifierError(f"problem {items[0][0].id} has no verifier; only the outcome of its own run judges it")


VERIFIER = NoVerifier
