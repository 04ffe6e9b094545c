"""The protocol of rollout engines: weights in, prompts and seeds in, sampled tokens and their log-probabilities out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from infra.errors import EngineError
from infra.scratch import large_folder, release
from specs.schema import Spec
from tasks.checkpoint.merge import merge
from tasks.ragged import Array, Floats, Ints, Ragged
from tasks.records import FinishReason

SEEDS = 2**63  # seeds are integers in [0, SEEDS): what both engines and a signed 64-bit column can hold


@dataclass(frozen=True, slots=True)
class Sampling:
    """The settings by which responses are drawn.

    Logits are divided by `temperature` (0: greedy), then cut to the `top_k` likeliest tokens (0: off), then to the
    smallest set of tokens whose probability reaches `top_p`, then renormalised. A response ends with the first of
    `stop_token_ids` (which belongs to it) or after `max_tokens` tokens.
    """

    temperature: float
    max_tokens: int
    stop_token_ids: tuple[int, ...]
    top_p: float = 1.0
    top_k: int = 0

    def __post_init__(self) -> None:
        assert self.temperature >= 0.0, self.temperature
        assert self.max_tokens >= 1, self.max_tokens
        assert 0.0 < self.top_p <= 1.0, self.top_p
        assert self.top_k >= 0, self.top_k


@dataclass(frozen=True, slots=True)
class PromptGroup:
    """A prompt [prompt tokens, at least one] and one sample per seed; seeds are in [0, 2**63)."""

    prompt_ids: tuple[int, ...]
    seeds: tuple[int, ...]

    def __post_init__(self) -> None:
        assert self.prompt_ids, "a prompt has at least one token"
        assert all(0 <= seed < SEEDS for seed in self.seeds), self.seeds


@dataclass(frozen=True, slots=True)
class Completion:
    """One sampled response.

    `response_ids` [response tokens], a sampled end token included. `logprobs` [response tokens]: natural
    log-probabilities under the distribution really sampled from (temperature and truncation included; 0.0 at
    temperature 0, where the distribution is a point), float32 values; empty from an endpoint whose log-probabilities
    are of another distribution. `entropies` [response tokens]: entropy in nats of the whole vocabulary at temperature
    1 before each token, or None from an engine that does not give it.
    """

    response_ids: Ints
    logprobs: Floats
    finish_reason: FinishReason
    entropies: Floats | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Completions:
    """An engine's reply: the samples of all groups, in their order, and of a group in the order of its seeds.

    `responses` [N] int32 token ids; `logprobs` and `entropies` float32 [response tokens], one response's after the
    other's, or None as in `Completion`; `stopped` [N] bool, False where a response was cut at the limit.
    """

    responses: Ragged
    logprobs: Array | None
    stopped: Array
    entropies: Array | None = None

    @classmethod
    def of(cls, rows: Iterable[Sequence[Completion]]) -> Completions:
        """Return the samples of each group, given one by one. Either each has entropies or none, and logprobs too.

        Raises EngineError where a response has another number of them than of tokens.
        """
        every = [each for row in rows for each in row]
        responses = Ragged.of([each.response_ids for each in every], np.int32)
        return cls(
            responses,
            _numbers("logprobs", [each.logprobs for each in every], responses),
            np.array([each.finish_reason is FinishReason.STOP for each in every], bool),
            _numbers("entropies", [() if each.entropies is None else each.entropies for each in every], responses),
        )

    def __len__(self) -> int:
        return len(self.responses)

    def __iter__(self) -> Iterator[Completion]:
        return (self[place] for place in range(len(self)))

    def __getitem__(self, index: int) -> Completion:
        """Return one sample, of views. IndexError beyond the last."""
        if not 0 <= index < len(self):
            raise IndexError(f"sample {index} of {len(self)}")
        span = slice(self.responses.offsets[index], self.responses.offsets[index + 1])
        return Completion(
            self.responses[index],
            () if self.logprobs is None else self.logprobs[span],
            FinishReason.STOP if self.stopped[index] else FinishReason.LENGTH,
            None if self.entropies is None else self.entropies[span],
        )


def _numbers(name: str, parts: Sequence[Floats], responses: Ragged) -> Array | None:
    """Return one number for each response token as float32; None where no response with tokens has any."""
    found = Ragged.of(parts, np.float32)
    if not len(found.values) and len(responses.values):
        return None
    for place in np.flatnonzero(found.lengths != responses.lengths)[:1]:
        raise EngineError(
            f"sample {place} of the engine's reply has {found.lengths[place]} {name} for {responses.lengths[place]} "
            "response tokens; want one for each token of each sample, or none for any"
        )
    return found.values


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOptions:
    """The settings of an engine, of JSON values; an engine with others has a class that derives from this one.

    `dtype`: of weights and activations, a torch name.
    """

    dtype: str = "float32"

    @classmethod
    def from_spec(cls, spec: Spec, longest_response: int) -> Self:
        """Return the options for a spec. `longest_response`: tokens, in training and in evaluations."""
        return cls(dtype=spec.policy.dtype)


class RolloutEngine(ABC):
    """A living model that samples, in a process of its own. Its failures are `infra.errors.EngineError`."""

    Options: ClassVar[type[EngineOptions]] = EngineOptions
    options: EngineOptions

    def __init__(self, options: EngineOptions) -> None:
        self.options = options

    @abstractmethod
    def load(self, weights: Path) -> None:
        """Replace the weights by those of a Hugging Face folder (config.json, model*.safetensors)."""

    def load_adapter(self, base: Path, adapter: Path) -> None:
        """Replace the policy by an adapter (a folder in peft's format) beside the weights of `base`.

        An engine that can take an adapter as it is overrides this; here it is merged, and loaded as a whole.
        """
        folder = large_folder()
        try:
            merge(base, adapter, folder)
            self.load(folder)
        finally:
            release(folder)

    @abstractmethod
    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Return a sample for each seed of each group; `Completions.of` makes them of single ones."""

    def sleep(self) -> None:  # noqa: B027 - optional
        """Give up the accelerator's memory until `wake`."""

    def wake(self) -> None:  # noqa: B027 - optional
        """Undo `sleep`."""

    def close(self) -> None:  # noqa: B027 - optional
        """Free everything; the engine is not used again."""
