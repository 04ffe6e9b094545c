"""Rollouts of an iteration, in shards of fixed composition: a shard is the unit of caching and of what a signal flushes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from tasks.data.order import positions
from tasks.data.seeds import derive_seed
from tasks.records import EncodedProblem, Rollout
from tasks.rollout.protocol import Completion, PromptGroup, Sampling


class Sampler(Protocol):
    """A rollout engine as a flow sees it (tasks/engines/rollout.py). `state` is the policy that it holds."""

    @property
    def state(self) -> str | None: ...
    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]: ...


def shard_count(part: Mapping[str, Any]) -> int:
    """Shards an iteration; `part` is specs.identity.rollout_part."""
    return -(-int(part["prompts"]) // int(part["shard_prompts"]))


def shard_problems(
    problems: Sequence[EncodedProblem], part: Mapping[str, Any], iteration: int, shard: int
) -> list[EncodedProblem]:
    """The problems of one shard: a pure function of (seed, iteration, shard)."""
    drawn = positions(part["seed"], iteration, part["prompts"], part.get("problems", len(problems)))
    size = part["shard_prompts"]
    return [problems[i] for i in drawn[shard * size : (shard + 1) * size]]


def roll_out(
    engine: Sampler,
    problems: Sequence[EncodedProblem],
    part: Mapping[str, Any],
    stop_token_ids: tuple[int, ...],
    lineage: str,
    iteration: int,
) -> list[Rollout]:
    """All samples of `problems` from the policy `lineage`, which the engine holds."""
    assert engine.state == lineage, (engine.state, lineage)
    sampling = Sampling(part["temperature"], part["max_response_tokens"], stop_token_ids, part["top_p"], part["top_k"])
    groups = [
        PromptGroup(
            problem.prompt_ids,
            tuple(
                derive_seed(part["seed"], "rollout", iteration, problem.problem.id, sample)
                for sample in range(part["samples"])
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
