"""Every verifier is reached by its name, and named where a name is wrong; keys hold its settings and its version."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import pytest

from specs import names
from specs.identity import identity
from specs.load import load_spec
from specs.names import verifier_names
from specs.paths import REPOSITORY_ROOT
from specs.rewards import CodeReward, MathReward, Reward, VerifierSettings
from specs.schema import Spec
from tasks.errors import VerifierError
from tasks.records import Problem
from tasks.reward import verifiers
from tasks.reward.verification import Verifiers
from tasks.reward.verifiers.math import MathAnswers
from tasks.reward.verifiers.registry import make_verifier, verifier_key_part, verifier_version

#: Those that have risen. The others keep the keys that their first version gave, and with them what was made.
VERSIONS = {"code": 2, "math": 3}


@pytest.mark.parametrize("name", verifier_names())
def test_a_verifier_is_reached_by_its_name(name: str) -> None:
    verifier = make_verifier(name, Reward())
    assert verifier.name == name
    assert verifier_version(name) == VERSIONS.get(name, 1)
    verifier.close()


@pytest.mark.parametrize(("name", "said"), [("maths", ["nearest is math"]), ("nobody", [*verifier_names()])])
def test_a_wrong_name_is_answered_with_the_nearest_or_with_all(name: str, said: list[str]) -> None:
    problem = Problem("p", ({"role": "user", "content": "?"},), name, {})
    with pytest.raises(VerifierError, match=f"^problem p: no verifier '{name}'; ") as caught:
        Verifiers(Reward()).check([problem])
    assert all(each in str(caught.value) for each in (*said, "my_verifier.py:name"))


def test_the_key_has_a_verifier_s_own_settings_alone() -> None:
    reward = Reward(math=MathReward(deadline_s=3.0), code=CodeReward(cpu_s=2.0, slots=7))
    assert verifier_key_part("math", reward) == {"math": {"deadline_s": 3.0}, "verifier_version": VERSIONS["math"]}
    assert verifier_key_part("code", reward) == {
        "code": {"cpu_s": 2.0, "memory_mb": 512},
        "verifier_version": VERSIONS["code"],
    }
    assert verifier_key_part("countdown", reward) == {}


def test_a_new_version_of_a_verifier_is_in_the_keys_of_its_own_verdicts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {name: verifier_key_part(name, Reward()) for name in verifier_names()}
    monkeypatch.setattr(MathAnswers, "VERSION", 2)
    after = {name: verifier_key_part(name, Reward()) for name in verifier_names()}
    assert after == {**before, "math": {**before["math"], "verifier_version": 2}}


# -- another one in the repository


class LongestReward(VerifierSettings):
    UNKEYED: ClassVar[frozenset[str]] = frozenset({"threads"})

    limit: int = 3
    threads: int = 1


class RewardOfMore(Reward):
    longest: LongestReward = LongestReward()


LONGEST = """
from tasks.records import Verdict, VerdictKind
from tasks.reward.verifiers.base import Verifier


class Longest(Verifier):
    def verify(self, items):
        limit = self.reward.longest.limit
        return [Verdict(float(len(text) <= limit), VerdictKind.ACCEPTED) for _, text in items]


VERIFIER = Longest
"""


@pytest.fixture
def longest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verifier with settings, in a folder with the names of the shipped ones."""
    for file in names.VERIFIERS.glob("*.py"):
        (tmp_path / file.name).touch()
    (tmp_path / "longest.py").write_text(LONGEST)
    monkeypatch.setattr(names, "VERIFIERS", tmp_path)
    monkeypatch.setattr(verifiers, "__path__", [*verifiers.__path__, str(tmp_path)])


def given(spec: Spec, **settings: int) -> Spec:
    """The spec with a section for the new verifier's settings."""
    reward = RewardOfMore(**{name: getattr(spec.reward, name) for name in Reward.model_fields})
    return spec.model_copy(update={"reward": reward.model_copy(update={"longest": LongestReward(**settings)})})


@pytest.mark.usefixtures("longest")
def test_a_verifier_is_found_by_its_file_and_reads_its_settings() -> None:
    verifier = make_verifier("longest", RewardOfMore())
    problem = Problem("p", ({"role": "user", "content": "?"},), "longest", {})
    assert [each.score for each in verifier.verify([(problem, "abc"), (problem, "abcd")])] == [1.0, 0.0]


@pytest.mark.usefixtures("longest")
def test_a_verifier_s_settings_are_in_its_own_key_alone() -> None:
    reward = RewardOfMore(longest=LongestReward(limit=5, threads=2))
    assert verifier_key_part("longest", reward) == {"longest": {"limit": 5}}
    others = [name for name in verifier_names() if name != "longest"]
    assert [verifier_key_part(each, reward) for each in others] == [
        verifier_key_part(each, Reward()) for each in others
    ]


SHIPPED = sorted((REPOSITORY_ROOT / "specs").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_settings_of_a_verifier_move_no_identity_of_a_spec_that_does_not_name_it(path: Path) -> None:
    spec = load_spec(path, (), {}).spec
    assert identity(given(spec, limit=5)) == identity(spec)


def test_the_settings_of_a_verifier_move_the_identity_of_a_spec_that_names_it() -> None:
    spec = load_spec(REPOSITORY_ROOT / "specs" / "qwen7b-grpo.yaml", (), {}).spec
    spec = spec.model_copy(update={"data": spec.data.model_copy(update={"verifier": "longest"})})
    first, other, faster = (identity(given(spec, **each)) for each in ({}, {"limit": 5}, {"threads": 2}))
    assert first != other and first == faster
