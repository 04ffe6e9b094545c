"""Declarations: each file is read, wrong ones are named by line and key, and the specs name suites that there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.load import load_spec
from specs.names import SUITES, suite_names
from specs.paths import REPOSITORY_ROOT
from specs.prompts import PROMPTS
from tasks.errors import DataError
from tasks.evaluate.suites.declare import SuiteDeclaration, parse_suite, read_suite
from tests.one_line import one_line

EXPECTED = {
    "aime24": 30,
    "aime25": 30,
    "amc23": 40,
    "math500": 500,
    "minerva": 272,
    "olympiadbench": 674,
    "gsm8k": 1319,
    "svamp": 1000,
    "humaneval": 164,
    "humanevalplus": 164,
    "mbpp": 500,
    "mbppplus": 378,
    "livecodebench": 279,
    "gpqa": 198,
    "mmlu_pro": 12032,
    "countdown": 200,
    "graph_colouring": 200,
}
SPECS = sorted((REPOSITORY_ROOT / "specs").glob("*.yaml"))
GOOD = (SUITES / "math500.yaml").read_text()


def test_the_suites_are_those_of_the_field_and_their_sizes_are_published_ones() -> None:
    assert {name: read_suite(name).size for name in suite_names()} == EXPECTED


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_a_declaration_agrees_with_itself(name: str) -> None:
    suite = read_suite(name)
    assert suite.name == name
    assert suite.prompt in PROMPTS
    assert suite.prompt == {"math": "boxed", "code": "code"}.get(suite.verifier, "none")
    assert (suite.form in ("completion", "asserts", "tests")) is (suite.verifier == "code")
    assert suite.source.at.startswith("hf://") is (suite.verifier in ("math", "code"))
    assert (suite.stand_in is None) is (name in ("gpqa", "countdown", "graph_colouring"))
    with pytest.raises(ValueError, match="frozen"):
        suite.size = 1  # type: ignore[misc]


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no suite 'aime2024'; nearest is aime24"):
        read_suite("aime2024")
    with pytest.raises(DataError, match=r"no suite 'xyz'; there are aime24, aime25, amc23"):
        read_suite("xyz")
    with pytest.raises(DataError, match=r"no suite '\.\./math500'"):
        read_suite("../math500")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size: 500   ", "sizes: 500   ", r":6: sizes: no such key; the nearest is size"),
        ("  top_p: 0.95", "  topp: 0.95", r":13: sampling\.topp: no such key; the nearest is top_p"),
        ("title: MATH-500\n", "", r":1: title: missing"),
        (
            "level: level, subject: subject}\nsize",
            "lvel: level}\nsize",
            r":5: columns\.lvel: no such key; the nearest is level",
        ),
        (
            "title: MATH-500",
            "title: MATH-500\nname: math",
            r":2: name: no such key; a shipped suite's name is its file's",
        ),
        ("prompt: boxed", "prompt: box", r":9: prompt: got 'box': input should be 'none', 'boxed' or 'code'"),
        (
            "verifier: math",
            "verifier: maths",
            r"verifier: no verifier 'maths'; nearest is math",
        ),
        ("answers: 500", "answers: 501", r"answers: 501, more than size 500"),
        (
            "revision: 6e4ed1a2a79af7d8630a6b768ec859cb5af4d3be",
            "revision: main",
            r":4: source\.revision: got 'main', want a commit of 40 hex digits",
        ),
        (
            "at: hf://HuggingFaceH4/MATH-500",
            "at: x.jsonl",
            r":2: source\.revision, subset: only for a source hf://, given with x\.jsonl",
        ),
        ("size: 500   ", "size: '500'   ", r":6: size: got '500'"),
        ("title: MATH-500", "title: [", r"math500\.yaml:\d+: not YAML"),
    ],
)
def test_a_wrong_file_is_named_with_line_and_key(old: str, new: str, message: str) -> None:
    assert GOOD.count(old) == 1, old
    with one_line(DataError, r"^tasks/evaluate/suites/math500\.yaml:", message):
        parse_suite(SUITES / "math500.yaml", GOOD.replace(old, new))


def test_every_key_says_what_it_is() -> None:
    schema = SuiteDeclaration.model_json_schema()
    sections = [schema, *schema["$defs"].values()]
    said = [
        key
        for section in sections
        for key, value in section["properties"].items()
        if "description" not in value and "$ref" not in value
    ]
    assert said == []


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_suites_of_a_shipped_spec_exist(path: Path) -> None:
    assert set(load_spec(path, (), {}).spec.evaluate.suites) <= {*suite_names(), "heldout"}
