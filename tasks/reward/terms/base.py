"""What a term of a reward is given, and what it returns: values in, values out, one call for all groups of a batch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.records import Message, SourceRow, VerdictKind


@dataclass(frozen=True, slots=True)
class ResponseGroup:
    """The responses to one problem, as terms read them.

    prompt: as the row has it, a text or chat messages. columns: the row's other columns by name. texts: as verifiers
    get them. token_ids: [response tokens] each, a sampled end token included. truncated: cut at the response limit.
    iteration: from 0. correct: whether the outcome is right, None where it was not judged; empty for the term that is
    the outcome itself.
    """

    problem_id: str
    prompt: str | tuple[Message, ...]
    columns: Mapping[str, Any]
    texts: tuple[str, ...]
    token_ids: tuple[tuple[int, ...], ...]
    truncated: tuple[bool, ...]
    iteration: int
    correct: tuple[bool | None, ...] = ()


@dataclass(frozen=True, slots=True)
class TermScore:
    """The value that a term gives to one response, or why it gives none.

    value: None where the term does not apply, or where it failed. failure: TIME_LIMIT (this response made the function
    miss its deadline) or INFRASTRUCTURE (a service did not answer); such a response has no reward. extra: what the
    function logged of it by `log_extra`.
    """

    value: float | None
    failure: VerdictKind | None = None
    detail: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


class Term(ABC):
    """A term of a reward. Close it: it may hold processes."""

    def start(self) -> None:  # noqa: B027 - optional
        """Start what the term needs and what may fail to start, before anything is sampled."""

    def check(self, rows: Mapping[str, SourceRow]) -> None:  # noqa: B027 - optional
        """Raise VerifierError where the term reads a column that a row, by problem id, has not."""

    @abstractmethod
    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        """Return a score for each response of each group, in order. VerifierError stops the run."""

    def metrics(self) -> dict[str, float]:
        """Return the means of what the last call of `scores` logged by `log_metric`, by name."""
        return {}

    def close(self) -> None:  # noqa: B027 - optional
        """End what the term keeps alive."""
