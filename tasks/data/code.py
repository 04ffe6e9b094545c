"""Code problems: the reference is the row's tests, and the settings that it takes to run them.

Two forms are read: the project's own schema (`test_type`, `tests`, `entry_point`, ...), and that of DeepCoder's data
sets, where `tests` is JSON text (`tasks/data/deepcoder.py`). The project's own is stored.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox import exact_json, idle_tests
from sandbox.problem import Problem as Tests
from tasks.data.answers import Prompt
from tasks.data.columns import DEFAULT_ANSWER, Columns, look_up, short
from tasks.data.deepcoder import converted
from tasks.errors import DataError
from tasks.records import Message

#: The columns that say how a problem's tests are run and compared, in a row of either form.
SETTINGS = ("setup_code", "timeout_s", "requires", "checker", "tolerance")
#: The columns of a row in the project's own schema that a grader reads; solutions and the like stay behind.
KEPT = ("test_type", "tests", "entry_point", "starter_code", "prompt_style", *SETTINGS)


def read_code(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[dict[str, Any], Prompt]:
    """Return the reference, and the prompt with the starter code where it does not show it yet.

    `columns.answer` names the column of the tests; its default, which code problems have not, stands for `tests`.
    Raises DataError, which opens with `where`.
    """
    column = "tests" if columns.answer == DEFAULT_ANSWER else columns.answer
    tests = look_up(row, column, where)
    try:
        tests = _parsed(tests)
        if row.get("test_type") is not None:
            reference = {key: row[key] for key in KEPT if row.get(key) is not None} | {"tests": tests}
        else:
            reference = converted(tests, row, statement="\n".join(message["content"] for message in prompt))
            reference |= {key: row[key] for key in SETTINGS if row.get(key) not in (None, "")}
        idle_tests.refuse(Tests.read(reference))
    except ValueError as error:
        text = str(error).removeprefix("problem: ")
        text = column + text.removeprefix("tests") if text.startswith("tests") else text
        raise DataError(f"{where}: {text}") from None
    return reference, _showing(prompt, reference.get("starter_code") or "")


def _parsed(tests: object) -> object:
    """Return the tests; data sets whose tests are of several kinds hold them as JSON text."""
    if not isinstance(tests, str):
        return tests
    try:
        return exact_json.loads(tests)
    except (ValueError, RecursionError):
        raise ValueError(f"tests: neither a list of tests nor JSON text of one, given {short(tests)}") from None


def _showing(prompt: Prompt, starter: str) -> Prompt:
    *earlier, last = prompt
    if " ".join(starter.split()) in " ".join(last["content"].split()):
        return prompt
    content = f"{last['content'].rstrip()}\n\nComplete this code:\n```python\n{starter.rstrip()}\n```"
    return (*earlier, Message(role=last["role"], content=content))
