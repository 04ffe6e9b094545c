"""Rows of reasoning-gym: the same in every process, with what the scorer needs, and errors that say what to do."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from specs.sections import Data
from tasks.data.sources import gym
from tasks.data.sources.registry import make_source
from tasks.errors import DataError
from tests.tasks.data.tools import load

GYM = pytest.mark.skipif(
    importlib.util.find_spec("reasoning_gym") is None, reason="needs reasoning-gym (pip install 'armature[gym]')"
)


def test_without_reasoning_gym_the_command_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> Any:
        raise gym.PackageNotFoundError(name)

    monkeypatch.setattr(gym, "version", missing)
    with pytest.raises(DataError, match=r"data\.train: gym: needs reasoning-gym, .*: pip install 'armature\[gym\]'"):
        make_source(Data(train="gym:countdown")).fingerprint()


def test_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gym, "version", lambda name: "0.1.26")
    with pytest.raises(DataError, match=r"data\.train: gym: needs reasoning-gym 0\.1\.25, and 0\.1\.26 is installed"):
        make_source(Data(train="gym:countdown")).fingerprint()


@GYM
def test_rows_do_not_depend_on_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for seed in ("1", "2"):
        monkeypatch.setenv("PYTHONHASHSEED", seed)
        found.append(load("gym:ransom_note?size=5&seed=7").digest)
    assert found[0] == found[1]


@GYM
def test_a_problem_holds_data_set_configuration_and_entry() -> None:
    problem = load("gym:countdown?size=5&seed=7&min_numbers=3&max_numbers=3").problems[0]
    assert problem.id == "countdown/000000" and problem.verifier == "gym"
    assert problem.reference["dataset"] == "countdown"
    assert problem.reference["config"] == {"size": 5, "seed": 7, "min_numbers": 3, "max_numbers": 3}
    entry = problem.reference["entry"]
    assert problem.prompt[0]["content"] == entry["question"] and len(entry["metadata"]["numbers"]) == 3
    assert len(load("gym:countdown?size=5", "heldout", heldout=2).problems) == 2


@GYM
def test_the_fingerprint_names_options_and_version() -> None:
    assert make_source(Data(train="gym:countdown?size=5")).fingerprint() == "gym:countdown?size=5 reasoning-gym 0.1.25"


@GYM
@pytest.mark.parametrize(
    ("train", "message"),
    [
        ("gym:countdwn", "no data set 'countdwn'; there are .*countdown"),
        ("gym:countdown?sise=3", "no option 'sise'; there are .*size"),
        ("gym:countdown?min_numbers=9&max_numbers=3", "max_numbers must be"),
    ],
)
def test_what_there_is_not_is_an_error(train: str, message: str) -> None:
    with pytest.raises(DataError, match=rf"(?s)data\.train: gym:.*{message}"):
        load(train)
