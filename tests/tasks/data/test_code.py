"""Code problems: rows in our own schema and in DeepCoder's, as problems; bad ones named by file, line and key."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.data.sources.base import LoadedData
from tasks.errors import DataError
from tests.tasks.data.tools import load

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "code"
CODE = {"verifier": "code"}
HUB = {"prompt_column": "problem", "answer_column": "tests", "verifier": "code"}
STDIN = {
    "id": "s",
    "prompt": "Double it.",
    "prompt_style": "stdin",
    "test_type": "stdin",
    "tests": [{"input": "2\n", "output": "4\n"}],
    "timeout_s": 10,
}
ASSERTS = {
    "id": "a",
    "prompt": "Write add.",
    "prompt_style": "instruct",
    "test_type": "python",
    "entry_point": "add",
    "tests": ["assert add(1, 2) == 3"],
}
CALLS = {
    "id": "f",
    "prompt": "Write add.",
    "prompt_style": "functional",
    "test_type": "functional",
    "entry_point": "Solution.add",
    "starter_code": "class Solution:\n    def add(self, a, b):\n        ",
    "tests": [{"input": "1\n2", "output": "3"}],
    "canonical_solution": "secret",
}


def read(path: Path, rows: list[Any], settings: dict[str, Any] = CODE, **options: Any) -> LoadedData:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))
    return load(str(path), **settings, **options)


def test_rows_of_each_kind_keep_what_a_grader_reads(tmp_path: Path) -> None:
    stdin, asserts, calls = read(tmp_path / "x.jsonl", [STDIN, ASSERTS, CALLS], drop_duplicates=False).problems
    assert {p.verifier for p in (stdin, asserts, calls)} == {"code"}
    assert stdin.reference == {"test_type": "stdin", "prompt_style": "stdin", "tests": STDIN["tests"], "timeout_s": 10}
    assert asserts.reference["tests"] == ASSERTS["tests"]
    assert calls.reference["entry_point"] == "Solution.add"
    assert "secret" not in json.dumps(calls.reference)
    assert stdin.prompt == ({"role": "user", "content": "Double it."},)


def test_starter_code_is_shown_once(tmp_path: Path) -> None:
    shown = {**CALLS, "prompt": f"Write add.\n{CALLS['starter_code']}"}
    chat = {**CALLS, "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Write add."}]}
    one, two, three = read(
        tmp_path / "x.jsonl", [{**CALLS, "id": "1"}, {**shown, "id": "2"}, {**chat, "id": "3"}]
    ).problems
    expected = "Write add.\n\nComplete this code:\n```python\nclass Solution:\n    def add(self, a, b):\n```"
    assert one.prompt[-1]["content"] == expected
    assert two.prompt[-1]["content"] == shown["prompt"]
    assert [m["content"] for m in three.prompt] == ["Be brief.", expected]


def test_duplicates_compressed_files_and_json_text(tmp_path: Path) -> None:
    other = {**ASSERTS, "id": "b", "tests": ["assert add(2, 2) == 4"]}
    data = read(tmp_path / "x.jsonl", [ASSERTS, {**ASSERTS, "id": "c"}, other, STDIN])
    assert [p.id for p in data.problems] == ["a", "s"]
    assert (data.duplicates_dropped, data.duplicates_conflicting) == (2, 1)
    packed = tmp_path / "y.jsonl.gz"
    packed.write_bytes(gzip.compress((tmp_path / "x.jsonl").read_bytes()))
    assert load(str(packed), **CODE) == data
    text = [{**row, "tests": json.dumps(row["tests"])} for row in (ASSERTS, STDIN)]
    assert read(tmp_path / "z.jsonl", text).problems == data.problems
    nested = [
        {**{k: v for k, v in row.items() if k != "tests"}, "truth": {"tests": row["tests"]}} for row in (ASSERTS, STDIN)
    ]
    assert read(tmp_path / "z.jsonl", nested, {**CODE, "answer_column": "truth.tests"}).problems == data.problems


def test_a_folder_of_parquet_gives_the_same_problems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    rows = [{**STDIN, "id": str(n), "prompt": f"Take it {n} times."} for n in range(3)]
    (tmp_path / "set").mkdir()
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "set" / "train.parquet")
    assert load(f"hf://{tmp_path / 'set'}", **CODE) == read(tmp_path / "x.jsonl", rows)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"prompt": "p", "test_type": "stdin"}, "no key 'tests'; the row has prompt, test_type"),
        ({**STDIN, "prompt": " "}, "prompt: it is empty"),
        ({**STDIN, "tests": []}, "tests"),
        ({**STDIN, "tests": "no JSON"}, "tests: neither a list of tests nor JSON text of one, given 'no JSON'"),
        ({**STDIN, "tests": [{"input": "1"}]}, "tests[0]"),
        ({**STDIN, "tests": [{"input": "1", "output": "1"}, {"input": 1, "output": "1"}]}, "tests[1]"),
        ({**STDIN, "test_type": "guess"}, "test_type"),
        ({**STDIN, "timeout_s": "soon"}, "timeout_s"),
        ({**ASSERTS, "tests": [3]}, "tests[0]"),
        ({k: v for k, v in CALLS.items() if k != "entry_point"}, "entry_point"),
        ({**CALLS, "tests": [{"input": "{", "output": "3"}]}, "tests[0]"),
    ],
)
def test_a_bad_row_names_file_line_and_key_in_one_line(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "x.jsonl", [{**STDIN, "id": "first", "prompt": "first"}, row])
    text = str(caught.value)
    assert text.startswith(f"{tmp_path / 'x.jsonl'}:2: {message}"), text
    assert "\n" not in text


def hub(tests: Any, **more: Any) -> dict[str, Any]:
    return {"problem": "Solve it.", "tests": json.dumps(tests), **more}


STDIN_REFERENCE = {"test_type": "stdin", "prompt_style": "stdin", "tests": [{"input": "2\n", "output": "4\n"}]}


@pytest.mark.parametrize(
    "tests",
    [
        [{"type": "stdin_stdout", "input": "2\n", "output": "4\n", "fn_name": None}],  # primeintellect
        {"inputs": ["2\n"], "outputs": ["4\n"]},  # taco
        {"inputs": [["2", ""]], "outputs": [["4", ""]]},  # taco: lines
        [{"testtype": "stdin", "input": "2\n", "output": "4\n", "metadata": {"func_name": None}}],  # lcbv5
        [{"input": "2\n", "output": "4\n"}],  # codeforces
    ],
)
def test_every_part_of_deepcoder_s_set_is_read_stdin(tmp_path: Path, tests: Any) -> None:
    (problem,) = read(tmp_path / "x.jsonl", [hub(tests)], HUB).problems
    assert problem.reference == STDIN_REFERENCE
    assert problem.prompt == ({"role": "user", "content": "Solve it."},)


@pytest.mark.parametrize(
    "tests",
    [
        [{"type": "function_call", "fn_name": "add", "input": [1, [2]], "output": [[3]]}],  # primeintellect
        {"fn_name": "add", "inputs": [[1, [2]]], "outputs": [[[3]]]},  # taco
        [{"testtype": "functional", "input": "1\n[2]", "output": "[3]", "metadata": {"func_name": "add"}}],  # lcbv5
    ],
)
def test_every_part_of_deepcoder_s_set_is_read_calls(tmp_path: Path, tests: Any) -> None:
    (problem,) = read(tmp_path / "x.jsonl", [hub(tests)], HUB).problems
    calls = {"test_type": "functional", "prompt_style": "functional", "tests": [{"input": "1\n[2]", "output": "[3]"}]}
    assert problem.reference == {**calls, "entry_point": "add"}
    row = hub(tests, starter_code="class Solution:\n    def add(self, a, b):\n        ")
    (problem,) = read(tmp_path / "x.jsonl", [row], HUB).problems
    assert problem.reference == {**calls, "entry_point": "Solution.add", "starter_code": row["starter_code"]}
    assert "Complete this code:\n```python\nclass Solution:" in problem.prompt[-1]["content"]
    (problem,) = read(
        tmp_path / "x.jsonl", [{**hub(tests), "problem": "Use this:\n```python\nclass Solution:\n    def add"}], HUB
    ).problems
    assert problem.reference["entry_point"] == "Solution.add"


def test_results_are_unwrapped_only_where_all_are_wrapped(tmp_path: Path) -> None:
    def outputs(*results: Any) -> list[str]:
        tests = {"fn_name": "f", "inputs": [[n] for n in range(len(results))], "outputs": list(results)}
        (problem,) = read(tmp_path / "x.jsonl", [hub(tests)], HUB).problems
        return [test["output"] for test in problem.reference["tests"]]

    assert outputs([True], [False]) == ["true", "false"]
    assert outputs([1], [1, 2]) == ["[1]", "[1, 2]"]
    assert outputs(5, 6) == ["5", "6"]
    assert outputs(["a"], ["b"]) == ['"a"', '"b"']


def test_the_name_of_a_function_may_stand_in_the_row_s_metadata(tmp_path: Path) -> None:
    tests = [{"testtype": "functional", "input": "1", "output": "1"}]
    for metadata in ({"func_name": "f"}, '{"func_name": "f"}'):
        (problem,) = read(tmp_path / "x.jsonl", [hub(tests, metadata=metadata)], HUB).problems
        assert problem.reference["entry_point"] == "f"


@pytest.mark.parametrize(
    ("tests", "message"),
    [
        ([], "tests: there is none"),
        (7, "tests: want a list of tests, given 7"),
        ({"a": 1}, "tests: want lists `inputs` and `outputs`, given keys a"),
        ({"inputs": ["1"], "outputs": []}, "tests: 1 inputs, but 0 outputs"),
        (
            ["assert f(1)"],
            "tests[0]: want `input` and `output`, given 'assert f(1)'; a row of our own schema names its test_type",
        ),
        ([{"type": "quiz", "input": "", "output": ""}], "tests[0].type: got 'quiz', want one of stdin_stdout, stdin, "),
        ([{"input": "1", "output": 1}], "tests[0].output: want text, or a list of its lines, given 1"),
        ([{"type": "function_call", "input": [1], "output": [1]}], "tests: calls, but no one name of the function"),
        (
            [{"type": "function_call", "fn_name": "f", "input": 1, "output": [1]}],
            "tests[0].input: want a list of arguments",
        ),
        (
            [{"input": "", "output": ""}, {"fn_name": "f", "input": [], "output": [1]}],
            "tests: of several types (functional, stdin)",
        ),
    ],
)
def test_tests_of_another_form_are_refused(tmp_path: Path, tests: Any, message: str) -> None:
    with pytest.raises(DataError) as caught:
        read(tmp_path / "x.jsonl", [hub(tests)], HUB)
    assert str(caught.value).startswith(f"{tmp_path / 'x.jsonl'}:1: {message}"), caught.value


def test_an_error_names_the_column_that_was_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x.jsonl:1: ground_truth\[0\].output: want text"):
        read(
            tmp_path / "x.jsonl",
            [{"prompt": "p", "ground_truth": [{"input": "", "output": 3}]}],
            {**CODE, "answer_column": "ground_truth"},
        )


@pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data/code")
@pytest.mark.parametrize(
    ("file", "rows"),
    [
        ("humaneval.jsonl", 164),
        ("humanevalplus.jsonl.gz", 164),
        ("mbpp.jsonl", 974),
        ("mbpp_sanitized.jsonl", 427),
        ("mbppplus.jsonl.gz", 378),
        ("codecontests_test_public.jsonl", 107),
        ("livecodebench_v1_public_sample.jsonl", 69),
    ],
)
def test_the_shared_sets_are_read_whole(file: str, rows: int) -> None:
    data = load(str(SHARED / file), **CODE, drop_duplicates=False)
    assert len(data.problems) == rows
    assert not any("solution" in key for p in data.problems for key in p.reference)
    assert all(
        "".join((p.reference.get("starter_code") or "").split()) in "".join(p.prompt[-1]["content"].split())
        for p in data.problems
    )


CALL = {"fn_name": "f", "inputs": [[1]], "outputs": [[1]]}
PAIR = [{"input": "1\n", "output": "0.5\n"}]


@pytest.mark.parametrize(
    ("tests", "settings"),
    [
        (PAIR, {"tolerance": 1e-6}),
        (PAIR, {"checker": "floats"}),
        (PAIR, {"timeout_s": 20}),
        (PAIR, {"timeout_s": 20, "checker": "tokens", "requires": ["numpy"]}),
        ({"inputs": ["1"], "outputs": ["0.5"]}, {"tolerance": 1e-6}),
        ([{"type": "stdin_stdout", "input": "1", "output": "0.5"}], {"tolerance": 0.001, "timeout_s": 3.5}),
        ([{"testtype": "stdin", "input": "1", "output": "0.5"}], {"checker": "unordered_lines"}),
        (CALL, {"tolerance": 1e-6}),
        (CALL, {"setup_code": "import math", "requires": ["numpy"]}),
        (
            [{"type": "function_call", "fn_name": "f", "input": [1], "output": [1]}],
            {"timeout_s": 1, "setup_code": "x = 1"},
        ),
        (CALL, {"setup_code": "class TreeNode:\n    pass"}),
    ],
)
def test_rows_in_deepcoder_s_form_keep_their_settings(tmp_path: Path, tests: Any, settings: dict[str, Any]) -> None:
    (problem,) = read(tmp_path / "x.jsonl", [hub(tests, **settings)], HUB).problems
    assert {key: problem.reference[key] for key in settings} == settings
    (plain,) = read(tmp_path / "x.jsonl", [hub(tests, **dict.fromkeys(settings), canonical_solution="x")], HUB).problems
    assert plain.reference == {key: value for key, value in problem.reference.items() if key not in settings}


@pytest.mark.parametrize(
    ("tests", "settings", "said"),
    [
        (PAIR, {"tolerance": -1}, "tolerance"),
        (PAIR, {"tolerance": float("inf")}, "tolerance"),
        (PAIR, {"tolerance": "small"}, "tolerance"),
        (PAIR, {"tolerance": 0}, "tolerance"),
        (PAIR, {"checker": "float"}, "checker: 'float' is unknown; did you mean 'floats'?"),
        (PAIR, {"checker": "floats", "tolerance": 0.1}, "tolerance: not beside a checker"),
        (CALL, {"checker": "floats"}, "checker: only problems of test_type stdin have one"),
        (PAIR, {"timeout_s": 0}, "timeout_s"),
        (PAIR, {"timeout_s": True}, "timeout_s"),
        (PAIR, {"setup_code": "import math"}, "setup_code: a problem of test_type stdin has none"),
        (CALL, {"setup_code": 3}, "setup_code"),
        (PAIR, {"requires": "numpy"}, "requires"),
    ],
)
def test_settings_that_cannot_be_used_are_refused(
    tmp_path: Path, tests: Any, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(DataError, match=re.escape(f"x.jsonl:1: {said}")):
        read(tmp_path / "x.jsonl", [hub(tests, **settings)], HUB)


@pytest.mark.parametrize(
    "tests",
    [
        ["", "# assert add(1, 2) == 3"],
        ["pass"],
        ["add(1, 2)"],
        ["print(add(1, 2) == 3)"],
        ["assert (add(1, 2) == 3, 'wrong')"],
        ["import sys\nsys.exit(0)\nassert add(1, 2) == 3"],
        ["try:\n    assert add(1, 2) == 3\nexcept Exception:\n    pass"],
        ["assert True"],
        ["def verify():\n    assert add(1, 2) == 3"],
        ["import doctest\ndoctest.testmod()"],
    ],
)
def test_tests_that_would_accept_every_program_are_refused(tmp_path: Path, tests: list[str]) -> None:
    with pytest.raises(DataError, match=r"x\.jsonl:2: tests: .*, so every program would be accepted"):
        read(tmp_path / "x.jsonl", [{**STDIN, "id": "first"}, {**ASSERTS, "tests": tests}])
    read(tmp_path / "x.jsonl", [{**ASSERTS, "tests": [*tests, "assert add(1, 2) == 3"]}])


@pytest.mark.parametrize("name", ["humaneval", "humanevalplus", "mbpp", "mbpp_sanitized", "mbppplus"])
def test_no_row_of_the_public_sets_is_refused(name: str) -> None:
    found = list(SHARED.glob(f"{name}.jsonl*"))
    if not found:
        pytest.skip(f"no {SHARED / name}: the sets are not part of the project")
    assert load(str(found[0]), **CODE).problems


@pytest.mark.parametrize("digits", ["1" * 20, "1" * 4300, "1" * 5000, "-" + "9" * 6000, "1" + "0" * 5000])
def test_integers_of_tests_have_any_length(tmp_path: Path, digits: str) -> None:
    text = f'{{"fn_name": "f", "inputs": [[{digits}, {{"a": [1, null, "x"]}}]], "outputs": [[{digits}]]}}'
    row = {"problem": "Solve it.", "tests": text}
    (problem,) = read(tmp_path / "x.jsonl", [row], HUB).problems
    assert problem.reference["tests"] == [{"input": f'{digits}\n{{"a": [1, null, "x"]}}', "output": digits}]
    own = {**CALLS, "tests": [{"input": digits, "output": digits}]}
    assert read(tmp_path / "x.jsonl", [own]).problems[0].reference["tests"] == own["tests"]
