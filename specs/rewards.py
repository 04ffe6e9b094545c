"""The section `reward`: how verifiers judge, and the terms that make up a reward, one model for each kind of term.

The function of a built-in term stands in `tasks/reward/terms/<use>.py`. To add one: a member here, a file there, a
test. A verifier (`use: math`) is a term too; its settings stand in `reward.<its name>`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import regex
from pydantic import Discriminator, Field, Tag, field_validator
from pydantic_core import PydanticCustomError

from specs.base import SAID, USE, Member, Positive, Section, Share
from specs.hints import hint
from specs.plugins import PluginMember, is_plugin

#: The name of the outcome of problems whose spec says no more than `data.verifier`.
CORRECT = "correct"
VERIFIER = "verifier"  # the tag of a term that names a verifier
FORMATS = ("think_answer", "boxed")  # of the term `format`, by name


class VerifierSettings(Section):
    """The settings of a verifier: the section `reward.<its name>`.

    `UNKEYED`: the fields that change no verdict. All others are in the keys of the verifier's verdicts.
    """

    UNKEYED: ClassVar[frozenset[str]] = frozenset()

    def key_part(self) -> dict[str, Any]:
        """Return the settings that decide a verdict."""
        return self.model_dump(mode="json", exclude=set(self.UNKEYED))


class MathReward(VerifierSettings):
    """The mathematics verifier."""

    UNKEYED: ClassVar[frozenset[str]] = frozenset({"workers"})

    deadline_s: float = Field(
        default=5.0, gt=0, description="Wall seconds an answer; then its worker process is killed."
    )
    workers: Positive = Field(default=2, description="Worker processes.")


class CodeReward(VerifierSettings):
    """The code verifier."""

    UNKEYED: ClassVar[frozenset[str]] = frozenset({"sandbox", "slots"})

    sandbox: Literal["auto", "docker", "jail"] = Field(
        default="auto", description="auto: the first that passes its self-test."
    )
    slots: Positive | None = Field(
        default=None, description="Programs at once; null: two for each core. Changes no result."
    )
    cpu_s: float = Field(
        default=4.0,
        gt=0,
        description="CPU seconds of a program on one test; a problem that states more (`timeout_s`) gets more. Wall "
        "time: a multiple of it.",
    )
    memory_mb: Positive = Field(default=512, description="Memory of a program beyond the bare interpreter's, MiB.")


class TermSettings(Member):
    """The fields that every term of a reward has."""

    TAG: ClassVar[str] = USE

    weight: float = Field(
        default=1.0,
        description="Of the term in the reward. It is in the key of training, not of verdicts: 0 only records the "
        "term.",
    )


class VerifierTerm(TermSettings):
    """A verifier's score: `use: math`. It reads each problem's reference; `reward.<use>` has its settings."""

    use: str = Field(
        min_length=1, description="A verifier (math, code, choice, a puzzle's), a built-in term, or your own function."
    )


class Format(TermSettings):
    """1 for a response in the wanted format, else 0."""

    use: Literal["format"] = Field(default="format", description="1 where the response has the format, else 0.")
    pattern: str = Field(
        default="think_answer",
        min_length=1,
        description="think_answer (<think>...</think> <answer>...</answer>, each tag once; arXiv 2501.12948), boxed "
        "(an answer in \\boxed{}), or a regular expression that the whole response must match: Python's syntax, and "
        "what the module `regex` adds (version 0); dot matches newlines.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        # As an expression, a plain word would match no response but itself: it is a misspelt name.
        if re.fullmatch(r"\w+", pattern) and pattern not in FORMATS:
            said = f"no format {pattern!r}; {hint(pattern, FORMATS)}, or a regular expression: .*answer.*"
            raise PydanticCustomError(SAID, "{text}", {"text": said})
        try:
            regex.compile(pattern, regex.DOTALL | regex.VERSION0)
        except (regex.error, ValueError, OverflowError, RecursionError) as error:
            said = f"got {pattern!r}, want a regular expression: {error}"
            raise PydanticCustomError(SAID, "{text}", {"text": said}) from None
        return pattern


class Overlong(TermSettings):
    """DAPO's soft overlong punishment (arXiv 2503.14476, equation 13)."""

    use: Literal["overlong"] = Field(
        default="overlong", description="DAPO's soft overlong punishment, from 0 down to -1. arXiv 2503.14476."
    )
    cache_tokens: Positive = Field(
        description="Length of the last stretch before the limit, in which the term falls from 0 to -1; at most the "
        "limit. DAPO: 4096 of 20480."
    )
    max_tokens: Positive | None = Field(
        default=None, description="The limit, tokens; null: rollout.max_response_tokens."
    )


class Length(TermSettings):
    """A reward for the length of a response, by whether it is right."""

    use: Literal["length"] = Field(
        default="length", description="A reward for length: cosine (arXiv 2502.03373) or kimi (arXiv 2501.12599)."
    )
    kind: Literal["cosine", "kimi"] = Field(
        default="cosine",
        description="cosine: by the length itself, up to rollout.max_response_tokens. kimi: by the place between the "
        "shortest and the longest judged response of the group, from 0.5 to -0.5; a wrong one gets no more than 0.",
    )
    right: tuple[float, float] = Field(
        default=(2.0, 1.0),
        strict=False,
        description="cosine: values of a right response with no token, and with the most. 2, 1: arXiv 2502.03373.",
    )
    wrong: tuple[float, float] = Field(
        default=(-10.0, 0.0),
        strict=False,
        description="cosine: values of a wrong response with no token, and with the most. -10, 0: arXiv 2502.03373.",
    )
    truncated: float = Field(default=-10.0, description="cosine: value of a response cut at the limit, right or not.")


