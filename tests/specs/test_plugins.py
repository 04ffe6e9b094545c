"""Names of a user's own code in a spec: where they may stand, and what the rules of a spec say of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.engines import ENGINES, declared_engine
from specs.errors import SpecError
from specs.identity import identity, rollout_part, train_part
from specs.load import load_recorded, load_spec
from specs.paths import REPOSITORY_ROOT
from specs.plugins import is_plugin, split_plugin
from specs.signatures import class_at, function_at
from specs.sources import PLUGIN, SOURCES, declared_source
from tests.specs.conftest import MODEL, PUZZLE, Lines, Write

OWN = "tests/specs/own_code.py"


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
        [f"data.train={OWN}:rows?count=4", "data.verifier=math", "data.heldout=2"],
        [f"data.train={OWN}:Whole", "warm_start={}"],
        [f"data.train={OWN}:Whole", "data.heldout=0", f"data.verifier={OWN}:same"],
        [f"rollout.engine={OWN}:Engine"],
        [f"rollout.engine={OWN}:Engine", "placement={gpus: 2, tensor_parallel: 2}"],
    ],
)
def test_the_rules_leave_to_the_class_what_only_it_knows(write: Write, overrides: list[str]) -> None:
    load_spec(write(PUZZLE), overrides, {})


def test_settings_of_the_hub_are_refused_beside_it(problems: Lines) -> None:
    (line,) = problems(MODEL, [f"data.train={OWN}:rows", "data.subset=main"])
    assert line.startswith("data.subset: only with an hf:// dataset")


def test_an_unknown_engine_is_answered_with_those_that_there_are(problems: Lines) -> None:
    lines = problems(PUZZLE, ["rollout.engine=vlm", "rollout.samples=x"])
    assert [line.partition(":")[0] for line in lines] == ["rollout.engine", "rollout.samples"]
    assert all(name in lines[0] for name in (*ENGINES, "my_engine.py:Name", "(--set rollout.engine=vlm)"))


def test_an_engine_decides_what_auto_means(write: Write) -> None:
    weights = {}
    for name in (*ENGINES, f"{OWN}:Engine"):
        spec = load_spec(write(PUZZLE), [f"rollout.engine={name}"], {}).spec
        weights[name] = train_part(spec)["objective"]["importance_correction"]
        assert rollout_part(spec)["engine"] == name
        assert (weights[name] is None) is (declared_engine(name).importance == "off")
    assert weights[f"{OWN}:Engine"] == weights["vllm"]


def test_a_name_is_part_of_the_identity(write: Write) -> None:
    path = write(PUZZLE)
    names = [f"rollout.engine={OWN}:Engine", f"rollout.engine={OWN}:Other", f"data.train={OWN}:Whole"]
    assert len({identity(load_spec(path, [name], {}).spec) for name in names}) == 3


# -- what a user's own code takes, read off its source

SOURCE = """
import functools
import json
from dataclasses import dataclass, field
from typing import ClassVar
import torch
from beside import helped
from tasks.train.objectives.base import Objective
raise RuntimeError("it is read, never run")

def limited(groups, limit=1.0, *, floor=0.0): ...
def strong(groups, *, strength): ...
def paired(groups): ...
def paired_bonus(groups, confidences, weight): ...
def anything(groups, **settings): ...
def nothing(): ...
def rows(count="3", seed="1"): ...
def numbered(start): ...
def same(text): ...
def strict(reference, response_text, tolerance): ...
@functools.cache
def wrapped(groups): ...
made = functools.partial(limited)

class Plain(Objective):
    def token_losses(self, tokens): ...
class Weighted(Objective):
    def __init__(self, settings, beta=1.0):
        super().__init__(settings)
class Heavier(Weighted): ...
@dataclass
class Data(Objective):
    COUNT: ClassVar[int] = 3
    settings: object
    beta: float = 1.0
    layers: list[int] = field(default_factory=list)
