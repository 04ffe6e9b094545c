"""The tests of DeepCoder's data sets (`agentica-org/DeepCoder-Preview-Dataset` and successors) in the project's schema.

Its parts differ, and the files say so in no place; their users read them as:

- `primeintellect`: a list of {"type": "stdin_stdout", "input", "output"}, or of {"type": "function_call", "fn_name",
  "input": [arguments], "output": [result]}
- `taco`: one {"inputs": [...], "outputs": [...]}, with "fn_name" for calls; a text may be a list of its lines
- `lcbv5`: a list of {"testtype": "stdin" | "functional", "input", "output", "metadata": {"func_name"}}; calls have
  one JSON value a line, as the project's schema has
- `codeforces`: a list of {"input", "output"}
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sandbox import exact_json
from tasks.data.columns import short

_KINDS: Mapping[object, str] = {
    "stdin_stdout": "stdin",
    "stdin": "stdin",
    "function_call": "functional",
    "functional": "functional",
    "call_based": "functional",
}


def converted(tests: object, row: Mapping[str, Any], statement: str) -> dict[str, Any]:
    """Return the reference of a row.

    A function is a method of `class Solution` where the statement or the row's `starter_code` shows that class.
    ValueError, which names the key, for tests of another form.
    """
    cases = _cases(tests)
    kinds = {_kind(case, f"tests[{number}]") for number, case in enumerate(cases)}
    if len(kinds) > 1:
        raise ValueError(f"tests: of several types ({', '.join(sorted(kinds))}): a problem has one")
    starter = row.get("starter_code") or ""
    if kinds == {"stdin"}:
        return {
            "test_type": "stdin",
            "prompt_style": "stdin",
            "tests": [
                {key: _text(case[key], f"tests[{n}].{key}") for key in ("input", "output")}
                for n, case in enumerate(cases)
            ],
        }
    name = _function(cases, row)
    owner = "Solution." if "class Solution" in starter or "class Solution" in statement else ""
    return {
        "test_type": "functional",
        "prompt_style": "functional",
        "entry_point": owner + name,
        **({"starter_code": starter} if starter else {}),
        "tests": _calls(cases),
    }


def _cases(tests: object) -> list[Mapping[str, Any]]:
    """Return the tests, each as {"input", "output", ...}."""
    if isinstance(tests, Mapping):
        inputs, outputs = tests.get("inputs"), tests.get("outputs")
        if not isinstance(inputs, list) or not isinstance(outputs, list):
            raise ValueError(
                f"tests: want lists `inputs` and `outputs`, given keys {', '.join(map(str, tests)) or 'none'}"
            )
        if len(inputs) != len(outputs):
            raise ValueError(f"tests: {len(inputs)} inputs, but {len(outputs)} outputs")
        tests = [
            {"input": i, "output": o, "fn_name": tests.get("fn_name")} for i, o in zip(inputs, outputs, strict=True)
        ]
    if not isinstance(tests, list):
        raise ValueError(f"tests: want a list of tests, given {short(tests)}")
    if not tests:
        raise ValueError("tests: there is none")
    for number, case in enumerate(tests):
        if not isinstance(case, Mapping) or "input" not in case or "output" not in case:
            raise ValueError(
                f"tests[{number}]: want `input` and `output`, given {short(case)}; "
                "a row of our own schema names its test_type"
            )
    return tests


def _kind(case: Mapping[str, Any], place: str) -> str:
    key = next((key for key in ("type", "testtype") if case.get(key) is not None), None)
    if key is None:
        return "functional" if case.get("fn_name") else "stdin"
    if case[key] not in _KINDS:
        raise ValueError(f"{place}.{key}: got {short(case[key])}, want one of {', '.join(map(str, _KINDS))}")
    return _KINDS[case[key]]


def _function(cases: list[Mapping[str, Any]], row: Mapping[str, Any]) -> str:
    names = {
        case.get("fn_name") or _metadata(case).get("func_name") or _metadata(row).get("func_name") for case in cases
    }
    if len(names) != 1 or not isinstance(name := names.pop(), str):
        raise ValueError("tests: calls, but no one name of the function (fn_name, metadata.func_name)")
    return name


def _metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = value.get("metadata")
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            return {}
    return metadata if isinstance(metadata, Mapping) else {}


def _calls(cases: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the tests of a function, one JSON value a line.

    Where arguments are a list, results are lists of one value in most rows and bare in some: bare if any is no such
    list, for a wrapper that is not taken off would make each right answer wrong.
    """
    if all(isinstance(case["input"], str) and isinstance(case["output"], str) for case in cases):
        return [{"input": case["input"], "output": case["output"]} for case in cases]
    for number, case in enumerate(cases):
        if not isinstance(case["input"], list):
            raise ValueError(
                f"tests[{number}].input: want a list of arguments, or JSON text with one a line, given "
                f"{short(case['input'])}"
            )
    wrapped = all(isinstance(case["output"], list) and len(case["output"]) == 1 for case in cases)
    return [
        {
            "input": "\n".join(map(exact_json.dumps, case["input"])),
            "output": exact_json.dumps(case["output"][0] if wrapped else case["output"]),
        }
        for case in cases
    ]


def _text(value: object, place: str) -> str:
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        return "\n".join(value)
    if not isinstance(value, str):
        raise ValueError(f"{place}: want text, or a list of its lines, given {short(value)}")
    return value
