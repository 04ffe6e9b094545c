"""Names of a user's own code in a spec: where they may stand, and what the rules of a spec say of them."""

from __future__ import annotations

import pytest

from specs.engines import ENGINES, declared_engine
from specs.identity import identity, rollout_part, train_part
from specs.load import load_spec
from specs.plugins import is_plugin, split_plugin
from specs.sources import PLUGIN, SOURCES, declared_source
from tests.specs.conftest import MODEL, PUZZLE, Lines, Write


@pytest.mark.parametrize("text", ["my.py:Name", "a folder/x-y.py:f_1", "/abs/x.py:N", "../x.py:N"])
def test_a_file_and_a_name_are_a_plugin(text: str) -> None:
    assert is_plugin(text)
    assert ":".join(split_plugin(text)) == text
    assert declared_source(f"{text}?count=3&a=b") is declared_source(text) is PLUGIN


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("puzzle:countdown", "puzzle"),
        ("puzzle:x.py:Name", "puzzle"),
        ("hf://a/b", "hub"),
        ("data/x.jsonl", "jsonl"),
        ("s3://bucket/x.py:Name", "jsonl"),
        ("my.py", "jsonl"),
        ("my.py:1x", "jsonl"),
        ("my.py:a.b", "jsonl"),
    ],
)
def test_anything_else_is_not(text: str, source: str) -> None:
    assert not is_plugin(text)
    assert declared_source(text) is SOURCES[source]


@pytest.mark.parametrize(
    "overrides",
    [
        ["data.train=my.py:rows?count=4", "data.verifier=math", "data.heldout=2"],
        ["data.train=my.py:Whole", "warm_start={}"],
        ["data.train=my.py:Whole", "data.heldout=0", "data.verifier=other.py:same"],
        ["rollout.engine=my.py:Engine"],
        ["rollout.engine=my.py:Engine", "placement={gpus: 2, tensor_parallel: 2}"],
    ],
)
def test_the_rules_leave_to_the_class_what_only_it_knows(write: Write, overrides: list[str]) -> None:
    load_spec(write(PUZZLE), overrides, {})


def test_settings_of_the_hub_are_refused_beside_it(problems: Lines) -> None:
    (line,) = problems(MODEL, ["data.train=my.py:rows", "data.subset=main"])
    assert line.startswith("data.subset: only with an hf:// dataset")


def test_an_unknown_engine_is_answered_with_those_that_there_are(problems: Lines) -> None:
    lines = problems(PUZZLE, ["rollout.engine=vlm", "rollout.samples=x"])
    assert [line.partition(":")[0] for line in lines] == ["rollout.engine", "rollout.samples"]
    assert all(name in lines[0] for name in (*ENGINES, "my_engine.py:Name", "(--set rollout.engine=vlm)"))


def test_an_engine_decides_what_auto_means(write: Write) -> None:
    weights = {}
    for name in (*ENGINES, "my.py:Engine"):
        spec = load_spec(write(PUZZLE), [f"rollout.engine={name}"], {}).spec
        weights[name] = train_part(spec)["objective"]["importance_correction"]
        assert rollout_part(spec)["engine"] == name
        assert (weights[name] is None) is (declared_engine(name).importance == "off")
    assert weights["my.py:Engine"] == weights["vllm"]


def test_a_name_is_part_of_the_identity(write: Write) -> None:
    path = write(PUZZLE)
    names = ["rollout.engine=my.py:Engine", "rollout.engine=my.py:Other", "data.train=my.py:Whole"]
    assert len({identity(load_spec(path, [name], {}).spec) for name in names}) == 3
