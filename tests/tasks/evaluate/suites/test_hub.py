"""Rows in the columns that the hub's data sets have, made by hand or from the shared files (no hub can be reached
from the tests).
"""

from __future__ import annotations

import gzip
import json
import socket
from typing import Any

import pytest

from tasks.errors import DataError
from tasks.evaluate.suites.load import SuiteProblem, load_declared
from tests.tasks.evaluate.suites.tools import COMMIT, SHARED, cut, load_suite, needs_shared, serve


def loaded(monkeypatch: pytest.MonkeyPatch, name: str, rows: list[dict[str, Any]]) -> tuple[SuiteProblem, ...]:
    serve(monkeypatch, rows)
    return load_declared(cut(name, len(rows))).problems


def said(problem: SuiteProblem) -> tuple[str, str | None, str | None, str | None]:
    return problem.question, problem.level, problem.subject, problem.source


MATHEMATICS: dict[str, tuple[dict[str, Any], dict[str, str], tuple[Any, ...], str]] = {
    # suite: row, reference, (question, level, subject, source), id
    "aime24": (
        {"id": 60, "problem": "p", "solution": "\\boxed{204}", "url": "u"},
        {"answer": "204"},
        ("p", None, None, "u"),
        "60",
    ),
    "aime25": ({"problem": "p", "answer": "70", "id": "0"}, {"answer": "70"}, ("p", None, None, None), "0"),
    "amc23": ({"id": 3, "answer": 27.0, "url": "u", "question": "q"}, {"answer": "27.0"}, ("q", None, None, "u"), "3"),
    "math500": (
        {
            "problem": "p",
            "solution": "s",
            "answer": "\\frac{1}{2}",
            "subject": "Algebra",
            "level": 2,
            "unique_id": "test/algebra/1.json",
        },
        {"answer": "\\frac{1}{2}"},
        ("p", "2", "Algebra", None),
        "test/algebra/1.json",
    ),
    "minerva": ({"question": "q", "answer": "1.6"}, {"answer": "1.6"}, ("q", None, None, None), "minerva/0000"),
    "olympiadbench": (
        {
            "id": 2381,
            "question": "Find it.",
            "solution": ["s"],
            "final_answer": ["16"],
            "context": None,
            "modality": "Text-only",
            "unit": "%",
            "is_multiple_answer": False,
            "answer_type": "Numerical",
            "error": "1e-1",
            "subfield": "Algebra",
        },
        {"answer": "16", "unit": "%", "tolerance": "1e-1"},
        ("Find it.", None, "Algebra", None),
        "2381",
    ),
    "gsm8k": (
        {"question": "q", "answer": "5 * 200 = <<5*200=1000>>1000\n#### 1,000"},
        {"answer": "1,000"},
        ("q", None, None, None),
        "gsm8k/0000",
    ),
    "svamp": (
        {
            "ID": "chal-777",
            "Body": "There are 290 bananas in 2 groups",
            "Question": "How big is each group?",
            "Equation": "( 290.0 / 2.0 )",
            "Answer": "145",
            "Type": "Common-Division",
            "question_concat": "c",
        },
        {"answer": "145"},
        ("There are 290 bananas in 2 groups. How big is each group?", None, "Common-Division", None),
        "chal-777",
    ),
}


