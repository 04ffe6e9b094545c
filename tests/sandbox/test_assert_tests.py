"""Preparation of assert-style tests (recorded, replayed, apart, broken), and replays."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox.inside import collector, replayer


def collect(
    test: str, setup: str = "", starter: str = "", entry: str = "f"
) -> tuple[str, list[Any], list[dict[str, Any]], str]:
    """Return the last line (kind and reason), calls, expected results, and the packed test."""
    out: list[bytes] = []
    collector.collect(
        None, json.dumps({"entry": entry, "starter": starter, "setup": setup, "test": test}).encode(), out.append
    )
    *lines, last = b"".join(out).decode().splitlines()
    calls = [json.loads(line[1:]) for line in lines if line[0] == "c"]
    return (
        last,
        calls,
        [json.loads(line[1:]) for line in lines if line[0] == "e"],
        next((line[1:] for line in lines if line[0] == "t"), ""),
    )


def replay(test: str, results: list[str], **sources: str) -> dict[str, Any]:
    _, calls, _, packed = collect(test, **sources)
    lines = [f'{{"i":{k},{result}}}' for k, result in enumerate(results)]
    texts = [json.dumps(call, separators=(",", ":")) for call in calls]
    out: list[bytes] = []
    replayer.replay(None, json.dumps({"test": packed, "calls": texts, "results": lines}).encode(), out.append)
    answer: dict[str, Any] = json.loads(out[0])
    return answer


RECORDED = {
    "assert": "assert f(1, 2) == 3",
    "the other side": "assert 3 == f(1, 2)",
    "not unequal": "assert not f(1, 2) != 3",
    "with a message that shows the result": "assert f(1, 2) == 3, f'got {f(1, 2)}'",
    "through a function": "def check(candidate):\n    out = candidate(1, 2)\n    assert out == 3\ncheck(f)",
    "in a list": "assert [f(1, 2)] == [3]",
    "in a dict": "assert {'a': f(1, 2)} == {'a': 3}",
    "a loop over inputs and results": "for i, e in zip([[1, 2]], [3]):\n    assert f(*i) == e",
    "all": "assert all(f(*i) == e for i, e in [([1, 2], 3)])",
    "evalplus": "def a(out, exp, atol):\n    if out != exp and atol != 0:\n        assert abs(out - exp) < atol\n"
    "    else:\n        assert out == exp, f'{out}'\na(f(1, 2), 3, 0)",
}


@pytest.mark.parametrize("test", RECORDED.values(), ids=RECORDED)
def test_equality_with_plain_values_is_the_whole_test(test: str) -> None:
    last, calls, expected, _ = collect(test)
    assert last == "recorded"
    assert calls[0] == ["f", [1, 2], {}]
    assert [(e["k"], e["decides"], e["v"]) for e in expected] == [(0, True, 3)]


NOT_RECORDED = {
    "tolerance": "assert abs(f(1) - 3) < 1e-6",
    "truth": "assert f(1)",
    "negation": "assert f(1) != 3",
    "identity": "assert f(1) is None",
    "not None": "assert f(1) is not None",
    "type": "assert type(f(1)) != str",
    "isinstance": "assert not isinstance(f(1), str)",
    "two results": "assert f(1) == f(2) != 3",
    "length": "assert len(f(1)) == 3",
    "iteration": "assert sorted(f(1)) == [1]",
    "hash": "assert f(1) in {1, 2}",
    "item": "assert f(1)[0] == 3",
    "attribute": "assert f(1).real == 3",
    "result as argument": "assert f(f(1)) == 3",
    "an error is wanted": "try:\n    f(1)\n    assert False\nexcept ValueError:\n    pass",
    "caught": "try:\n    assert f(1) > 0\nexcept BaseException:\n    raise",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(1), 2)\n"
    "T('test').debug()",
    "match": "match f(1):\n    case int():\n        assert False\n    case _:\n        pass",
    "numpy": "import numpy as np\nassert np.allclose(f(1), 3)",
    "array": "import numpy as np\nassert (f(1) == np.array([1, 2])).all()",
    "operator": "import operator\nassert operator.is_not(f(1), None)",
}


@pytest.mark.parametrize("test", NOT_RECORDED.values(), ids=NOT_RECORDED)
def test_any_other_look_needs_the_results(test: str) -> None:
    last, calls, _, _ = collect(test)
    assert last == "replay"
    assert calls[0] == ["f", [1], {}]


def test_a_difference_decides_only_where_the_test_is_sure_to_fail() -> None:
    _, _, expected, _ = collect(
        "assert f(1) == 2 or f(1) == 3\nassert f(2) in [4, 5]\n"
        "assert f(3) == 1\na = f(4) == 1\nassert f(5) == 2\nassert a"
    )
    assert [(e["k"], e["decides"]) for e in expected] == [(0, False), (1, False), (2, True), (3, False), (4, True)]


APART = {
    "a class of the program": ("root = Node(1)\nassert f(root) == 2", "uses Node, which only the program defines"),
    "a function as argument": ("assert f(lambda x: x) == 2", "calls it with a function"),
    "an attribute that no plain value has": ("assert f(1).val == 2", "uses val of a result"),
    "a call of a result": ("assert f(1)(2) == 2", "uses __call__ of a result"),
    "an own object": ("class A: pass\nassert f(A()) == 2", "calls it with a A"),
}


@pytest.mark.parametrize(("test", "why"), APART.values(), ids=APART)
def test_what_cannot_be_split_says_why(test: str, why: str) -> None:
    last, *_ = collect(test)
    assert last.startswith("apart ") and why in last


def test_a_test_without_a_call_is_idle() -> None:
    assert collect("assert 1 == 1")[0] == "idle the test compares nothing that f returns"


def test_what_is_no_python_is_nobodys_fault() -> None:
    last, *_ = collect("assert f(")
    assert last.startswith("broken the test does not compile")


@pytest.mark.parametrize(
    "test", ["import no_such_module\nassert f(1) == 2", "from no_such_module.x import *\nassert f(x) == 2"]
)
def test_a_module_that_is_not_there_is_nobodys_fault(test: str) -> None:
    last, *_ = collect(test)
    assert last.startswith("broken the test needs the module no_such_module")
    assert collect("try:\n    import no_such_module\nexcept ImportError:\n    pass\nassert f(1) == 2")[0] == "replay"


def test_what_the_prompt_and_the_setup_define_is_used_not_the_programs() -> None:
    starter = "def encode(s):\n    return s[::-1]\n\ndef f(s):\n    'the stub'\n"
    last, calls, expected, _ = collect(
        "for s in ['ab']:\n    assert f(encode(s)) == s + X", setup="X = '!'", starter=starter
    )
    assert (last, calls, expected[0]["v"]) == ("recorded", [["f", ["ba"], {}]], "ab!")
    assert collect("assert f(1) == 2", starter="class Solution:\n    def")[0] == "recorded"
    assert collect("import sys\nassert f(1) == 2")[0] == "replay"
    assert collect("assert f(1) == math.sqrt(4)")[0] == "recorded"  # a module that the program would have imported


def test_random_tests_are_the_same_each_time() -> None:
    test = "import random\nfor _ in range(20):\n    n = random.random()\n    assert f(n) == n"
    assert collect(test)[1:3] == collect(test)[1:3]


def test_calls_behind_a_failing_statement_are_found() -> None:
    loop = "    for i, e in [(1, 2.0), (2, 3.0), (3, 4.0)]:\n        np.testing.assert_allclose(c(i), e)\n"
    test = f"import numpy as np\ndef check(c):\n{loop}check(f)"
    assert [call[1] for call in collect(test)[1]] == [[1], [2], [3]]


def test_endless_lenient_loops_end() -> None:
    assert len(collect("while f(1) != 3:\n    pass")[1]) <= collector.MAX_CALLS
    assert collect("assert tuple(f(1)) == (1, 2)")[0] == "replay"


V = '"v":'
REPLAYS: list[tuple[str, list[str], dict[str, Any]]] = [
    ("assert abs(f(1) - 3) < 1e-6", [V + "3.0000001"], {"passed": True}),
    ("assert abs(f(1) - 3) < 1e-6", [V + "3.1"], {"failed": "AssertionError (line 1 of the test)", "raised": False}),
    ("assert f(1) in [1, 2]", [V + "2"], {"passed": True}),
    ("assert f(1) is None", [V + "null"], {"passed": True}),
    ("assert f(1) is not None", [V + "null"], {"failed": "AssertionError (line 1 of the test)", "raised": False}),
    ("assert sorted(f(1)) == [1, 2]", ['"v":{"I":[2,1]}'], {"passed": True}),
    (
        "try:\n    f(1)\n    assert False\nexcept ValueError as e:\n    assert str(e) == 'no'",
        ['"x":["ValueError","Exception"],"m":"no"'],
        {"passed": True},
    ),
    ("assert f(1) > 0", ['"x":["KeyError"],"m":"k"'], {"failed": "KeyError: 'k' (line 1 of the test)", "raised": True}),
    (
        "assert f(1) > 0",
        ['"x":["SystemExit"],"m":"0"'],
        {"failed": "RuntimeError: 0 (line 1 of the test)", "raised": True},
    ),
    (
        "assert list(map(f, [1, 2])) or True",
        ['"x":["StopIteration"],"m":""'],
        {"failed": "RuntimeError (line 1 of the test)", "raised": True},
    ),
    ("assert f(1)", ['"u":"Match","b":true'], {"passed": True}),
    ("out = f(1)\nassert not isinstance(out, bool) and out is not None", ['"u":"Match","b":true'], {"passed": True}),
    (
        "assert f(1).count('a') == 1",
        ['"u":"Match","b":true'],
        {"failed": "a result is no plain value", "raised": False},
    ),
    ("assert not f(1)", ['"u":"Match","b":false'], {"passed": True}),
    ("assert f(1) != 3", ['"u":"Liar","b":true'], {"failed": "a result is no plain value", "raised": False}),
    (
        "try:\n    assert f(1) > 3\nexcept BaseException:\n    pass",
        ['"u":"Liar","b":true'],
        {"failed": "a result is no plain value", "raised": False},
    ),
    ("assert f(f(1)) > 2", [V + "5"], {"more": ['["f",[1],{}]', '["f",[5],{}]']}),
    ("assert f(1) + f(1) == 3", [V + "1", V + "2"], {"passed": True}),
]


@pytest.mark.parametrize(("test", "results", "answer"), REPLAYS)
def test_a_replay(test: str, results: list[str], answer: dict[str, Any]) -> None:
    assert replay(test, results) == answer


def test_a_forged_result_is_nothing_but_data() -> None:
    for line in (
        '"v":{"zz":1}',
        '"v":' + "[" * 50_000,
        "}",
        '"x":["__import__","SystemExit","BaseException","exec"],"m":"1"',
    ):
        assert "passed" not in replay("assert f(1) > 2", [line])


@pytest.mark.parametrize(
    "test",
    [
        "import pickle\nassert pickle.loads(f(1)) == [1]",
        "import marshal\nassert marshal.loads(f(1)) == [1]",
        "ns = {}\nexec(f(1), ns)\nassert ns['x'] == 1",
        "import io, contextlib\nout = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    f(1)\n"
        "assert out.getvalue() == '1\\n'",
        "from unittest.mock import patch\nwith patch('builtins.input', return_value='3'):\n    assert f() == 3",
        "import io, sys\nsys.stdout = io.StringIO()\nf(1)\nassert sys.stdout.getvalue() == '1\\n'",
    ],
)
def test_what_runs_texts_or_replaces_streams_judges_nobody(test: str) -> None:
    assert collect(test)[0].startswith("broken ")


@pytest.mark.parametrize(
    ("test", "right", "wrong"),
    [
        ("import re\nassert re.match('a+$', f(1))", '"v":"aa"', '"v":"ab"'),
        ("assert 'aaab'.startswith(f(1))", '"v":"aa"', '"v":"b"'),
        ("assert 'abc'.replace('b', f(1)) == 'axc'", '"v":"x"', '"v":"y"'),
        ("assert ord(f(1)) == 51", '"v":"3"', '"v":"4"'),
        ("import math\nassert getattr(math, f(1))(4) == 2", '"v":"sqrt"', '"v":"exp"'),
        ("from decimal import Decimal\nassert Decimal(f(1)) == Decimal('0.5')", '"v":"0.5"', '"v":"0.6"'),
        ("assert eval(f(1)) == 24", '"v":"4 * 6"', '"v":"4 + 6"'),
        ("assert eval('f(1)') == 2", '"v":2', '"v":1'),
        ("exec('assert f(1) == 2')", '"v":2', '"v":1'),
    ],
)
def test_functions_written_in_c_and_texts_of_values(test: str, right: str, wrong: str) -> None:
    assert collect(test)[0] == "replay"
    assert replay(test, [right]) == {"passed": True}
    assert "failed" in replay(test, [wrong])


def test_an_evaluated_text_cannot_name_anything() -> None:
    for text in ("__import__('os')._exit(0)", "[].__class__", "x", "type('L', (), {})()", "(lambda y: y)(24)"):
        assert "failed" in replay("assert eval(f(1)) == 24", [f'"v":{json.dumps(text)}'])


def test_dates_are_plain_values() -> None:
    last, _, expected, _ = collect("import datetime\nassert f(1) == datetime.date(2020, 1, 1)")
    assert last == "recorded"
    assert expected[0]["v"]["K"][0] == "date"