class Repetition(TermSettings):
    """Minus the share of a response's n-grams of tokens that it had before."""

    use: Literal["repetition"] = Field(
        default="repetition", description="Minus the share of n-grams that the response had before, from 0 to -1."
    )
    ngram: Positive = Field(default=40, description="Tokens of an n-gram. arXiv 2502.03373.")


class OwnTerm(PluginMember, TermSettings):
    """A user's own function, in the signature of TRL or of verl."""

    deadline_s: float = Field(
        default=30.0,
        gt=0,
        description="Wall seconds for a group: half for one call with all its responses; if that is killed, half for "
        "each response alone. What a worker loads at its first call counts too.",
    )
    isolation: Literal["process", "jail"] = Field(
        default="process",
        description="process: a worker with this environment. jail: the sandbox, without files and network.",
    )
    reads: tuple[Annotated[str, Field(min_length=1)], ...] = Field(
        default=(), strict=False, description="Files that the function reads; their digests are in the key."
    )


def kind_of_term(value: Any) -> str | None:
    """Return the tag of a term: the name of a built-in one, `use` for a user's own function, else `verifier`.

    None for what is no mapping.
    """
    if not isinstance(value, Mapping | Member):
        return None
    use = getattr(value, USE, None) if isinstance(value, Member) else value.get(USE)
    if isinstance(use, str) and is_plugin(use):
        return USE
    return use if use in BUILT_IN else VERIFIER


BUILT_IN: Mapping[str, type[TermSettings]] = {
    "format": Format,
    "overlong": Overlong,
    "length": Length,
    "repetition": Repetition,
}
Term = Annotated[
    Annotated[VerifierTerm, Tag(VERIFIER)]
    | Annotated[Format, Tag("format")]
    | Annotated[Overlong, Tag("overlong")]
    | Annotated[Length, Tag("length")]
    | Annotated[Repetition, Tag("repetition")]
    | Annotated[OwnTerm, Tag(USE)],
    Discriminator(kind_of_term),
]
TERM_NAME = "[a-z][a-z0-9_]*"
TermName = Annotated[str, Field(pattern=f"^{TERM_NAME}$")]


class Reward(Section):
    """The judging of responses, and what of it makes the reward."""

    correct_at: float = Field(default=1.0, gt=0, le=1, description="A score from here on is correct, everywhere.")
    truncated: Literal["judge", "mask"] = Field(
        default="judge", description="Responses cut at the limit: judged as they are, or left out."
    )
    max_not_judged_share: Share = Field(
        default=0.05, description="Above this share of responses not judged, the run stops."
    )
    terms: dict[TermName, Term] = Field(
        default={},
        description="Terms of the reward by name, each with `use` and `weight`; none: the verifier's score alone.",
    )
    outcome: TermName = Field(
        default=CORRECT,
        description="The term that says what is right: it is what correct_at, Pass@k, ARM's scopes and group filters "
        "read. `correct` is the verifier of the problems, unless a term has that name.",
    )
    aggregate: Literal["sum_then_normalize", "normalize_then_sum"] = Field(
        default="sum_then_normalize",
        description="sum_then_normalize: one advantage of the weighted sum. normalize_then_sum: the weighted sum of "
        "each term's advantage, normalised over the batch (GDPO, arXiv 2601.05242).",
    )
    workers: Positive = Field(default=2, description="Worker processes of your own functions. Changes no result.")
    math: MathReward = MathReward()
    code: CodeReward = CodeReward()

    @property
    def verifier_term(self) -> str | None:
        """Return the name of the term that is the verifier's score; None where there is none."""
        named = [name for name, term in self.terms.items() if isinstance(term, VerifierTerm)]
        if named:
            return named[0]
        return CORRECT if self.outcome == CORRECT and CORRECT not in self.terms else None

    @property
    def own_outcome(self) -> Term | None:
        """Return the term that says what is right; None where the verifier does."""
        return None if self.outcome == self.verifier_term else self.terms.get(self.outcome)

    @property
    def verifier_beside(self) -> dict[str, VerifierTerm]:
        """Return the verifier's term by its name where another term says what is right; else nothing."""
        return {
            name: term
            for name, term in self.terms.items()
            if isinstance(term, VerifierTerm) and self.own_outcome is not None
        }

    @property
    def functions(self) -> dict[str, Term]:
        """Return the terms that are functions of the responses, the verifier's left out."""
        return {name: term for name, term in self.terms.items() if not isinstance(term, VerifierTerm)}

    @property
    def weights(self) -> dict[str, float]:
        """Return the weight of each term, the outcome first."""
        weights = {name: term.weight for name, term in self.terms.items()}
        return {self.outcome: weights.get(self.outcome, 1.0), **weights}

    @property
    def is_plain(self) -> bool:
        """Return whether the reward is the verifier's score and nothing else."""
        return self.own_outcome is None and self.weights == {self.outcome: 1.0}
