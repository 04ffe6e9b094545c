"""Rollouts of an iteration, in shards of fixed composition: the unit of caching, and of a flush on a signal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

import numpy as np

from infra.errors import EngineError
from specs.sections import RolloutSpec
from tasks.data.mixture import part_of
from tasks.data.mixture_order import Mixture, check_parts, mixture_positions
from tasks.data.order import positions
from tasks.data.seeds import derive_seed
from tasks.errors import DataError
from tasks.ragged import Ragged
from tasks.records import EncodedProblem
from tasks.rollout.protocol import Completions, PromptGroup, Sampling
from tasks.rollout.rollouts import Rollouts


class Sampler(Protocol):
    """A rollout engine as a flow sees it (tasks/engines/rollout.py)."""

    @property
    def state(self) -> str | None:
        """Return the lineage of the policy held, None where it holds none."""

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Return samples of the policy held, one for each seed of each group."""


def shard_count(settings: RolloutSpec) -> int:
    """Return the number of shards of an iteration."""
    return -(-settings.drawn // settings.shard_prompts)


def shard_problems(
    problems: Sequence[EncodedProblem],
    settings: RolloutSpec,
    seed: int,
    iteration: int,
    shard: int,
    weights: Mapping[str, float] = MappingProxyType({}),
) -> list[EncodedProblem]:
    """Return the problems of one shard: a pure function of (seed, iteration, shard).

    `seed`: the spec's. `weights`: those of a mixture's parts.
    """
    size = settings.shard_prompts
    here = slice(shard * size, (shard + 1) * size)
    if not weights:
        drawn = positions(seed, iteration, settings.drawn, settings.problems or len(problems))
        return [problems[i] for i in drawn[here]]
    mixture = Mixture.of(weights)
    parts = _parts(problems, mixture, settings.problems)
    places = mixture_positions(seed, iteration, settings.drawn, mixture, [len(part) for part in parts])
    return [parts[part][index] for part, index in places[here]]


def check_mixture(
    problems: Sequence[EncodedProblem], settings: RolloutSpec, weights: Mapping[str, float], iterations: int
) -> None:
    """Raise DataError where an iteration draws more of a part of a mixture than the part has."""
    mixture = Mixture.of(weights)
    parts = _parts(problems, mixture, settings.problems)
    check_parts(mixture, [len(part) for part in parts], settings.drawn, iterations)


def _parts(problems: Sequence[EncodedProblem], mixture: Mixture, limit: int | None) -> list[Sequence[EncodedProblem]]:
    """Return the problems of each part: with a limit (rollout.problems), its share of so many from its beginning.

    DataError where that is none of a part, or more than it has.
    """
    parts: dict[str, list[EncodedProblem]] = {name: [] for name in mixture.names}
    for each in problems:
        parts[part_of(each.problem.id)].append(each)
    if limit is None:
        return list(parts.values())
    taken = mixture.taken(limit)
    for (name, part), count in zip(parts.items(), taken, strict=True):
        if not 1 <= count <= len(part):
            raise DataError(
                f"rollout.problems: {limit} problems of the mixture are {count} of data.train.{name}, which has "
                f"{len(part)}: {'raise' if count == 0 else 'lower'} it, or give the part another weight"
            )
    return [part[:count] for part, count in zip(parts.values(), taken, strict=True)]


def roll_out(
    engine: Sampler,
    problems: Sequence[EncodedProblem],
    settings: RolloutSpec,
    seed: int,
    stop_token_ids: tuple[int, ...],
    lineage: str,
    iteration: int,
) -> Rollouts:
    """Return all samples of `problems` from the policy `lineage`, which the engine holds. `seed` is the spec's."""
    assert engine.state == lineage, (engine.state, lineage)
    sampling = Sampling(
        settings.temperature, settings.max_response_tokens, stop_token_ids, settings.top_p, settings.top_k
    )
    groups = [
        PromptGroup(
            problem.prompt_ids,
            tuple(
                derive_seed(seed, "rollout", iteration, problem.problem.id, sample)
                for sample in range(settings.samples)
            ),
        )
        for problem in problems
    ]
    done = engine.generate(groups, sampling)
    count = len(problems) * settings.samples
    if len(done) != count or done.logprobs is None:
        raise EngineError(
            f"the engine's reply has {len(done)} samples{'' if done.logprobs is not None else ' without logprobs'}; "
            f"{count} were asked for, each with the log-probabilities of its tokens"
        )
    prompts = Ragged.of([problem.prompt_ids for problem in problems], np.int32)
    return Rollouts(
        problem_ids=[problem.problem.id for problem in problems for _ in range(settings.samples)],
        samples=np.tile(np.arange(settings.samples, dtype=np.int32), len(problems)),
        prompts=prompts.take(np.repeat(np.arange(len(problems)), settings.samples)),
        responses=done.responses,
        logprobs=done.logprobs,
        stopped=done.stopped,
        lineages=[lineage] * count,
        seeds=np.array([seed for group in groups for seed in group.seeds], np.int64),
    )
