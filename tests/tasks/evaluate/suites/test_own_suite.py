"""A suite of a user's own: a YAML file named by its path, with its data beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specs.load import load_spec
from specs.names import suite_names
from specs.paths import REPOSITORY_ROOT
from specs.plugins import by_content
from tasks.errors import DataError
from tasks.evaluate.suites.declare import read_suite
from tasks.evaluate.suites.load import suite_fingerprint
from tests.one_line import one_line
from tests.tasks.evaluate.suites.tools import load_suite

DECLARED = """\
title: Sums of my own
source: {at: rows.jsonl}
columns: {question: q}
size: 2
answers: 2
licence: mine
prompt: boxed
verifier: math
sampling: {temperature: 1.0, top_p: 1.0, max_response_tokens: 32}
"""
ROWS = [{"q": "1 + 1?", "answer": "2"}, {"q": "2 + 2?", "answer": "4"}]


def write(folder: Path, text: str = DECLARED, name: str = "sums.yaml") -> str:
    folder.mkdir(exist_ok=True)
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    (folder / name).write_text(text)
    return str(folder / name)


def test_it_is_read_with_the_data_beside_it(tmp_path: Path) -> None:
    suite = load_suite(write(tmp_path))
    assert (suite.suite.name, suite.label, suite.origin) == ("sums", "Sums of my own", "rows.jsonl")
    assert [(p.problem.id, p.question, p.problem.reference) for p in suite.problems] == [
        ("sums/0000", "1 + 1?", {"answer": "2"}),
        ("sums/0001", "2 + 2?", {"answer": "4"}),
    ]


def test_its_key_holds_content_and_not_its_place(tmp_path: Path) -> None:
    first = suite_fingerprint(read_suite(write(tmp_path / "one")))
    assert suite_fingerprint(read_suite(write(tmp_path / "two", name="other.yaml"))) == first
    assert str(tmp_path) not in json.dumps(first)
    changed = write(tmp_path / "two", DECLARED.replace("size: 2", "size: 3"))
    assert suite_fingerprint(read_suite(changed)) != first
    ROWS[0]["answer"], before = "3", ROWS[0]["answer"]
    try:
        assert suite_fingerprint(read_suite(write(tmp_path / "one"))) != first
    finally:
        ROWS[0]["answer"] = before


def test_a_relative_path_starts_at_the_repository_root() -> None:
    path = "tasks/evaluate/suites/gsm8k.yaml"
    assert read_suite(path) == read_suite("gsm8k")
    with pytest.raises(DataError, match=r"no suite 'my/suite\.yaml': .*a relative path starts at the repository root"):
        read_suite("my/suite.yaml")


def test_it_may_have_a_name_of_its_own(tmp_path: Path) -> None:
    assert read_suite(write(tmp_path, f"name: my-sums\n{DECLARED}")).name == "my-sums"
    for name in ("gsm8k", "heldout"):
        with pytest.raises(DataError, match=rf"sums\.yaml: name: {name} is a shipped suite's; give yours a name"):
            read_suite(write(tmp_path, f"name: {name}\n{DECLARED}"))
    with pytest.raises(DataError, match=r"sums\.yaml:1: name: got 'My Sums'"):
        read_suite(write(tmp_path, f"name: My Sums\n{DECLARED}"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("size: 2", "siz: 2", r"sums\.yaml:4: siz: no such key; the nearest is size"),
        ("size: 2", "file: x\nsize: 2", r"sums\.yaml:4: file: no such key"),
        (
            "verifier: math",
            "verifier: maths",
            r"verifier: no verifier 'maths'; nearest is math, .* my_verifier\.py:name",
        ),
        ("rows.jsonl", "none.jsonl", r"suite sums: none\.jsonl: no such file .*; correct .*sums\.yaml"),
        (
            "verifier: math",
            "verifier: mine.py:same",
            r"sums\.yaml:8: verifier: no such file: (/.*)/mine\.py \(a relative path starts at \1\)$",
        ),
        ("rows.jsonl", "mine.py:rows", r"source\.at: no such file: .*/mine\.py \(a relative path starts at /"),
        ("size: 2", "size: 3", r"suite sums: 2 rows in rows\.jsonl, 3 declared: .* correct .*sums\.yaml"),
    ],
)
def test_its_faults_name_file_line_and_key(tmp_path: Path, old: str, new: str, message: str) -> None:
    with one_line(DataError, message):
        load_suite(write(tmp_path, DECLARED.replace(old, new)))


def test_source_and_verifier_may_be_the_user_s_too(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "def rows(count):\n    for n in range(int(count)):\n        yield {'q': f'{n}?', 'answer': str(n)}\n"
        "def same(reference, text):\n    return text == reference['answer']\n"
    )
    text = DECLARED.replace("rows.jsonl", '"mine.py:rows?count=2"').replace("verifier: math", "verifier: mine.py:same")
    suite = load_suite(write(tmp_path, text))
    name = by_content(f"{tmp_path}/mine.py:same")
    assert [(p.question, p.problem.verifier) for p in suite.problems] == [(f"{n}?", name) for n in range(2)]
    assert suite_fingerprint(suite.suite)["judged"]["verifier"] == name
    assert str(suite_fingerprint(suite.suite)["asked"]["at"]).startswith("plugin:")


def test_a_spec_names_it_by_its_path(tmp_path: Path) -> None:
    path = write(tmp_path)
    overrides = ["control=null", f"evaluate.suites=[{path}, heldout]"]
    spec = load_spec(REPOSITORY_ROOT / "specs/quickstart.yaml", overrides, {}).spec
    assert [read_suite(name).name for name in spec.evaluate.suites if name not in (*suite_names(), "heldout")] == [
        "sums"
    ]
