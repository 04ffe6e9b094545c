"""Rollouts of an iteration, in shards of fixed composition: the unit of caching, and of a flush on a signal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from specs.sections import RolloutSpec
from tasks.data.order import positions
from tasks.data.seeds import derive_seed
from tasks.records import EncodedProblem, Rollout
from tasks.rollout.protocol import Completion, PromptGroup, Sampling


class Sampler(Protocol):
    """A rollout engine as a flow sees it (tasks/engines/rollout.py)."""

    @property
    def state(self) -> str | None:
        """Return the lineage of the policy held, None where it holds none."""

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]:
        """Return samples of the policy held: a list for each group, in the order of its seeds."""


def shard_count(settings: RolloutSpec) -> int:
    """Return the number of shards of an iteration."""
    return -(-settings.drawn // settings.shard_prompts)


def shard_problems(
    problems: Sequence[EncodedProblem], settings: RolloutSpec, seed: int, iteration: int, shard: int
) -> list[EncodedProblem]:
    """Return the problems of one shard: a pure function of (seed, iteration, shard). `seed`: the spec's."""
    drawn = positions(seed, iteration, settings.drawn, settings.problems or len(problems))
    size = settings.shard_prompts
    return [problems[i] for i in drawn[shard * size : (shard + 1) * size]]


def roll_out(
    engine: Sampler,
    problems: Sequence[EncodedProblem],
    settings: RolloutSpec,
    seed: int,
    stop_token_ids: tuple[int, ...],
    lineage: str,
    iteration: int,
) -> list[Rollout]:
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
    completions = engine.generate(groups, sampling)
    return [
        Rollout(
            problem.problem.id,
            sample,
            problem.prompt_ids,
            done.response_ids,
            done.logprobs,
            done.finish_reason,
            lineage,
            group.seeds[sample],
        )
        for problem, group, row in zip(problems, groups, completions, strict=True)
        for sample, done in enumerate(row)
    ]
