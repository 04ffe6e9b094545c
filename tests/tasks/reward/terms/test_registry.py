"""Every term is made by its name, and the keys hold its version; a spec is refused where a term does not fit it."""

from __future__ import annotations

import pytest

from specs.errors import SpecError
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.rewards import BUILT_IN, Reward, TermSettings, VerifierTerm
from tasks.errors import VerifierError
from tasks.reward.terms import overlong
from tasks.reward.terms.base import Term
from tasks.reward.terms.registry import make_term, term_key_part


def settings_of(use: str) -> TermSettings:
    return BUILT_IN[use].model_validate({"use": use, **({"cache_tokens": 2} if use == "overlong" else {})})


@pytest.mark.parametrize("use", BUILT_IN)
def test_a_built_in_term_is_made_by_its_name(use: str) -> None:
    term = make_term("mine", settings_of(use), Reward(), 8)
    assert isinstance(term, Term) and term.scores([]) == [] and term.metrics() == {}
    part = term_key_part(settings_of(use), 8)
    assert part["use"] == use and not {"weight", "version"} & part.keys()
    term.start()
    term.close()


def test_a_new_version_is_in_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = term_key_part(settings_of("overlong"), 8)
    monkeypatch.setattr(overlong, "VERSION", 2)
    assert term_key_part(settings_of("overlong"), 8) == {**before, "version": 2}


def test_a_verifier_is_no_term_of_this_kind() -> None:
    with pytest.raises(VerifierError, match=r"^reward\.terms\.correct: math is a verifier"):
        make_term("correct", VerifierTerm(use="math"), Reward(), 8)
    with pytest.raises(VerifierError, match="math is a verifier"):
        term_key_part(VerifierTerm(use="math"), 8)


# -- specs
def problems(*overrides: str) -> list[str]:
    try:
        load_spec(REPOSITORY_ROOT / "specs" / "quickstart-grpo.yaml", overrides, {})
    except SpecError as error:
        return str(error).splitlines()
    return []


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (("reward.terms={long: {use: overlong, cache_tokens: 8}}",), None),
        (
            ("reward.terms={long: {use: overlong, cache_tokens: 9}}", "rollout.max_response_tokens=8"),
            "reward.terms.long.cache_tokens: 9 exceeds the limit of 8 tokens (rollout.max_response_tokens)",
        ),
        (
            ("reward.terms={long: {use: overlong, cache_tokens: 9, max_tokens: 8}}",),
            "reward.terms.long.cache_tokens: 9 exceeds the limit of 8 tokens (reward.terms.long.max_tokens)",
        ),
        (("reward.terms={long: {use: overlong, cache_tokens: 8, max_tokens: 8}}",), None),
        (
            ("reward.terms={correct: {use: length}}",),
            "reward.outcome: correct is a term of length, which does not say what is right",
        ),
        (("reward.terms={short: {use: length, kind: kimi, weight: 0.1}}",), None),
        (("reward.terms={shape: {use: format, pattern: '('}}",), "want a regular expression: missing )"),
        (("reward.terms={shape: {use: format, pattern: think_anwser}}",), "nearest is think_answer"),
    ],
)
def test_a_spec_is_refused_where_a_term_does_not_fit(overrides: tuple[str, ...], said: str | None) -> None:
    found = problems(*overrides)
    assert found == [] if said is None else said in "\n".join(found), found
