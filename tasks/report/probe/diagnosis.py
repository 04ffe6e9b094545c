"""What is wrong with iteration 0, in plain words: what people ask about when the reward stays flat.

Each rule is a function of the numbers and the spec that yields a line, or none. The bounds are rules of thumb of ours.
"""

from __future__ import annotations

from collections.abc import Iterator

from specs.prompts import template_of
from specs.schema import Spec
from tasks.records import VerdictKind
from tasks.report.probe.numbers import ProbeNumbers

FEW, MOST = 0.05, 0.5  # shares
FORMS = {"\\boxed": "in \\boxed{}", "```python": "in one ```python block"}  # of an answer, by what asks for it


def diagnoses(numbers: ProbeNumbers, spec: Spec) -> list[str]:
    """Return a line for each thing that is wrong, with what to do about it; empty where nothing is."""
    return [
        line for rule in (_cut, _empty, _unread, _judging, _contrast, _terms, _alike) for line in rule(numbers, spec)
    ]


def _cut(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    limit = spec.rollout.max_response_tokens
    if numbers.truncated == 1:
        yield (
            f"every response was cut at rollout.max_response_tokens {limit}: raise it; if the samples run on after the "
            "answer, the policy does not know the end token (a base model without supervised steps)"
        )
    elif numbers.truncated > FEW:
        yield (
            f"{numbers.truncated:.0%} of the responses were cut at rollout.max_response_tokens {limit}: raise it, or "
            "set reward.truncated: mask, which leaves them out; else the policy learns to be short"
        )


def _empty(numbers: ProbeNumbers, _: Spec) -> Iterator[str]:
    if numbers.empty > FEW:
        yield (
            f"{numbers.empty:.0%} of the responses are empty: the policy ends its turn at once; look at the prompt "
            "above (is a turn closed twice, is it the chat template of this model?)"
        )


def _unread(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    unread, broken = (numbers.kinds.get(kind, 0.0) for kind in (VerdictKind.NO_ANSWER, VerdictKind.COMPILE_ERROR))
    if unread > MOST / 2:
        cut = numbers.truncated >= unread and numbers.truncated > FEW
        said = template_of(spec.data.prompt) + (spec.data.system or "")
        form = next((form for sign, form in FORMS.items() if sign in said), None)
        asked = f"the prompt asks for it {form}" if form else "does the prompt say in which form? see data.prompt"
        why = "most of them were cut before it" if cut else asked
        yield f"in {unread:.0%} of the responses the verifier found no answer: {why}; read the samples above"
    if broken > MOST / 2:
        yield f"{broken:.0%} of the programs do not compile: read the samples; data.prompt: code asks for one block"


def _judging(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    if numbers.not_judged > 0:
        yield (
            f"{numbers.not_judged:.1%} of the responses could not be judged; above reward.max_not_judged_share "
            f"{spec.reward.max_not_judged_share} the run stops: see the details of the samples"
        )
    for kind, what in ((VerdictKind.TIME_LIMIT, "time"), (VerdictKind.MEMORY_LIMIT, "memory")):
        if numbers.kinds.get(kind, 0.0) > FEW:
            yield f"{numbers.kinds[kind]:.0%} of the responses ran into the {what} limit of the verifier (reward.*)"


def _contrast(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    if numbers.score == 0:
        yield (
            "every reward is 0: nothing is learned from this. If the samples hold right answers, the references are "
            "written in another form (armature data shows them); else take easier problems, a stronger policy, "
            "or supervised steps first"
        )
    elif numbers.right == 1:
        yield "every response is right: nothing is left to learn on these problems; take harder ones"
    elif numbers.without_contrast > MOST:
        more = "easier" if numbers.all_wrong > numbers.all_right else "harder"
        yield (
            f"in {numbers.without_contrast:.0%} of the groups all responses are right, or all are wrong: they teach "
            f"nothing; take {more} problems, more than {spec.rollout.samples} samples (rollout.samples), or draw more "
            "problems than are trained (rollout.oversample)"
        )


def _terms(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    reward, outcome = spec.reward, spec.reward.outcome
    of_outcome = abs(reward.weights[outcome]) * (numbers.spread or 0.0)
    for name, term in numbers.terms.items():
        weight = abs(reward.weights[name])
        if weight and term.mean is None:
            yield f"reward.terms.{name} applied to no response (its function gave None for each): it teaches nothing"
        elif weight and term.spread == 0:
            yield f"reward.terms.{name} is the same for all responses of each group, so that it teaches nothing"
        elif weight * (term.spread or 0.0) > of_outcome > 0 and reward.aggregate == "sum_then_normalize":
            yield (
                f"reward.terms.{name} moves the reward more within a group than the outcome does (standard deviation "
                f"{weight * (term.spread or 0.0):.2g} against {of_outcome:.2g}), so that it is learned first: lower "
                "its weight, or set reward.aggregate: normalize_then_sum"
            )
    for name, share in numbers.failed.items():
        yield (
            f"{share:.1%} of the responses have no score in reward.terms.{name}: it missed deadline_s, or a service "
            "did not answer; above reward.max_not_judged_share the run stops"
        )


def _alike(numbers: ProbeNumbers, spec: Spec) -> Iterator[str]:
    if numbers.repeated > MOST and numbers.empty <= MOST:
        yield (
            f"{numbers.repeated:.0%} of the responses repeat another one of their group token by token: raise "
            f"rollout.temperature ({spec.rollout.temperature:g}), or the policy has collapsed already"
        )
