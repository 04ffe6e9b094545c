"""A validated code problem."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from sandbox import checkers, exact_json
from sandbox.inside import values
from sandbox.job import MOST_S, STDIN_BYTES

TestType = Literal["stdin", "functional", "python"]


@dataclass(frozen=True)
class Example:
    """An input and the expected output, for a test of type stdin or functional."""

    input: str
    output: str


@dataclass(frozen=True)
class Problem:
    """A problem with its tests.

    tests: Python sources for the type python, else examples.
    setup_code: runs before a test of type python, and before the program of type functional.
    timeout_s: seconds that the data set proposes; the grader's limits are what counts.
    checker: name of a checker in `checkers.py`.
    tolerance: tolerance of numbers in the output. Without a checker and a tolerance, the output must equal the
        expected one.
    """

    id: str
    test_type: TestType
    tests: tuple[str, ...] | tuple[Example, ...]
    entry_point: str = ""
    starter_code: str = ""
    setup_code: str = ""
    timeout_s: float | None = None
    requires: tuple[str, ...] = ()
    checker: str | None = None
    tolerance: float | None = None

    @cached_property
    def digest(self) -> str:
        """Return a digest of all fields that a verdict depends on."""
        content = {k: v for k, v in asdict(self).items() if k not in ("id", "timeout_s")}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @classmethod
    def read(cls, row: Mapping[str, Any]) -> Problem:
        """Return the problem in a row of the code schema. Raises ValueError, which names the key.

        Keys that grading does not need (prompt, challenge_tests, ...) are ignored.
        """
        name = _text(row, "id", "")
        where = f"problem {name!r}: " if name else "problem: "
        try:
            return cls._read(row, name)
        except ValueError as error:
            raise ValueError(f"{where}{error}") from None

    @classmethod
    def _read(cls, row: Mapping[str, Any], name: str) -> Problem:
        kind: Any = row.get("test_type")
        if kind not in get_args(TestType):
            raise ValueError(f"test_type: {kind!r}; it must be one of {', '.join(get_args(TestType))}")
        tests = row.get("tests")
        if not isinstance(tests, list | tuple) or not tests:
            raise ValueError(f"tests: a list with at least one test is needed, not {_short(tests)}")
        problem = cls(
            id=name,
            test_type=kind,
            tests=tuple(_source(t, k) for k, t in enumerate(tests))
            if kind == "python"
            else tuple(_example(t, k) for k, t in enumerate(tests)),
            entry_point=_text(row, "entry_point", ""),
            starter_code=_text(row, "starter_code", ""),
            setup_code=_text(row, "setup_code", ""),
            timeout_s=_positive(row, "timeout_s"),
            requires=_names(row, "requires"),
            checker=_text(row, "checker", "") or None,
            tolerance=_positive(row, "tolerance"),
        )
        if problem.timeout_s is not None and problem.timeout_s > MOST_S:
            raise ValueError(f"timeout_s: {problem.timeout_s}; at most {MOST_S} seconds")
        if problem.checker is not None:
            if kind != "stdin":
                raise ValueError(f"checker: only problems of test_type stdin have one, this is {kind}")
            checkers.find(problem.checker)
        if problem.tolerance is not None and (kind == "python" or problem.checker is not None):
            raise ValueError(
                "tolerance: not beside a checker, and not for test_type python (its tests say what is equal)"
            )
        if kind == "stdin" and problem.setup_code.strip():
            raise ValueError("setup_code: a problem of test_type stdin has none: its programs are whole")
        if kind == "functional":
            if not all(part.isidentifier() for part in problem.entry_point.split(".", 1)):
                raise ValueError(f"entry_point: {problem.entry_point!r}; a function's name or Class.method is needed")
            for k, test in enumerate(problem.tests):
                assert isinstance(test, Example)
                _parsed(test.output, f"tests[{k}].output")
                for line in argument_lines(test.input):
                    _parsed(line, f"tests[{k}].input")
        if kind == "python" and not problem.entry_point.isidentifier():
            raise ValueError(f"entry_point: {problem.entry_point!r}; the name of the tested function is needed")
        return problem


def argument_lines(given: str) -> list[str]:
    """Return the lines of a functional test's input, each of which holds one argument as JSON."""
    return [line for line in given.split("\n") if line.strip()]


def _parsed(text: str, key: str) -> Any:
    try:
        value = exact_json.loads(text)
        values.dumps(value)  # the form in which it is sent
    except (ValueError, RecursionError, values.Unencodable) as error:
        raise ValueError(f"{key}: no JSON value that can be used: {_short(text)} ({error})") from None
    return value


def _short(value: object) -> str:
    return repr(value)[:80]


def _source(test: object, k: int) -> str:
    if not isinstance(test, str):
        raise ValueError(f"tests[{k}]: Python source (a string) is needed, not {_short(test)}")
    return test


def _example(test: object, k: int) -> Example:
    if not isinstance(test, Mapping) or not all(isinstance(test.get(key), str) for key in ("input", "output")):
        raise ValueError(f"tests[{k}]: an object with the strings input and output is needed, not {_short(test)}")
    if len(test["input"]) > STDIN_BYTES // 4 and len(test["input"].encode("utf-8", "surrogatepass")) > STDIN_BYTES:
        raise ValueError(f"tests[{k}].input: more than {STDIN_BYTES >> 20} MiB")
    return Example(test["input"], test["output"])


def _text(row: Mapping[str, Any], key: str, default: str) -> str:
    value = row.get(key)
    if value is None:
        return default
    if not isinstance(value, str):
        raise ValueError(f"{key}: a string is needed, not {_short(value)}")
    return value


def _positive(row: Mapping[str, Any], key: str) -> float | None:
    value = row.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
        raise ValueError(f"{key}: a number above 0 is needed, not {_short(value)}")
    return float(value)


def _names(row: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = row.get(key) or ()
    if not isinstance(value, list | tuple) or not all(isinstance(name, str) for name in value):
        raise ValueError(f"{key}: a list of names of packages is needed, not {_short(value)}")
    return tuple(value)
