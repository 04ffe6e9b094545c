"""Samples of an engine one by one, as values that can be compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tasks.rollout.protocol import Completion, Completions, PromptGroup, Sampling


def sampled(engine: Any, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]:
    """Return an engine's samples: a list for each group, in the order of its seeds."""
    return by_group(engine.generate(groups, sampling), groups)


def by_group(done: Completions, groups: Sequence[PromptGroup]) -> list[list[Completion]]:
    """Return samples with tuples in the place of arrays."""
    assert len(done) == sum(len(group.seeds) for group in groups)
    each = map(_plain, done)
    return [[next(each) for _ in group.seeds] for group in groups]


def _plain(one: Completion) -> Completion:
    def values(array: Any) -> Any:
        return tuple(np.asarray(array).tolist())

    entropies = None if one.entropies is None else values(one.entropies)
    return Completion(values(one.response_ids), values(one.logprobs), one.finish_reason, entropies)
