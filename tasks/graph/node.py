"""A step of an experiment in its place in the loop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from infra.caching import Step


@dataclass(frozen=True)
class Node:
    """A step and its place in the loop.

    `stage` is the stage as readers know it: in the store the first policy and checkpoints lie under `policy`, rewards
    under `verdict`. `iteration` is None for what is made once, and for an evaluation or a checkpoint the number of
    iterations behind the policy. `takes` are the references (`<stage>/<key>`, as in the store) of the steps that it
    takes as inputs, upstream first.
    """

    stage: str
    step: Step
    takes: tuple[str, ...] = ()
    iteration: int | None = None
    suite: str | None = None
    shard: int | None = None

    @property
    def place(self) -> str:
        """Return `iteration 3, shard 1`; empty for what is made once."""
        names = (("iteration", self.iteration), ("shard", self.shard))
        parts = [f"{name} {number}" for name, number in names if number is not None]
        return ", ".join([*parts, *([self.suite] if self.suite is not None else [])])

    @property
    def label(self) -> str:
        """Return `rollout of iteration 3, shard 1`."""
        join = "after" if self.stage in ("evaluate", "checkpoint") else "of"
        return f"{self.stage} {join} {self.place}" if self.place else self.stage


def stages_of(nodes: Iterable[Node]) -> tuple[str, ...]:
    """Return the stages of an experiment's steps, in the order in which the loop comes to each one's last step."""
    last = {node.stage: place for place, node in enumerate(nodes)}
    return tuple(sorted(last, key=lambda stage: last[stage]))
