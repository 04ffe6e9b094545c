"""The layouts of benchmarks' rows, each turned into rows of the project's own schema (tasks/data/rows.py).

- `answer`: a question and its answer (text, a number, or a list of texts, which are joined)
- `choices`: a question, a list of choices, and the letter of the right one (MMLU-Pro)
- `shuffled`: a question, the right choice and the wrong ones, each in a column (GPQA); their order is made here
- `completion`: `prompt` (code to be continued), `entry_point`, and `test`, source that defines `check(candidate)`
  (HumanEval, HumanEval+)
- `asserts`: a question, `test_list`, `code` (a solution: it tells the function's name), and where the set has them
  `test_setup_code` or `test_imports`, and `test`, one more test (MBPP, MBPP+)
- `tests`: tests in the project's own schema or DeepCoder's (tasks/data/code.py)
"""

from __future__ import annotations

import ast
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tasks.data.choices import lettered
from tasks.data.code import KEPT
from tasks.data.columns import look_up, short
from tasks.data.seeds import derive_seed
from tasks.errors import DataError
from tasks.evaluate.suites.declare import Form, SuiteColumns
from tasks.reward.math.extract import extract

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shaped:
    """A row in the project's own schema.

    `row`: prompt, and answer or tests; `extra` goes into the reference besides.
    """

    question: str
    row: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)


def shape(form: Form, row: Row, columns: SuiteColumns, where: str, timeout_s: float | None = None) -> Shaped | None:
    """Return `row` in the project's own schema, None where it has no answer.

    DataError, which opens with `where`, for a row of another layout.
    """
    if form == "completion":
        return _completion(row, where, timeout_s)
    question = _question(row, columns.question, where)
    match form:
        case "answer":
            return _answer(row, columns, where, question)
        case "choices":
            return _choices(row, columns, where, question)
        case "shuffled":
            return _shuffled(row, columns, where, question)
        case "asserts":
            return _asserts(row, where, question, timeout_s)
        case "tests":
            return _tests(row, columns, where, question)


def _question(row: Row, names: Sequence[str], where: str) -> str:
    parts = [value for name in names if (value := look_up(row, name, where)) not in (None, "")]
    if not parts or not all(isinstance(part, str) and part.strip() for part in parts):
        raise DataError(f"{where}: {', '.join(names)}: want the question's text, given {short(parts)}")
    if len(parts) == 1:
        return str(parts[0])
    # SVAMP's stories end without a full stop.
    *before, last = (part.strip() for part in parts)
    return " ".join([*(part if part[-1] in ".?!:" else f"{part}." for part in before), last])


