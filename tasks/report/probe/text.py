"""A probe as text for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from specs.schema import Spec
from tasks.records import Rollout, Verdict
from tasks.report.probe.cost import Cost
from tasks.report.probe.diagnosis import diagnoses
from tasks.report.probe.numbers import ProbeNumbers
from tasks.report.progress import duration

SAMPLES, HEAD, TAIL = 5, 500, 300  # samples shown, characters of each


@dataclass(frozen=True)
class Sample:
    """A response as text with its verdict."""

    rollout: Rollout
    verdict: Verdict
    text: str


def shown_samples(samples: Sequence[Sample]) -> list[Sample]:
    """Return the first sample of each kind of verdict, then those of most problems, SAMPLES in all, in their order."""
    first: dict[str, int] = {}
    for place, sample in enumerate(samples):
        first.setdefault(str(sample.verdict.kind), place)
    others = sorted(range(len(samples)), key=lambda place: samples[place].rollout.sample)
    places = dict.fromkeys([*first.values(), *others])
    return [samples[place] for place in sorted(list(places)[:SAMPLES])]


def render(
    spec: Spec,
    prompt: str,
    ends: str,
    samples: Sequence[Sample],
    numbers: ProbeNumbers,
    cost: Cost,
    memory: Mapping[str, int],
) -> str:
    """Return the text: a prompt, samples, numbers, cost, and last what is wrong.

    `memory`: the most bytes that trainer and rollout engine were seen to hold; without the one that did not run.
    """
    found = diagnoses(numbers, spec) or ["nothing that these numbers show"]
    return "\n".join(
        [
            f"a prompt as the policy sees it ({samples[0].rollout.problem_id}):",
            _indented(prompt),
            f"a response ends with {ends}",
            *(line for each in shown_samples(samples) for line in ("", _heading(each), _indented(_cut(each.text)))),
            "",
            *_numbers(numbers),
            *_cost(spec, cost),
            *_memory(spec, memory),
            "",
            "what is wrong:",
            *(f"- {line}" for line in found),
        ]
    )


def _heading(sample: Sample) -> str:
    verdict, rollout = sample.verdict, sample.rollout
    score = "no score" if verdict.score is None else f"score {verdict.score:g}"
    detail = f" ({verdict.detail})" if verdict.detail else ""
    detail += "".join(f", {name} {_number(value)}" for name, value in verdict.terms.items())
    return (
        f"{rollout.problem_id}, sample {rollout.sample}: {verdict.kind}, {score}{detail}; {len(rollout.response_ids)} "
        f"tokens, {rollout.finish_reason}"
    )


def _numbers(numbers: ProbeNumbers) -> list[str]:
    score = _number(numbers.score)
    kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in sorted(numbers.kinds.items()))
    terms = [f"{name} {_number(each.mean)}" for name, each in numbers.terms.items()]
    right = "" if numbers.right_tokens is None else f", {numbers.right_tokens:.0f} in right ones"
    return [
        f"iteration 0: {numbers.responses} responses to {numbers.groups} problems, reward {score}; {kinds}",
        *([f"terms, mean: {', '.join(terms)}"] if terms else []),
        f"groups without a contrast: {numbers.without_contrast:.0%} ({numbers.all_wrong:.0%} all wrong, "
        f"{numbers.all_right:.0%} all right)",
        f"tokens: {numbers.tokens:.0f} in a response{right}; {numbers.truncated:.0%} cut at the limit",
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _cost(spec: Spec, cost: Cost) -> list[str]:
    stages = ", ".join(f"{stage} {seconds:.1f}" for stage, seconds in cost.seconds.items())
    whole, gpus = cost.whole_s(spec), spec.placement.gpus
    on_gpus = f", {whole * gpus / 3600:.1f} GPU hours" if gpus else ""
    control = "; its control, if it is not in the store, takes as long again" if spec.control else ""
    return [
        f"seconds: {stages}; {cost.tokens_per_s:,.0f} sampled tokens/s",
        f"the whole run: about {duration(whole)}{on_gpus}: {spec.train.iterations} iterations of "
        f"{cost.iteration_s:.1f} s and {cost.evaluated:,} evaluated responses in {duration(cost.evaluations_s)}, if "
        f"responses stay as long as these and the machine as fast; checkpoints come on top{control}",
    ]


def _memory(spec: Spec, memory: Mapping[str, int]) -> list[str]:
    if not memory:
        return ["memory: not seen, for the steps were in the store"]
    seen = ", ".join(f"{name} {size / 2**30:.1f} GiB" for name, size in memory.items())
    return [f"memory, at most: {seen}{' of the host' if spec.placement.gpus else ''}"]


def _cut(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n[...]\n{text[-TAIL:]}"


def _indented(text: str) -> str:
    return "\n".join(f"  | {line}" for line in text.splitlines() or [""])
