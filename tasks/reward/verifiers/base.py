"""The base of all verifiers: references are read from rows, checked, and responses are judged by them in batches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from specs.rewards import Reward
from tasks.data.answers import Prompt, Reference, read_answer
from tasks.data.columns import Columns
from tasks.records import Problem, Verdict


class Verifier(ABC):
    """A judge of responses to the problems that name it. Close it: it may hold processes.

    `VERSION`: raise it when equal responses would get other verdicts; `READER_VERSION`: when an equal row would give
    another reference. `name`: the problems'; `reward`: the settings, of which a verifier's own section, without what
    changes no verdict, is in the key (specs.sections.VerifierSettings).
    """

    VERSION: ClassVar[int] = 1
    READER_VERSION: ClassVar[int] = 1

    def __init__(self, name: str, reward: Reward) -> None:
        self.name, self.reward = name, reward

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return the reference of a row, and the prompt with what the verifier needs shown in it.

        Here: the text of the answer column. DataError, which opens with `where`, for a row without one.
        """
        return read_answer(row, columns, where, prompt)

    def check(self, problem: Problem) -> None:  # noqa: B027 - optional
        """Raise VerifierError, which names the problem, where its reference cannot be read."""

    def start(self) -> None:  # noqa: B027 - optional
        """Start what judging needs and what may fail to start, before anything is sampled."""

    @abstractmethod
    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""

    def close(self) -> None:  # noqa: B027 - optional
        """End what the verifier keeps alive."""
