"""The nouns that pass between stages. Plain, frozen, JSON- and Parquet-friendly; no framework in sight.

Token ids and log-probabilities are the record of a rollout; text is derived from them, never re-tokenised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from tasks.ragged import Floats, Ints


class Message(TypedDict):
    """One chat message; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Problem:
    """A task with a verifiable answer.

    `reference` is a JSON object that only the verifier called `verifier` reads (`{"answer": "72"}`, tests, numbers of a
    puzzle). `solutions` is the true number of different correct answers where it is known.
    """

    id: str
    prompt: tuple[Message, ...]
    verifier: str
    reference: Mapping[str, Any]
    solutions: int | None = None


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A problem as its source has it, for a user's own reward functions.

    `prompt` is a text, or chat messages; `columns` holds the row's other columns by name.
    """

    prompt: str | tuple[Message, ...]
    columns: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class EncodedProblem:
    """A problem with its prompt as the policy sees it.

    `prompt_ids` [prompt tokens]; `content` holds the positions in `prompt_ids` of the user turns' content tokens (the
    template's own tokens excluded): prompt confidence c(q) is taken over those.
    """

    problem: Problem
    prompt_ids: tuple[int, ...]
    content: tuple[int, ...]


class FinishReason(StrEnum):
    """Why a response ends."""

    STOP = "stop"  # an end token was sampled (it is the last of `response_ids`)
    LENGTH = "length"  # truncated at the response limit


@dataclass(frozen=True, slots=True, eq=False)
class Rollout:
    """One sampled response.

    `response_ids` [response tokens], a sampled end token included; `logprobs` [response tokens] are the engine's
    natural log-probabilities of those tokens under the distribution really sampled from (logits / temperature,
    truncation included). `lineage` names the policy; `seed` is the sample's own. An iteration's are columns
    (tasks/rollout/rollouts.py), of which this is a view.
    """

    problem_id: str
    sample: int
    prompt_ids: Ints
    response_ids: Ints
    logprobs: Floats
    finish_reason: FinishReason
    lineage: str
    seed: int


class VerdictKind(StrEnum):
    """Why a score is what it is; the last three have none."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    NO_ANSWER = "no_answer"
    TIME_LIMIT = "time_limit"  # a score of 0 by a verifier; not judged where the user's own function took too long
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    RUNTIME_ERROR = "runtime_error"
    COMPILE_ERROR = "compile_error"
    INFRASTRUCTURE = "infrastructure"  # not judged
    TRUNCATED = "truncated"  # not judged, where the spec masks truncated responses
    NOT_APPLICABLE = "not_applicable"  # not judged: the user's own function gave None


NOT_JUDGED = frozenset({VerdictKind.INFRASTRUCTURE, VerdictKind.TRUNCATED, VerdictKind.NOT_APPLICABLE})


@dataclass(frozen=True, slots=True)
class Verdict:
    """Right, wrong or not judged.

    `score` is in [0, 1], or None for what was not judged: an infrastructure failure is never a reward of 0. `answer`
    is the extracted answer in canonical form (None: no answer was found); equal answers have equal canonical forms,
    which maj@k and distinct answers count. `terms` holds the values of the reward's other terms by name (None: a term
    does not apply); `failed` says of each term that has no value for want of time or of a service what happened, by
    name: such a response has no reward. `extra` is what own functions logged of the response.

    Of programs, and of the judging itself (no part of a stored verdict):
    `trust` is weak where a test was passed by operators of the program's own objects, so that nothing was judged;
    `cached` where the same program had been judged before.
    """

    score: float | None
    kind: VerdictKind
    detail: str = ""
    answer: str | None = None
    trust: Literal["strong", "weak"] | None = None
    cached: bool | None = None
    terms: Mapping[str, float | None] = field(default_factory=dict)
    failed: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        own_took_too_long = self.score is None and self.kind is VerdictKind.TIME_LIMIT
        assert own_took_too_long or (self.score is None) == (self.kind in NOT_JUDGED), (self.score, self.kind)
        assert self.score is None or 0.0 <= self.score <= 1.0, self.score

    @property
    def judged(self) -> bool:
        """Return True if there is a score."""
        return self.score is not None
