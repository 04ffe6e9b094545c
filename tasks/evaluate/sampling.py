"""Draws samples of an evaluation: the same seeds for every policy, so that policies are compared on paired draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from tasks.data.seeds import derive_seed
from tasks.evaluate.samples import Name, Sample, SampleSet
from tasks.records import EncodedProblem
from tasks.rollout.protocol import Completion, PromptGroup, Sampling

SEQUENCES_AT_ONCE = 1024  # of a call to the engine, about; what a call has drawn is stored before the next one


class SampleSource(Protocol):
    """A source of responses: a rollout engine that holds the policy, or a server that somebody else runs."""

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]:
        """Return samples: a list for each group, in the order of its seeds."""


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
        new = [
            Sample(
                problem_id=p.problem.id,
                sample=s,
                response_ids=done.response_ids,
                logprobs=done.logprobs,
                finish_reason=done.finish_reason,
                entropy=sum(done.entropies) / len(done.entropies) if done.entropies else None,
                seed=sample_seed,
            )
            for (p, indexes), group, of_problem in zip(wanted, groups, replies, strict=True)
            for s, sample_seed, done in zip(indexes, group.seeds, of_problem, strict=True)
        ]
        stored.update((sample.name, sample) for sample in into.append(new))
        drawn += len(new)
    return drawn
