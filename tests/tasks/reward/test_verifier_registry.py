"""Every verifier is reached by its name, and named where a name is wrong; keys hold its settings and its version."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.sections import CodeReward, MathReward, Reward
from tasks.errors import VerifierError
from tasks.records import Problem
from tasks.reward.verification import Verifiers
from tasks.reward.verifiers import registry
from tasks.reward.verifiers.math import MathAnswers
from tasks.reward.verifiers.registry import make_verifier, verifier_key_part, verifier_names, verifier_version


@pytest.mark.parametrize("name", verifier_names())
def test_a_verifier_is_reached_by_its_name(name: str) -> None:
    verifier = make_verifier(name, Reward())
    assert verifier.name == name
    assert verifier_version(name) == (2 if name == "math" else 1)
    verifier.close()


def test_each_file_of_the_folder_is_a_verifier_s() -> None:
    files = {path.stem for path in Path(registry.__file__).parent.glob("*.py")} - {"__init__", "base", "registry"}
    assert files == {*registry.VERIFIERS.values(), "plugin"}


def test_a_wrong_name_is_answered_with_all_that_there_are() -> None:
    problem = Problem("p", ({"role": "user", "content": "?"},), "maths", {})
    with pytest.raises(VerifierError, match=r"^problem p: no verifier 'maths'; there are ") as caught:
        Verifiers(Reward()).check([problem])
    assert all(name in str(caught.value) for name in (*verifier_names(), "my_verifier.py:name"))


def test_the_key_has_a_verifier_s_own_settings_alone() -> None:
    reward = Reward(math=MathReward(deadline_s=3.0), code=CodeReward(cpu_s=2.0, slots=7))
    assert verifier_key_part("math", reward) == {"math": {"deadline_s": 3.0}, "verifier_version": 2}
    assert verifier_key_part("code", reward) == {"code": {"cpu_s": 2.0, "memory_mb": 512}}
    assert verifier_key_part("countdown", reward) == {}


def test_a_new_version_of_a_verifier_is_in_the_keys_of_its_own_verdicts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: verifier_key_part(name, Reward()) for name in verifier_names()}
    monkeypatch.setattr(MathAnswers, "VERSION", 2)
    after = {name: verifier_key_part(name, Reward()) for name in verifier_names()}
    assert after == {**before, "math": {**before["math"], "verifier_version": 2}}