@pytest.mark.parametrize("name", sorted(MATHEMATICS))
def test_mathematics(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row, reference, about, identity = MATHEMATICS[name]
    (problem,) = loaded(monkeypatch, name, [row])
    assert (problem.problem.reference, said(problem), problem.problem.id) == (reference, about, identity)
    assert problem.problem.prompt == ({"role": "user", "content": about[0]},)
    assert problem.problem.verifier == "math"


def test_several_values_and_a_context_are_one_text_each(monkeypatch: pytest.MonkeyPatch) -> None:
    row = {
        **MATHEMATICS["olympiadbench"][0],
        "context": "Let $n=3$",
        "final_answer": ["$1$", "$3$"],
        "unit": None,
        "error": None,
    }
    one, two = loaded(monkeypatch, "olympiadbench", [row, {**MATHEMATICS["olympiadbench"][0], "id": 1}])
    assert one.question == "Let $n=3$. Find it."
    assert (one.problem.reference, len(two.problem.reference)) == ({"answer": "$1$, $3$"}, 3)


MMLU = {
    "question_id": 70,
    "question": "Which?",
    "options": ["one", "two", "three"],
    "answer": "B",
    "answer_index": 1,
    "cot_content": "",
    "category": "law",
    "src": "ori_mmlu",
}


def test_choices_are_lettered_in_the_prompt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    (problem,) = loaded(monkeypatch, "mmlu_pro", [MMLU])
    assert (
        problem.problem.prompt[0]["content"]
        == "Which?\n\nA. one\nB. two\nC. three\n\nAnswer with the letter of the right choice."
    )
    assert problem.problem.reference == {"answer": "B", "choices": ["one", "two", "three"]}
    assert (said(problem), problem.problem.id) == (("Which?", None, "law", "ori_mmlu"), "70")
    for wrong, message in (
        ({"answer": "D"}, "want a letter from A to C, given 'D'"),
        ({"options": ["one"]}, "want a list of 2 to 26 texts"),
    ):
        with pytest.raises(DataError, match=message):
            loaded(monkeypatch, "mmlu_pro", [{**MMLU, **wrong}])


def gpqa(number: int) -> dict[str, Any]:
    wrong = {f"Incorrect Answer {k}": f"wrong {k} of {number}" for k in (1, 2, 3)}
    return {
        "Question": f"Why {number}?",
        "Correct Answer": f" right {number}\n",
        **wrong,
        "High-level domain": "Physics",
        "Record ID": f"rec{number}",
    }


@pytest.mark.parametrize("same", ["right 1", " right 1", "right 1\n", "right  1"])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_a_wrong_choice_that_repeats_the_right_one_is_refused(
    same: str, place: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=r"'right 1' is the right choice as well: two right letters"):
        loaded(monkeypatch, "gpqa", [{**gpqa(1), f"Incorrect Answer {place}": same}])


def test_wrong_choices_that_are_near_the_right_one_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    near = {"Incorrect Answer 1": "Right 1", "Incorrect Answer 2": "right 1.0", "Incorrect Answer 3": "~right 1"}
    (problem,) = loaded(monkeypatch, "gpqa", [{**gpqa(1), **near}])
    assert sorted(problem.problem.reference["choices"]) == ["Right 1", "right 1", "right 1.0", "~right 1"]


def test_shuffled_choices_depend_on_their_row_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    problems = loaded(monkeypatch, "gpqa", [gpqa(n) for n in range(200)])
    letters = [p.problem.reference["answer"] for p in problems]
    for number, (problem, letter) in enumerate(zip(problems, letters, strict=True)):
        choices = problem.problem.reference["choices"]
        assert choices["ABCD".index(letter)] == f"right {number}"
        assert sorted(choices) == [f"right {number}", *(f"wrong {k} of {number}" for k in (1, 2, 3))]
        assert f"\n{letter}. right {number}\n" in problem.problem.prompt[0]["content"]
        assert said(problem) == (f"Why {number}?", None, "Physics", None)
    assert all(30 <= letters.count(letter) <= 70 for letter in "ABCD"), (
        "no letter is favoured (50 expected, standard deviation 6)"
    )
    again = {p.problem.id: p for p in loaded(monkeypatch, "gpqa", [gpqa(n) for n in reversed(range(100))])}
    assert all(again[p.problem.id] == p for p in problems[:100])


LIVE = {
    "problem": "Add up.",
    "starter_code": "class Solution:\n    def add(self, a: int, b: int) -> int:\n        ",
    "metadata": {"func_name": "add"},
    "tests": json.dumps([{"input": "1\n2", "output": "3", "testtype": "functional", "metadata": {"func_name": "add"}}]),
}


def test_live_code_bench_in_deepcoder_s_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = {
        "problem": "Double.",
        "starter_code": "",
        "metadata": {"func_name": None},
        "tests": '[{"input": "2", "output": "4", "testtype": "stdin"}]',
    }
    calls, reads = loaded(monkeypatch, "livecodebench", [LIVE, stdin])
    assert calls.problem.reference["entry_point"] == "Solution.add"
    assert calls.problem.prompt[0]["content"].startswith("Add up.\n\nComplete this code:\n```python\nclass Solution:")
    assert (calls.question, reads.question) == ("Add up.", "Double.")
    assert reads.problem.reference == {
        "test_type": "stdin",
        "prompt_style": "stdin",
        "tests": [{"input": "2", "output": "4"}],
    }


def shared_rows(file: str) -> list[dict[str, Any]]:
    data = (SHARED / "code" / file).read_bytes()
    return [json.loads(line) for line in (gzip.decompress(data) if file.endswith(".gz") else data).splitlines()]


@needs_shared
@pytest.mark.parametrize("name", ["humaneval", "humanevalplus"])
def test_completions_give_what_the_stand_in_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of the hub's is the shared row without the line that calls the check (HumanEval+: its plus test)."""
    shared = shared_rows(f"{name}.jsonl" if name == "humaneval" else f"{name}.jsonl.gz")
    tests = [row["tests"][-1] for row in shared]
    calls = [f"check({row['entry_point']})" for row in shared]
    rows = [
        {
            "task_id": f"HumanEval/{n}",
            "prompt": row["prompt"],
            "canonical_solution": "",
            "entry_point": row["entry_point"],
            "test": test.rsplit(call, 1)[0],
        }
        for n, (row, test, call) in enumerate(zip(shared, tests, calls, strict=True))
    ]
    real = loaded(monkeypatch, name, rows)
    for problem, row, test in zip(real, shared, tests, strict=True):
        reference = dict(problem.problem.reference)
        assert "".join(reference.pop("tests")[0].split()) == "".join(test.split())
        assert reference.pop("requires", ["numpy"]) == ["numpy"]
        assert reference == {
            key: row[key] for key in ("entry_point", "starter_code", "prompt_style", "test_type", "timeout_s")
        }
        assert problem.question == row["prompt"]


@needs_shared
@pytest.mark.parametrize("name", ["mbpp", "mbppplus"])
def test_asserts_give_what_the_stand_in_has(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All the shared rows, the training part too: the entry point is found for each, the prompt is the shared one to
    the letter.
    """
    plus = name == "mbppplus"
    shared = shared_rows(f"{name}.jsonl.gz" if plus else f"{name}.jsonl")
    common = [
        {"task_id": n, "code": row["canonical_solution"], "test_list": row["tests"][:-1] if plus else row["tests"]}
        for n, row in enumerate(shared)
    ]
    rows = [
        {
            **row,
            "prompt": was["task_text"],
            "source_file": "",
            "test_imports": was["setup_code"].splitlines(),
            "test": was["tests"][-1],
        }
        if plus
        else {**row, "text": was["task_text"], "test_setup_code": was["setup_code"], "challenge_test_list": []}
        for row, was in zip(common, shared, strict=True)
    ]
    for problem, row in zip(loaded(monkeypatch, name, rows), shared, strict=True):
        reference = dict(problem.problem.reference)
        assert problem.problem.prompt[0]["content"] == row["prompt"]
        assert problem.question == row["task_text"]
        assert reference.pop("requires", ["numpy"]) == ["numpy"]
        if row["id"] == "mbpp/123":
            assert reference.pop("timeout_s") < row["timeout_s"], "its own solution takes longer (mbpp.yaml)"
        assert reference == {key: row[key] for key in reference}
        assert row["starter_code"] == ""


def test_the_hub_is_asked_for_what_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = serve(monkeypatch, [MATHEMATICS["gsm8k"][0]])
    suite = load_declared(cut("gsm8k", 1))
    pinned = suite.suite.source.revision
    assert asked == [("openai/gsm8k", "main", "test", pinned)]
    assert (suite.origin, suite.revision) == (f"hf://openai/gsm8k/main@{pinned}?split=test", pinned)
    assert (suite.differs, suite.label) == (None, "GSM8K")
    asked = serve(monkeypatch, [MATHEMATICS["svamp"][0]])
    assert load_declared(cut("svamp", 1)).revision == COMMIT
    assert asked == [("ChilleD/SVAMP", None), ("ChilleD/SVAMP", None, "train+test", COMMIT)]


def test_counts_answers_ids_and_columns_are_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    row, other = MATHEMATICS["math500"][0], {**MATHEMATICS["math500"][0], "unique_id": "2"}
    serve(monkeypatch, [row, other])
    assert len(load_declared(cut("math500", 2)).problems) == 2
    with pytest.raises(
        DataError,
        match=r"suite math500: 2 rows in hf://HuggingFaceH4/MATH-500@.*, 3 declared: take .* correct .*math500\.yaml",
    ):
        load_declared(cut("math500", 3))
    serve(monkeypatch, [row, {**other, "answer": " "}])
    with pytest.raises(DataError, match=r"1 rows with an answer in .*, 2 declared"):
        load_declared(cut("math500", 2))
    assert len(load_declared(cut("math500", 2, answers=1)).problems) == 1, (
        "a problem without an answer cannot be judged"
    )
    serve(monkeypatch, [row, row])
    with pytest.raises(
        DataError, match=r"MATH-500:1: id: 'test/algebra/1.json' is taken by hf://HuggingFaceH4/MATH-500:0"
    ):
        load_declared(cut("math500", 2))
    serve(monkeypatch, [{**row, "answer": "\\frac{"}])
    with pytest.raises(DataError, match=r"MATH-500:0: problem test/algebra/1.json: the gold answer .* cannot be read"):
        load_declared(cut("math500", 1))
    serve(monkeypatch, [{key: value for key, value in row.items() if key != "level"}])
    with pytest.raises(DataError, match=r"no row of hf://HuggingFaceH4/MATH-500@.* has a column 'level'"):
        load_declared(cut("math500", 1))
    serve(monkeypatch, [{"text": "p", "answer": "1"}])
    with pytest.raises(DataError, match=r"MATH-500:0: no key 'problem'; the row has text, answer"):
        load_declared(cut("math500", 1))
    serve(monkeypatch, [{**LIVE, "tests": "[{]"}])
    with pytest.raises(DataError, match=r"DeepCoder-Preview-Dataset:0: tests: neither a list of tests nor JSON"):
        load_declared(cut("livecodebench", 1))


def test_a_json_lines_file_is_a_source_too(tmp_path: Any) -> None:
    path = tmp_path / "own.jsonl"
    path.write_text('{"problem": "p", "answer": "2", "unique_id": "a", "level": 1, "subject": "s"}\n')
    source = cut("math500", 1).source.model_copy(update={"at": str(path), "revision": None})
    suite = load_declared(cut("math500", 1, source=source))
    assert (suite.origin, suite.revision, suite.problems[0].problem.reference) == (str(path), None, {"answer": "2"})
    path.unlink()
    with pytest.raises(
        DataError, match=r"suite math500: .*own\.jsonl: no such file .*; correct tasks/evaluate/suites/math500\.yaml"
    ):
        load_declared(cut("math500", 1, source=source))


def test_without_a_network_the_error_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(
        DataError,
        match=r"^suite svamp: hf://ChilleD/SVAMP: its commit .*; or give a folder of stand-ins that holds math/svamp",
    ):
        load_suite("svamp")
    with pytest.raises(DataError, match=r"^suite gpqa: .*; there is no stand-in for it$"):
        load_suite("gpqa", tmp_path)
    with pytest.raises(
        DataError,
        match=r"^suite svamp: no stand-in .*math/svamp.jsonl: name the folder that holds .*, or none, to load hf://",
    ):
        load_suite("svamp", tmp_path)