class Library(torch.nn.Module): ...
class Mixed(Weighted, torch.nn.Module): ...
class Meta(type): ...
class Engine: ...
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    (tmp_path / "beside.py").write_text("def helped(groups, limit): ...\n")
    (tmp_path / "own.py").write_text(SOURCE)
    return tmp_path / "own.py"


def member(section: str, own: Path, name: str, args: str) -> list[str]:
    return [f"{section}={{use: '{own}:{name}', args: {{{args}}}}}"]


@pytest.mark.parametrize(
    ("section", "name", "args", "line"),
    [
        (
            "advantage",
            "limited",
            "limt: 3",
            "advantage.args.limt: no such argument of limited (OWN:11), which takes limit, floor; nearest is limit",
        ),
        ("advantage", "limited", "groups: 3", "advantage.args.groups: no such argument of limited (OWN:11), which"),
        (
            "advantage",
            "strong",
            "",
            "advantage.use: strong (OWN:12) needs strength, which is not given: set advantage.args.strength",
        ),
        ("advantage", "paired", "", "advantage.use: paired_bonus (OWN:14) needs weight, which is not given"),
        ("advantage", "paired", "weight: 1", "advantage.args.weight: no such argument of paired (OWN:13), which takes"),
        ("advantage", "nothing", "", "advantage.use: nothing (OWN:16) takes nothing, and is called with groups"),
        ("advantage", "helped", "limt: 3", "advantage.args.limt: no such argument of helped (BESIDE:1), which takes"),
        ("advantage", "strog", "", "advantage.use: no strog in OWN, which has Data, Engine, Heavier, Library, Meta, "),
        ("objective", "Plain", "beta: 1", "objective.args.beta: no such argument of Plain (OWN:25), which takes none"),
        ("objective", "Heavier", "betta: 1", "objective.args.betta: no such argument of Heavier (OWN:30), which takes"),
        ("objective", "Data", "COUNT: 1", "objective.args.COUNT: no such argument of Data (OWN:32), which takes beta"),
    ],
)
def test_arguments_that_it_does_not_take_are_one_line(
    problems: Lines, own: Path, section: str, name: str, args: str, line: str
) -> None:
    (found,) = problems(PUZZLE, member(section, own, name, args))
    assert found.startswith(line.replace("OWN", str(own)).replace("BESIDE", str(own.with_name("beside.py"))))
    assert found.endswith(f"(--set {member(section, own, name, args)[0]})")


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        (
            ["data={train: 'OWN:rows?cuont=4', verifier: math}"],
            "data.train: cuont: no such argument of rows (OWN:17), which takes count, seed; nearest is count",
        ),
        (
            ["data={train: 'OWN:numbered', verifier: math}"],
            "data.train: numbered (OWN:18) needs start, which is not given: write OWN:numbered?start=...",
        ),
        (
            ["data={train: 'OWN:rows', verifier: 'OWN:same'}"],
            "data.verifier: same (OWN:19) takes text, and is called with reference and response_text",
        ),
        (
            ["data={train: 'OWN:rows', verifier: 'OWN:strict'}"],
            "data.verifier: strict (OWN:20) needs tolerance, which is not given: give tolerance a default",
        ),
        (["data={train: 'OWN:row', verifier: math}"], "data.train: no row in OWN, which has "),
        (["rollout.engine=OWN:Engin"], "rollout.engine: no Engin in OWN, which has "),
        (
            ["data={train: 'OWN:rows', verifier: 'no/where.py:same'}"],
            "data.verifier: no such file: ROOT/no/where.py (a relative path starts at the repository root)",
        ),
    ],
)
def test_so_is_what_a_source_a_verifier_and_an_engine_lack(
    problems: Lines, own: Path, overrides: list[str], line: str
) -> None:
    def filled(text: str) -> str:
        return text.replace("OWN", str(own)).replace("ROOT", str(REPOSITORY_ROOT))

    (found,) = problems(PUZZLE.replace(", heldout: 8", ""), [filled(text) for text in overrides])
    assert found.startswith(filled(line))


