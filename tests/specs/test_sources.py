"""Sources of data by what the rules of a spec ask of them."""

from __future__ import annotations

from specs.load import load_spec
from specs.sources import named_verifiers
from tests.specs.conftest import PUZZLE, Lines, Write


def test_reasoning_gym_brings_its_verifier(write: Write) -> None:
    text = PUZZLE.replace("init: scratch", "model: a/b").replace("puzzle:countdown", "gym:leg_counting?size=9")
    spec = load_spec(write(text), (), {}).spec
    assert named_verifiers(spec.data) == ["gym"]


def test_a_verifier_beside_reasoning_gym_and_a_policy_of_puzzle_words_are_refused(problems: Lines) -> None:
    text = PUZZLE.replace("puzzle:countdown", "gym:leg_counting")
    lines = problems(text, ["data.verifier=math"])
    assert [line.partition(":")[0] for line in lines] == ["policy.init", "data.verifier"]
