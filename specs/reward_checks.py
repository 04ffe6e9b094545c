"""The rules that join the terms of a reward with each other and with the other sections of a spec."""

from __future__ import annotations

from collections.abc import Iterator

from specs.advantages import PassAtK, WeightedReinforce
from specs.hints import hint, nearest
from specs.rewards import BUILT_IN, CORRECT, Format, Length, Overlong, OwnTerm, VerifierTerm
from specs.sections import Sections
from specs.sources import NO_VERIFIER, named_verifiers

LIMIT = "rollout.max_response_tokens"


def reward_rules(spec: Sections) -> Iterator[str]:
    """Yield one line for each rule of `reward` that `spec` breaks."""
    yield from _outcome(spec)
    yield from _verifiers(spec)
    limit = spec.rollout.max_response_tokens
    for name, term in spec.reward.terms.items():
        key = f"reward.terms.{name}"
        if isinstance(term, Overlong):
            most, at = (term.max_tokens, f"{key}.max_tokens") if term.max_tokens else (limit, LIMIT)
            if most > limit:
                yield f"{key}.max_tokens: {most} exceeds {LIMIT} {limit}, where a response ends; lower it"
            if term.cache_tokens > most:
                yield (
                    f"{key}.cache_tokens: {term.cache_tokens} exceeds the limit of {most} tokens ({at}), of which it "
                    "is the last stretch; lower it"
                )
        if isinstance(term, OwnTerm) and term.isolation == "jail" and term.reads:
            yield f"{key}.reads: not with isolation jail, which has no files; pass what they hold in args, or drop it"
        if isinstance(term, Length) and term.kind == "kimi" and (set_here := _cosine_only(term)):
            yield f"{key}.{set_here[0]}: only with kind cosine, got kind kimi; drop it"
    if isinstance(spec.advantage, PassAtK | WeightedReinforce) and not spec.reward.is_plain:
        yield (
            f"reward.terms: advantage.estimator {spec.advantage.estimator} reads only which responses are right, so "
            "that other terms and weights would do nothing; drop them, or choose another estimator"
        )


def _outcome(spec: Sections) -> Iterator[str]:
    reward = spec.reward
    term = reward.terms.get(reward.outcome)
    if term is None and reward.outcome != CORRECT:
        yield f"reward.outcome: no term {reward.outcome!r}; {hint(reward.outcome, tuple(reward.terms) or (CORRECT,))}"
    if term is None and reward.outcome == CORRECT and reward.verifier_term not in (None, CORRECT):
        yield (
            f"reward.outcome: {CORRECT} is the verifier, which is called reward.terms.{reward.verifier_term} here; set "
            f"reward.outcome: {reward.verifier_term}, or call the term {CORRECT}"
        )
    if term is not None and not isinstance(term, VerifierTerm | OwnTerm | Format):
        yield (
            f"reward.outcome: {reward.outcome} is a term of {term.tag}, which does not say what is right; want a term "
            "of a verifier, of format, or of your own (my_rewards.py:name)"
        )
    if spec.data.verifier == NO_VERIFIER and (term is None or isinstance(term, VerifierTerm)):
        yield (
            f"data.verifier: {NO_VERIFIER} needs a reward term that says what is right: name it in reward.outcome, or "
            "name a verifier (math, code, ...)"
        )


def _verifiers(spec: Sections) -> Iterator[str]:
    named = [(name, term.use) for name, term in spec.reward.terms.items() if isinstance(term, VerifierTerm)]
    if len(named) > 1:
        near = nearest(named[1][1], BUILT_IN)
        yield (
            f"reward.terms.{named[1][0]}.use: got {named[1][1]!r}; nearest of the built-in terms is {near}"
            if near
            else f"reward.terms.{named[1][0]}.use: {named[1][1]} is a second verifier beside {named[0][1]} "
            f"(reward.terms.{named[0][0]}), but a problem has the reference of one; drop one of them"
        )
    others = [each for each in named_verifiers(spec.data) if named and each and each != named[0][1]]
    if others:
        known, built_in = others[0], ", ".join(BUILT_IN)
        said = f"data.verifier {known}" if spec.data.verifier == known else f"the verifier {known} of data.train"
        yield (
            f"reward.terms.{named[0][0]}.use: got {named[0][1]!r}, but the problems are read for {said}; want {known}, "
            f"a built-in term ({built_in}), or your own (my_rewards.py:name)"
        )


def _cosine_only(term: Length) -> list[str]:
    return [name for name in ("right", "wrong", "truncated") if name in term.model_fields_set]
