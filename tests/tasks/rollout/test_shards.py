"""The problems that an iteration takes."""

from __future__ import annotations

from typing import Any

from specs.sections import RolloutSpec
from tasks.records import EncodedProblem, Problem
from tasks.rollout.shards import shard_count, shard_problems

PROBLEMS = [
    EncodedProblem(Problem(str(i), ({"role": "user", "content": str(i)},), "countdown", {}), (1, i), (1,))
    for i in range(40)
]


def drawn(iteration: int, **settings: Any) -> list[str]:
    rollout = RolloutSpec(prompts=8, shard_prompts=3, **settings)
    return [
        each.problem.id
        for shard in range(shard_count(rollout))
        for each in shard_problems(PROBLEMS, rollout, 3, iteration, shard)
    ]


def test_only_the_first_problems_are_drawn_and_all_of_them_in_each_epoch() -> None:
    for epoch in range(3):
        assert sorted(map(int, drawn(2 * epoch, problems=16) + drawn(2 * epoch + 1, problems=16))) == [*range(16)]
    assert drawn(0, problems=16) != drawn(2, problems=16)
    assert max(map(int, (name for k in range(5) for name in drawn(k)))) > 16
