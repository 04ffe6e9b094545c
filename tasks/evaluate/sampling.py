"""Samples of an evaluation: the same seeds for every policy, so that policies are compared on paired draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from tasks.data.seeds import derive_seed
from tasks.evaluate.samples import Name, Sample, SampleSet
from tasks.records import EncodedProblem
from tasks.rollout.protocol import Completion, PromptGroup, Sampling

SEQUENCES_AT_ONCE = 1024  # of a call to the engine, about; what a call has drawn is stored before the next one


class Source(Protocol):
    """Where responses come from: a rollout engine that holds the policy, or a server that somebody else runs."""

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]: ...


def blocks(problems: Sequence[EncodedProblem], samples: int) -> Iterator[Sequence[EncodedProblem]]:
    """Problems of one call each. They depend on the suite and n alone, so that an evaluation that goes on makes the same calls."""
    size = max(1, SEQUENCES_AT_ONCE // samples)
    for at in range(0, len(problems), size):
        yield problems[at : at + size]


def missing(stored: Mapping[Name, Sample], problems: Sequence[EncodedProblem], samples: int) -> bool:
    """Whether one of the first `samples` of a problem is not stored."""
    return any((p.problem.id, s) not in stored for p in problems for s in range(samples))


def draw(
    source: Source,
    into: SampleSet,
    stored: dict[Name, Sample],
    problems: Sequence[EncodedProblem],
    samples: int,
    part: Mapping[str, Any],
    suite: str,
    stop_token_ids: tuple[int, ...],
    between: Callable[[], None],
) -> int:
    """Draws what `stored` lacks of the first `samples` of each problem, into the set and `stored`. Returns how many. `part` is
    specs.identity.sampling_part; `between` is called before each call of the engine and may raise: what was drawn before is kept."""
    sampling = Sampling(part["temperature"], part["max_response_tokens"], stop_token_ids, part["top_p"])
    drawn = 0
    for block in blocks(problems, samples):
        wanted = [(p, [s for s in range(samples) if (p.problem.id, s) not in stored]) for p in block]
        wanted = [(p, indexes) for p, indexes in wanted if indexes]
        if not wanted:
            continue
        between()
        groups = [
            PromptGroup(
                p.prompt_ids, tuple(derive_seed(part["seed"], "evaluate", suite, p.problem.id, s) for s in indexes)
            )
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
                seed=seed,
            )
            for (p, indexes), group, of_problem in zip(wanted, groups, replies, strict=True)
            for s, seed, done in zip(indexes, group.seeds, of_problem, strict=True)
        ]
        stored.update((sample.name, sample) for sample in into.append(new))
        drawn += len(new)
    return drawn