@pytest.mark.parametrize(
    ("section", "name", "args"),
    [
        ("advantage", "limited", "limit: 2, floor: 1"),
        ("advantage", "anything", "x: 1"),
        ("advantage", "wrapped", "x: 1"),
        ("advantage", "made", "x: 1"),
        ("objective", "Heavier", "beta: 1"),
        ("objective", "Data", "beta: 1, layers: [2]"),
        ("objective", "Library", "x: 1"),
        ("objective", "Mixed", "x: 1"),
    ],
)
def test_what_it_takes_or_the_source_does_not_show_passes(
    write: Write, own: Path, section: str, name: str, args: str
) -> None:
    load_spec(write(PUZZLE), member(section, own, name, args), {})


@pytest.mark.parametrize(
    "text", ["from elsewhere import *\n", "globals()['f'] = print\n", "def __getattr__(name): ...\n"]
)
def test_a_file_that_may_have_names_which_it_does_not_show_passes(write: Write, tmp_path: Path, text: str) -> None:
    (tmp_path / "own.py").write_text(text)
    load_spec(write(PUZZLE), member("advantage", tmp_path / "own.py", "f", "x: 1"), {})


@pytest.mark.parametrize(
    "text",
    [
        "class f:\n    def __new__(cls, *args): ...\n",
        "class f(metaclass=M): ...\n",
        "class f(f): ...\n",
        "class f(g): ...\nclass g(f): ...\n",
        "class f:\n    __init__ = made\n",
        "@decorated\nclass f:\n    def __init__(self): ...\n",
        "@dataclass(kw_only=True)\nclass f:\n    x: int\n",
        "@dataclass\nclass f:\n    x: int = field(init=False)\n",
        "@dataclass\nclass g:\n    x: int\n@dataclass\nclass f(g):\n    y: int\n",
        "if x:\n    class f: ...\nelse:\n    class f:\n        def __init__(self, y): ...\n",
        "from own import f\n",
        "from nowhere import f\n",
        "from json import f\n",
    ],
)
def test_a_class_whose_making_is_not_shown_is_not_known(tmp_path: Path, text: str) -> None:
    (tmp_path / "own.py").write_text(text)
    assert class_at(tmp_path / "own.py", "f") is None


def test_parameters_are_those_of_the_signature(tmp_path: Path) -> None:
    import inspect

    text = "def f(a, /, b, c=1, *rest, d, e=2, **others): ...\n"
    (tmp_path / "own.py").write_text(text)
    names: dict[str, object] = {}
    exec(text, names)
    found = function_at(tmp_path / "own.py", "f")
    assert found is not None
    wanted = inspect.signature(names["f"]).parameters.values()  # type: ignore[arg-type]
    assert [(p.name, p.kind, p.default is p.empty) for p in found.parameters] == [
        (p.name, p.kind, p.default is p.empty) for p in wanted
    ]


def test_a_record_is_read_without_the_files_that_it_names() -> None:
    """A run is compared, exported and reported from its record, wherever a user's own code lies now."""
    gone = ["data={train: 'gone.py:rows', verifier: 'gone.py:same'}", "rollout.engine=gone.py:Engine"]
    gone += ["advantage.use=gone.py:limited", "objective.use=gone.py:Plain"]
    text = PUZZLE.replace(", heldout: 8", "")
    assert load_recorded(text, "runs/x/spec.yaml", gone).spec.data.train == "gone.py:rows"
    with pytest.raises(SpecError, match=r"^data\.heldout: got -1, .*\(runs/x/spec\.yaml:3\)$"):
        load_recorded(PUZZLE.replace("heldout: 8", "heldout: -1"), "runs/x/spec.yaml")
