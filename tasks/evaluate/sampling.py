"""Draws samples of an evaluation: the same seeds for every policy, so that policies are compared on paired draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from tasks.data.seeds import derive_seed
from tasks.evaluate.samples import Name, Sample, SampleSet
from tasks.records import EncodedProblem
from tasks.rollout.protocol import Completion, Completions, PromptGroup, Sampling

SEQUENCES_AT_ONCE = 1024  # of a call to the engine, about; what a call has drawn is stored before the next one


class SampleSource(Protocol):
    """A source of responses: a rollout engine that holds the policy, or a server that somebody else runs."""

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Return a sample for each seed of each group."""


def blocks(problems: Sequence[EncodedProblem], samples: int) -> Iterator[Sequence[EncodedProblem]]:
    """Yield the problems of each call.

    They depend on the suite and n alone, so that an evaluation that goes on makes the same calls.
    """
    size = max(1, SEQUENCES_AT_ONCE // samples)
    for at in range(0, len(problems), size):
        yield problems[at : at + size]


def missing(stored: Mapping[Name, Sample], problems: Sequence[EncodedProblem], samples: int) -> bool:
    """Return True if one of the first `samples` of a problem is not stored."""
    return any((p.problem.id, s) not in stored for p in problems for s in range(samples))


def draw(
    source: SampleSource,
    into: SampleSet,
    stored: dict[Name, Sample],
    problems: Sequence[EncodedProblem],
    samples: int,
    sampling: Sampling,
    seed: int,
    suite: str,
    between: Callable[[], None],
) -> int:
    """Draw what `stored` lacks of the first `samples` of each problem, into the set and `stored`. Returns how many.

    `seed` and `suite` decide each sample's own seed. `between` is called before each call of the engine and may raise:
    what was drawn before is kept.
    """
    drawn = 0
    for block in blocks(problems, samples):
        lacking = [(p, [s for s in range(samples) if (p.problem.id, s) not in stored]) for p in block]
        wanted = [(p, indexes) for p, indexes in lacking if indexes]
        if not wanted:
            continue
        between()
        groups = [
            PromptGroup(p.prompt_ids, tuple(derive_seed(seed, "evaluate", suite, p.problem.id, s) for s in indexes))
            for p, indexes in wanted
        ]
        replies = source.generate(groups, sampling)
        names = [(p.problem.id, s) for p, indexes in wanted for s in indexes]
        seeds = [each for group in groups for each in group.seeds]
        new = [_sample(name, seed, done) for name, seed, done in zip(names, seeds, replies, strict=True)]
        stored.update((sample.name, sample) for sample in into.append(new))
        drawn += len(new)
    return drawn


def _sample(name: Name, seed: int, done: Completion) -> Sample:
    # A cumulative sum adds from the left, as `sum` does: the same bits whichever engine or NumPy it is.
    entropies = None if done.entropies is None else np.cumsum(done.entropies, dtype=np.float64)
    return Sample(
        problem_id=name[0],
        sample=name[1],
        response_ids=done.response_ids,
        logprobs=done.logprobs,
        finish_reason=done.finish_reason,
        entropy=float(entropies[-1] / len(entropies)) if entropies is not None and len(entropies) else None,
        seed=seed,
    )