def _plain(value: Any, where: str, name: str) -> str | None:
    """Return an answer as text; None for none."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    if isinstance(value, bool) or not isinstance(value, str | int | float | None):
        raise DataError(f"{where}: {name}: want an answer, given {short(value)}")
    return None if value is None else str(value).strip() or None


def _answer(row: Row, columns: SuiteColumns, where: str, question: str) -> Shaped | None:
    answer = _plain(look_up(row, columns.answer, where), where, columns.answer)
    if columns.boxed and answer is not None:
        answer = extract(answer).text
    extra = {
        key: str(row[name])
        for key, name in (("unit", columns.unit), ("tolerance", columns.tolerance))
        if name and row.get(name) not in (None, "")
    }
    return Shaped(question, {"prompt": question, "answer": answer}, extra) if answer else None


def _lettered(question: str, choices: list[str], letter: str) -> Shaped:
    return Shaped(question, {"prompt": lettered(question, choices), "answer": letter}, {"choices": choices})


def _choices(row: Row, columns: SuiteColumns, where: str, question: str) -> Shaped | None:
    choices = look_up(row, columns.choices, where)
    if (
        not isinstance(choices, list)
        or not 2 <= len(choices) <= 26
        or not all(isinstance(choice, str) for choice in choices)
    ):
        raise DataError(f"{where}: {columns.choices}: want a list of 2 to 26 texts, given {short(choices)}")
    letter = _plain(look_up(row, columns.answer, where), where, columns.answer)
    if letter is not None and letter not in string.ascii_uppercase[: len(choices)]:
        raise DataError(
            f"{where}: {columns.answer}: want a letter from A to {string.ascii_uppercase[len(choices) - 1]}, "
            f"given {letter!r}"
        )
    return _lettered(question, choices, letter) if letter else None


def _shuffled(row: Row, columns: SuiteColumns, where: str, question: str) -> Shaped | None:
    """Return the row with its choices in the order of a hash of question and choice.

    The order is the same wherever the row stands, and whatever stands around it.
    """
    right, *wrong = (_plain(look_up(row, name, where), where, name) for name in (columns.answer, *columns.wrong))
    if right is None:
        return None
    if not wrong or None in wrong:
        raise DataError(
            f"{where}: {', '.join(columns.wrong) or 'columns.wrong'}: want the wrong choices, given {short(wrong)}"
        )
    if any(choice is not None and choice.split() == right.split() for choice in wrong):
        raise DataError(
            f"{where}: {', '.join(columns.wrong)}: {short(right)} is the right choice as well: two right letters"
        )
    choices = sorted(
        [right, *(choice for choice in wrong if choice)], key=lambda choice: derive_seed("choices", question, choice)
    )
    return _lettered(question, choices, string.ascii_uppercase[choices.index(right)])


def _completion(row: Row, where: str, timeout_s: float | None) -> Shaped | None:
    prompt, entry, test = (look_up(row, name, where) for name in ("prompt", "entry_point", "test"))
    if not isinstance(prompt, str) or not isinstance(entry, str):
        raise DataError(f"{where}: prompt, entry_point: want texts, given {short(prompt)}, {short(entry)}")
    if not test:
        return None
    tests = [f"{test}\ncheck({entry})\n"]
    return Shaped(
        prompt,
        {"prompt": prompt, "prompt_style": "completion", "starter_code": prompt, **_program(entry, tests, timeout_s)},
    )


def _asserts(row: Row, where: str, question: str, timeout_s: float | None) -> Shaped | None:
    asserts = look_up(row, "test_list", where)
    if not asserts:
        return None
    setup = row.get("test_setup_code") or "\n".join(row.get("test_imports") or ())
    entry = _entry_point(asserts, look_up(row, "code", where), where)
    tests = [*asserts, row["test"]] if row.get("test") else list(asserts)
    prompt = "\n".join(
        [question, "Your code should pass these tests:", "", *asserts]
    )  # the words of the MBPP paper's own prompt
    return Shaped(
        question,
        {"prompt": prompt, "prompt_style": "instruct", "setup_code": setup, **_program(entry, tests, timeout_s)},
    )


def _program(entry: str, tests: list[str], timeout_s: float | None) -> dict[str, Any]:
    needs = {"requires": ["numpy"]} if any("import numpy" in test for test in tests) else {}
    limit = {"timeout_s": timeout_s} if timeout_s else {}
    return {"entry_point": entry, "test_type": "python", "tests": tests, **needs, **limit}


def _entry_point(asserts: Sequence[str], code: str, where: str) -> str:
    """Return the name that the solution defines and the asserts call; of several, the one that all of them call."""
    try:
        defined = {node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        called = [
            [n.func.id for n in ast.walk(ast.parse(each)) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
            for each in asserts
        ]
    except (SyntaxError, TypeError) as error:
        raise DataError(f"{where}: code, test_list: no Python ({error})") from None
    names = [name for name in dict.fromkeys(called[0]) if name in defined]
    if not names:
        raise DataError(
            f"{where}: test_list: {short(asserts[0])} calls nothing that the solution defines "
            f"({', '.join(sorted(defined)) or 'nothing'})"
        )
    return next((name for name in names if all(name in others for others in called)), names[0])


def _tests(row: Row, columns: SuiteColumns, where: str, question: str) -> Shaped | None:
    column = "tests" if columns.answer == "answer" else columns.answer
    tests = look_up(row, column, where)
    if tests in (None, "", "[]") or tests == []:
        return None
    kept = {key: row[key] for key in (*KEPT, "metadata") if row.get(key) is not None}
    return Shaped(
        question,
        {**kept, "prompt": look_up(row, columns.prompt, where) if columns.prompt else question, "tests": tests},
    )
