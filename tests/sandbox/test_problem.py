"""Rows of the code schema: valid ones, and the messages for invalid ones."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.problem import Example, Problem

ROW: dict[str, Any] = {
    "id": "p/1",
    "test_type": "python",
    "tests": ["assert f(1) == 2"],
    "entry_point": "f",
    "starter_code": "",
    "timeout_s": 10,
    "prompt": "ignored",
    "challenge_tests": ["assert f(2) == 3"],
}
STDIN = {"id": "p/2", "test_type": "stdin", "tests": [{"input": "1\n", "output": "2\n"}], "entry_point": None}
FUNCTIONAL = {
    "id": "p/3",
    "test_type": "functional",
    "tests": [{"input": "[1, 2]\n3", "output": "[3]"}],
    "entry_point": "Solution.f",
}


def test_rows_of_each_type() -> None:
    problem = Problem.read(ROW)
    assert problem.tests == ("assert f(1) == 2",) and problem.entry_point == "f" and problem.timeout_s == 10
    assert Problem.read(STDIN).tests == (Example("1\n", "2\n"),)
    assert Problem.read(FUNCTIONAL).entry_point == "Solution.f"


@pytest.mark.parametrize(
    ("row", "changes", "words"),
    [
        (ROW, {"test_type": "pytest"}, "'p/1': test_type: 'pytest'"),
        (ROW, {"tests": []}, "tests: a list"),
        (ROW, {"tests": [{"input": "", "output": ""}]}, r"tests\[0\]: Python source"),
        (ROW, {"entry_point": None}, "entry_point"),
        (ROW, {"timeout_s": -1}, "timeout_s: a number above 0"),
        (ROW, {"timeout_s": "4"}, "timeout_s"),
        (ROW, {"checker": "tokens"}, "checker: only"),
        (ROW, {"tolerance": 0.1}, "tolerance"),
        (ROW, {"setup_code": 3}, "setup_code: a string"),
        (ROW, {"requires": "numpy"}, "requires: a list"),
        (STDIN, {"tests": ["x"]}, r"tests\[0\]: an object"),
        (STDIN, {"tests": [{"input": "1", "output": 2}]}, r"tests\[0\]: an object"),
        (STDIN, {"checker": "tokns"}, "did you mean 'tokens'"),
        (STDIN, {"checker": "tokens", "tolerance": 1e-6}, "tolerance: not beside a checker"),
        (FUNCTIONAL, {"entry_point": "Solution.f()"}, "entry_point"),
        (FUNCTIONAL, {"tests": [{"input": "[1", "output": "1"}]}, r"tests\[0\].input: no JSON value"),
        (FUNCTIONAL, {"tests": [{"input": "1", "output": ""}]}, r"tests\[0\].output: no JSON value"),
    ],
)
def test_what_is_wrong_is_named(row: dict[str, Any], changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Problem.read({**row, **changes})


def test_a_digest_is_of_all_that_a_verdict_depends_on() -> None:
    digest = Problem.read(ROW).digest
    assert Problem.read({**ROW, "id": "p/9", "prompt": "other"}).digest == digest
    for key, value in (
        ("tests", ["assert f(1) == 3"]),
        ("setup_code", "import math"),
        ("entry_point", "g"),
        ("starter_code", "x = 1"),
    ):
        assert Problem.read({**ROW, key: value}).digest != digest
    assert (
        Problem.read({**STDIN, "checker": "tokens"}).digest
        != Problem.read({**STDIN, "tolerance": 1.0}).digest
        != Problem.read(STDIN).digest
    )
