"""Tests that judge nothing, tests that fail by themselves, and tests that a framework would run."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.api import Sandbox
from sandbox.idle_tests import idle, refuse
from sandbox.job import Limits
from sandbox.problem import Problem
from sandbox.verdict import Kind, Verdict
from tests.backends import require

LIMITS = Limits(cpu_s=30.0, wall_s=300.0)
RIGHT, WRONG, RAISES, NOTHING = (
    "def f(x): return x + 1",
    "def f(x): return 'nonsense'",
    "def f(x): raise ValueError(x)",
    "x = 1",
)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    require("jail")
    with Sandbox("jail", 2, LIMITS) as started:
        yield started


def problem(*tests: str, **more: Any) -> Problem:
    return Problem.read({"id": "p", "test_type": "python", "entry_point": "f", "tests": list(tests), **more})


def judged(sandbox: Sandbox, program: str, *tests: str, **more: Any) -> Verdict:
    return sandbox.grade(problem(*tests, **more), program)


#: Tests that accept every program, and whether reading them is enough to know.
IDLE = {
    "empty": ("", True),
    "a comment": ("# assert f(1) == 2", True),
    "pass": ("pass", True),
    "a docstring": ("'''assert f(1) == 2'''", True),
    "only imports": ("import math\nfrom os import path", True),
    "a constant": ("assert True", True),
    "constants compared": ("assert 1 == 1", True),
    "a call": ("f(1)", True),
    "a call kept": ("out = f(1)", True),
    "printed": ("print(f(1) == 2)", True),
    "compared and dropped": ("f(1) == 2", True),
    "a tuple": ('assert (f(1) == 2, "must be 2")', True),
    "a list": ("assert [f(1) == 2]", True),
    "or True": ("assert f(1) == 2 or True", True),
    "or a text": ("assert f(1) == 2 or 'no'", True),
    "swallowed": ("try:\n    assert f(1) == 2\nexcept Exception:\n    pass", True),
    "swallowed by all": ("try:\n    assert f(1) == 2\nexcept:\n    pass", True),
    "swallowed among others": ("try:\n    assert f(1) == 2\nexcept (KeyError, AssertionError):\n    pass", True),
    "swallowed and printed": ("try:\n    assert f(1) == 2\nexcept AssertionError as e:\n    print(e)", True),
    "suppressed": ("import contextlib\nwith contextlib.suppress(Exception):\n    assert f(1) == 2", False),
    "behind an exit": ("import sys\nsys.exit(0)\nassert f(1) == 2", True),
    "behind a raised exit": ("raise SystemExit\nassert f(1) == 2", True),
    "behind an exit of the process": ("import os\nos._exit(0)\nassert f(1) == 2", True),
    "a loop over nothing": ("for x, y in []:\n    assert f(x) == y", True),
    "a loop over an empty zip": ("for x, y in zip([], []):\n    assert f(x) == y", False),
    "all of nothing": ("assert all(f(x) == y for x, y in [])", False),
    "a dead branch": ("if False:\n    assert f(1) == 2", True),
    "a function nobody calls": ("def verify():\n    assert f(1) == 2", True),
    "a coroutine nobody awaits": ("async def t():\n    assert f(1) == 2\nt()", False),
    "a generator nobody runs": ("(f(x) == x for x in [1])", True),
    "doctest": ("import doctest\ndoctest.testmod()", True),
    "a class without tests": ("import unittest\nclass T(unittest.TestCase):\n    pass\nunittest.main()", True),
    "a skipped test": (
        "import unittest\nclass T(unittest.TestCase):\n    @unittest.skip('later')\n    def test(self):\n"
        "        self.assertEqual(f(1), 2)\nunittest.main()",
        False,
    ),
    "a pytest function that compares nothing": ("def test_f():\n    assert True", True),
    "check compares nothing": ("def check(candidate):\n    candidate(1)", True),
    "its argument": ("a = [1]\nf(a)\nassert a == [1]", False),
    "compared with itself": ("assert f(1) == f(1)", False),
    "compared with another call": ("assert f(1) == f(1 + 0)", False),
    "a comparison by numpy, dropped": ("import numpy as np\nnp.allclose(f(1), 2)", False),
    "a key": ("{f(1): 2}", True),
    "returned by check": ("def check(candidate):\n    return candidate(1) == 2", True),
    "returned by a test": ("def test_f():\n    return f(1) == 2", True),
    "a warning": ("import warnings\nif f(1) != 2:\n    warnings.warn('wrong')", False),
    "arithmetic": ("f(1) + 1", False),
    "a method": ("f(1).strip()", False),
    "a length": ("len(f(1))", False),
    "a default value": ("def t(x=f(1)):\n    assert x == 2", True),
    "an exit of a function": ("def t():\n    quit()\n    assert f(1) == 2\nt()", False),
    "a value that is no test": ("test_cases = [f(1) == 2]", True),
    "an alias of the program": ("test_fn = f", True),
    "a test that returns": ("def test_a():\n    return\n    assert f(1) == 2", False),
    "swallowed in a loop": ("while True:\n    try:\n        assert f(1) == 2\n    finally:\n        break", False),
    "an exit with success": ("import sys\nif f(1) != 2:\n    sys.exit(0)", True),
    "its own function": ("def f(x):\n    return x + 1\nassert f(1) == 2", False),
    "only its existence": ("assert callable(f)", False),
    "swallowed by a flag": (
        "ok = True\ntry:\n    assert f(1) == 2\nexcept AssertionError:\n    ok = True\nassert ok",
        False,
    ),
}


@pytest.mark.parametrize("name", IDLE)
def test_a_test_that_accepts_every_program_judges_none(sandbox: Sandbox, name: str) -> None:
    test, _ = IDLE[name]
    for program in (RIGHT, WRONG, RAISES, NOTHING):
        verdict = judged(sandbox, program, test)
        assert (verdict.score, verdict.kind) == (None, Kind.SANDBOX_ERROR), program
    assert "mend the data or drop the problem" in judged(sandbox, RIGHT, test).detail


@pytest.mark.parametrize("name", IDLE)
def test_what_reading_shows_is_refused_when_it_is_loaded(name: str) -> None:
    test, certain = IDLE[name]
    if certain:
        with pytest.raises(ValueError, match="so every program would be accepted"):
            refuse(problem(test))
    refuse(problem(test, "assert f(1) == 2"))


#: Tests that look as if they judged nothing, and judge.
JUDGING = (
    "assert f(1) == 2",
    "assert f(1) != 'nonsense'",
    "assert f(1) is not None and not isinstance(f(1), str)",
    "assert isinstance(f(1), int)",
    "assert (f(1) == 2)",
    "assert (f(1), 'message')[0] == 2",
    "assert not (f(1) == 'nonsense')",
    "for x in [1]:\n    assert f(x) == x + 1",
    "if f(1) != 2:\n    raise RuntimeError('wrong')",
    "import sys\nsys.exit(f(1) != 2)",
    "import sys\nsys.exit(0 if f(1) == 2 else 1)",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    raise",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    raise ValueError('no')",
    "ok = False\ntry:\n    ok = f(1) == 2\nexcept Exception:\n    pass\nassert ok",
    "try:\n    f(1) + 1\nexcept TypeError:\n    assert False",
    "def t():\n    assert f(1) == 2\nt()",
    "def t():\n    assert f(1) == 2\nfor g in [t]:\n    g()",
    "def t():\n    assert f(1) == 2\nglobals()['t']()",
    "t = lambda: f(1) == 2\nassert t()",
    "exec('assert f(1) == 2')",
    "import asyncio\nasync def t():\n    assert f(1) == 2\nasyncio.run(t())",
    "def same(a, b):\n    assert a == b\nsame(f(1), 2)",
    "class C:\n    def __init__(self):\n        assert f(1) == 2\nC()",
    "assert all(f(x) == x + 1 for x in [1, 2])",
    "assert {2: True}.get(f(1), False)",
    "while f(1) != 2:\n    raise AssertionError",
    "def check(candidate):\n    assert candidate(1) == 2\ncheck(f)",
    "x = f(1)\nassert x == 2, 'message'",
    "if __name__ == '__main__':\n    assert f(1) == 2",
    "import numpy.testing\nnumpy.testing.assert_equal(f(1), 2)",
    "{2: 1}[f(1)]",
    "[2].index(f(1))",
    "1 / (f(1) == 2)",
    "if f(1) != 2:\n    quit(1)",
    "if f(1) != 2:\n    exit('wrong')",
    "def t(x=f(1)):\n    assert x == 2\nt()",
    "def t(*, x=f(1)):\n    assert x == 2\nt()",
    "if f(1) != 2:\n    raise TypeError('wrong')",
    "assert_that = {True: print}\nassert_that[f(1) == 2]()",
    "x = [5, 6, 7][f(1)]\nassert x == 7",
    "next(x for x in [2] if x == f(1))",
    "match f(1):\n    case 2:\n        pass\n    case _:\n        raise ValueError",
    "print({True: 'well'}[f(1) == 2])",
    "(lambda y: 1 / (y == 2))(f(1))",
    "iter([1] * (f(1) == 2)).__next__()",
    "want = {2}\nwant.remove(f(1))",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    1 / 0",
    "try:\n    assert f(1) == 2\nexcept AssertionError:\n    exit(1)",
    "try:\n    {2: 1}[f(1)]\nexcept AssertionError:\n    pass",
    "try:\n    assert f(1) == 2\nexcept ValueError:\n    pass",
)


@pytest.mark.parametrize("test", JUDGING)
def test_a_test_that_judges_goes_on_judging(sandbox: Sandbox, test: str) -> None:
    assert not idle(test, problem(test))
    assert judged(sandbox, RIGHT, test).kind is Kind.ACCEPTED
    assert judged(sandbox, WRONG, test).score == 0.0


UNITTEST = "import unittest\nclass T(unittest.TestCase):\n"
#: Tests that a framework runs: each accepts RIGHT and refuses the other programs.
FRAMEWORKS = {
    "HumanEval": "METADATA = {}\n\ndef check(candidate):\n    assert candidate(1) == 2\n    assert candidate(2) == 3\n",
    "HumanEval with a default": "def check(candidate, n=1):\n    assert candidate(n) == n + 1",
    "HumanEval below a condition": "if True:\n    def check(f):\n        assert f(1) == 2",
    "pytest": "def test_f():\n    assert f(1) == 2\n",
    "pytest, the program as a module": "from solution import f\n\ndef test_f():\n    assert f(1) == 2\n",
    "pytest, another module": "from my_code import f\n\ndef test_f():\n    assert f(1) == 2\n",
    "pytest, all of the module": "from solution import *\n\ndef test_f():\n    assert f(1) == 2\n",
    "pytest, the module itself": "import solution\n\ndef test_f():\n    assert solution.f(1) == 2\n",
    "pytest, under another name": "from solution import f as g\n\ndef test_f():\n    assert g(1) == 2\n",
    "pytest, the second fails": "def test_a():\n    assert True\n\ndef test_b():\n    assert f(1) == 2\n",
    "pytest class": "class TestF:\n    def test_f(self):\n        assert f(1) == 2\n",
    "pytest class with set-up": "class TestF:\n    def setup_method(self):\n        self.want = 2\n"
    "    def test_f(self):\n        assert f(1) == self.want\n",
    "pytest class with set-up of the class": "class TestF:\n    @classmethod\n    def setup_class(cls):\n"
    "        cls.want = 2\n    def test_f(self):\n        assert f(1) == self.want\n",
    "parametrize": "import pytest\n@pytest.mark.parametrize('x, y', [(1, 2), (2, 3)])\n"
    "def test_f(x, y):\n    assert f(x) == y\n",
    "parametrize with one name": "import pytest\n@pytest.mark.parametrize('x', [1, 2], ids=str)\n"
    "def test_f(x):\n    assert f(x) == x + 1\n",
    "parametrize twice": "import pytest\n@pytest.mark.parametrize('x', [1])\n@pytest.mark.parametrize('y', [1])\n"
    "def test_f(x, y):\n    assert f(x) == y + 1\n",
    "parametrize with param": "import pytest\n@pytest.mark.parametrize('x,y', [pytest.param(1, 2, id='one')])\n"
    "def test_f(x, y):\n    assert f(x) == y\n",
    "approx": "import pytest\ndef test_f():\n    assert f(1) == pytest.approx(2.0000001)\n",
    "approx on the left": "from pytest import approx\ndef test_f():\n    assert approx([2]) == [f(1)]\n",
    "a fixture": "import pytest\n@pytest.fixture\ndef want():\n    return 2\n\n"
    "def test_f(want):\n    assert f(1) == want\n",
    "a fixture that yields": "import pytest\n@pytest.fixture()\ndef want():\n    yield 2\n\n"
    "def test_f(want):\n    assert f(1) == want\n",
    "an automatic fixture": "import pytest\nclass TestF:\n    @pytest.fixture(autouse=True)\n    def before(self):\n"
    "        self.want = 2\n    def test_f(self):\n        assert f(1) == self.want\n",
    "pytest's main": "import pytest, sys\ndef test_f():\n    assert f(1) == 2\n"
    "if __name__ == '__main__':\n    sys.exit(pytest.main([__file__]))\n",
    "skips itself": "import pytest\ndef test_f():\n    if f(1) != 2:\n        pytest.skip('no')\n    assert f(1) == 2",
    "an async test": "import pytest\n@pytest.mark.asyncio\nasync def test_f():\n    assert f(1) == 2\n",
    "unittest": UNITTEST + "    def test(self):\n        self.assertEqual(f(1), 2)\nunittest.main()",
    "unittest without main": UNITTEST + "    def test(self):\n        self.assertEqual(f(1), 2)\n",
    "unittest main with arguments": UNITTEST + "    def test(self):\n        self.assertEqual(f(1), 2)\n"
    "if __name__ == '__main__':\n    unittest.main(argv=[''], exit=False)\n",
    "unittest with a runner": UNITTEST + "    def test(self):\n        self.assertEqual(f(1), 2)\n"
    "suite = unittest.TestLoader().loadTestsFromTestCase(T)\nunittest.TextTestRunner(verbosity=0).run(suite)\n",
    "unittest, a suite of its own": UNITTEST + "    def test(self):\n        self.assertEqual(f(1), 2)\n"
    "result = unittest.TestResult()\nunittest.defaultTestLoader.loadTestsFromTestCase(T).run(result)\n",
    "unittest with set-up": UNITTEST + "    def setUp(self):\n        self.want = 2\n"
    "    def test(self):\n        self.assertEqual(f(1), self.want)\n",
    "unittest with set-up of the class": UNITTEST + "    @classmethod\n    def setUpClass(cls):\n"
    "        cls.want = 2\n    def test(self):\n        self.assertEqual(f(1), self.want)\n",
    "unittest with subtests": UNITTEST + "    def test(self):\n        for x in range(3):\n"
    "            with self.subTest(x=x):\n                self.assertEqual(f(x), x + 1)\n",
    "unittest, several tests": UNITTEST + "    def test_a(self):\n        self.assertTrue(True)\n"
    "    def test_b(self):\n        self.assertAlmostEqual(f(1), 2.00000001)\n",
    "unittest by another name": "from unittest import TestCase, main\nclass T(TestCase):\n    def test(self):\n"
    "        self.assertIn(f(1), [2])\nmain()",
    "unittest that skips itself": UNITTEST + "    def test(self):\n        if f(1) != 2:\n"
    "            self.skipTest('no')\n        self.assertEqual(f(1), 2)\n",
    "pytest, named elsewhere": "def test_a():\n    assert f(1) == 2\n\nTESTS = [test_a]\n",
    "pytest, named in its own text": "def test_a():\n    assert f(1) == 2, test_a.__name__\n",
    "pytest, run by itself": "def test_a():\n    assert f(1) == 2\n\nif __name__ == '__main__':\n    test_a()\n",
    "pytest, run in a loop": "def test_a():\n    assert f(1) == 2\n\nfor test in [test_a]:\n    test()\n",
    "pytest, a partial": "from functools import partial\ndef same(g):\n    assert g(1) == 2\n"
    "test_a = partial(same, f)\n",
    "pytest, a lambda": "def same(g):\n    assert g(1) == 2\ntest_a = lambda: same(f)\n",
    "pytest, an alias": "def same():\n    assert f(1) == 2\ntest_a = test_b = same\n",
    "a fixture named as the entry point": "import pytest, solution\n@pytest.fixture\ndef f():\n"
    "    return solution.f\n\n"
    "def test_a(f):\n    assert f(1) == 2\n",
    "pytest, set-up of the module": "def setup_module():\n    global want\n    want = 2\n"
    "def test_a():\n    assert f(1) == want\n",
    "pytest, set-up of each function": "want = 0\ndef setup_function(function):\n    global want\n    want += 2\n"
    "def test_a():\n    assert f(1) == want\n",
    "pytest, a base of a class": "class Base:\n    def test_a(self):\n        assert f(1) == 2\nclass TestX(Base):\n"
    "    pass\n",
    "pytest, an optional module": "import pytest\nnp = pytest.importorskip('numpy')\n"
    "def test_a():\n    assert f(1) == np.int64(2)\n",
    "the function's name": "def test_a():\n    assert f.__name__ == 'f' and f(1) == 2\n",
    "HumanEval, named elsewhere": "def check(candidate):\n    assert candidate(1) == 2\n\nCHECKS = [check]\n",
    "unittest, only runTest": UNITTEST + "    def runTest(self):\n        self.assertEqual(f(1), 2)\n",
    "unittest with an import of the program": "import unittest\nfrom solution import f\nclass T(unittest.TestCase):\n"
    "    def test(self):\n        self.assertEqual(f(1), 2)\nunittest.main()",
}


@pytest.mark.parametrize("name", FRAMEWORKS)
def test_what_a_framework_would_run_is_run(sandbox: Sandbox, name: str) -> None:
    test = FRAMEWORKS[name]
    refuse(problem(test))
    verdict = judged(sandbox, RIGHT, test)
    assert (verdict.kind, verdict.trust) == (Kind.ACCEPTED, "strong"), verdict.detail
    for program in (WRONG, RAISES, NOTHING, "import sys\nsys.exit(0)", "def f(x): return 2.5"):
        verdict = judged(sandbox, program, test)
        assert (verdict.score, verdict.trust) == (0.0, "strong"), (program, verdict.detail)


APART = (
    "def test_f():\n    assert f(lambda: 1) == 2\n",
    "def check(candidate):\n    assert candidate(lambda: 1) == 2\n",
    "import unittest\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertEqual(f(lambda: 1), 2)\n"
    "unittest.main()",
    "import pytest\ndef test_f():\n    assert f(lambda: 1) == pytest.approx(2)\n",
    "from solution import f, helper\ndef test_f():\n    assert f(helper) == 2\n",
)


@pytest.mark.parametrize("test", APART)
def test_they_are_run_in_a_process_beside_the_programs_too(sandbox: Sandbox, test: str) -> None:
    right = "helper = lambda: 1\ndef f(g): return g() + 1"
    verdict = judged(sandbox, right, test)
    assert (verdict.kind, verdict.trust) == (Kind.ACCEPTED, "strong"), verdict.detail
    for program in ("helper = lambda: 1\ndef f(g): return g()", "helper = 1\ndef f(g): return None", NOTHING):
        verdict = judged(sandbox, program, test)
        assert (verdict.score, verdict.trust) == (0.0, "strong"), (program, verdict.detail)


@pytest.mark.parametrize(
    ("test", "right", "wrong"),
    [
        ("with pytest.raises(ValueError):\n        f(-1)", RAISES, RIGHT),
        ("with pytest.raises(ValueError, match='-1'):\n        f(-1)", RAISES, "def f(x): raise ValueError(2)"),
        (
            "with pytest.raises((KeyError, ValueError)) as e:\n        f(-1)\n    assert '-1' in str(e.value)",
            RAISES,
            WRONG,
        ),
        ("pytest.raises(ValueError, f, -1)", RAISES, "def f(x): raise KeyError(x)"),
        (
            "assert f(1) == pytest.approx([1.0, 2.0])",
            "def f(x): return [1.0, 2.0000001]",
            "def f(x): return [1.0, 2.1]",
        ),
        ("assert f(1) == pytest.approx([1.0])", "def f(x): return [1]", "def f(x): return [1.0, 1.0]"),
        ("assert f(1) == pytest.approx({'a': 1.0})", "def f(x): return {'a': 1}", "def f(x): return {'b': 1}"),
        ("assert f(1) == pytest.approx(100, abs=1)", "def f(x): return 100.5", "def f(x): return 102"),
        ("assert f(1) == pytest.approx(100, rel=0.1)", "def f(x): return 109", "def f(x): return 111"),
        ("assert f(1) == pytest.approx(1.0)", "def f(x): return 1 + 1e-9", "def f(x): return True"),
        ("assert f(1) == pytest.approx(1.0)", "def f(x): return 1", "def f(x): return '1.0'"),
        ("assert f(1) == pytest.approx(1.0)", "def f(x): return 1.0", "def f(x): return float('nan')"),
        ("assert f(1) == pytest.approx(1e9)", "def f(x): return 1e9 + 1", "def f(x): return float('inf')"),
    ],
)
def test_pytests_own_names_are_as_strict_as_pytests(sandbox: Sandbox, test: str, right: str, wrong: str) -> None:
    test = f"import pytest\ndef test_f():\n    {test}\n"
    assert judged(sandbox, right, test).kind is Kind.ACCEPTED
    assert judged(sandbox, wrong, test).score == 0.0


#: Tests that fail by themselves, whatever the program is: nobody's fault.
OWN_ERRORS = (
    "x = [][0]\nassert f(1) == 2",
    "import math\nmath.no_such\nassert f(1) == 2",
    "assert f(1) == 2\nx = [][0]",
    "x = f(1)\ny = {}['k']\nassert x == 2",
    "want = int('two')\nassert f(1) == want",
    "assert False\nassert f(1) == 2",
    "assert 1 == 2, 'the data are broken'\nassert f(1) == 2",
    "raise RuntimeError('not written yet')\nassert f(1) == 2",
    "import sys\nsys.exit(1)\nassert f(1) == 2",
    "open('/no/such/file').read()\nassert f(1) == 2",
    "def check(candidate):\n    [][0]\n    assert candidate(1) == 2",
    "def test_f():\n    1 / 0\n    assert f(1) == 2",
    "import unittest\nclass T(unittest.TestCase):\n    def setUp(self):\n        self.x = [][0]\n"
    "    def test(self):\n        self.assertEqual(f(1), 2)\nunittest.main()",
    "import pytest\npytest.no_such_thing()\nassert f(1) == 2",
    "def test_f(capsys):\n    f(1)\n    assert capsys.readouterr().out == ''",
    "import pytest\n@pytest.fixture(params=[1])\ndef x(request):\n    return 1\ndef test_f(x):\n    assert f(x) == 2",
    "for i in range(3):\n    assert f(i) == i + 1\nassert 0",
    "x = [][0]\nassert f(lambda: 1) == 2",
)


@pytest.mark.parametrize("test", OWN_ERRORS)
def test_a_tests_own_error_is_nobodys_fault(sandbox: Sandbox, test: str) -> None:
    for program in (RIGHT, WRONG, NOTHING):
        verdict = judged(sandbox, program, test)
        assert (verdict.kind, verdict.score) == (Kind.SANDBOX_ERROR, None), program
        assert "mend the data or drop the problem" in verdict.detail


#: An error that a program brings about is its own, although it arises in the test.
PROGRAMS_ERRORS = (
    "x = [1, 2, 3][f(1)]\nassert x == 3",
    "assert f(1) + 1 == 3",
    "assert len([f(1)]) == 1 and f(1) == 2\nassert {2: 1}[f(1)] == 1",
    "y = f(1)\nif y != 2:\n    raise RuntimeError('wrong')",
    "import math\nassert math.sqrt(f(3)) == 2",
    "try:\n    f('a')\n    raise RuntimeError('it must raise')\nexcept TypeError:\n    pass",
    "x = f(1)\nassert x.bit_length() == 2",
    "for _ in range(f(1)):\n    assert f(1) == 2",
    "def t():\n    return 10 // f(1)\nassert t() == 5",
    "assert sorted([f(1), 1]) == [1, 2]",
)


@pytest.mark.parametrize("test", PROGRAMS_ERRORS)
def test_an_error_by_the_result_is_the_programs(sandbox: Sandbox, test: str) -> None:
    verdict = judged(sandbox, RIGHT, test)
    assert verdict.kind is Kind.ACCEPTED, verdict.detail
    assert judged(sandbox, WRONG.replace("'nonsense'", "'a'"), test).score == 0.0
    assert judged(sandbox, NOTHING, test).score == 0.0


def test_the_beginning_of_a_program_may_lack_its_imports(sandbox: Sandbox) -> None:
    starter = "def f(x: List[int]) -> int:\n    return 0\n"
    assert judged(sandbox, RIGHT, "assert f(1) == 2", starter_code=starter).kind is Kind.ACCEPTED
    assert judged(sandbox, WRONG, "assert f(1) == 2", starter_code=starter).kind is Kind.WRONG
    assert judged(sandbox, RIGHT, "assert f(1) == 2", setup_code="x = [][0]").kind is Kind.SANDBOX_ERROR


def test_an_idle_test_beside_one_that_judges_only_finds_programs_that_raise(sandbox: Sandbox) -> None:
    tests = ("f(1)", "assert f(1) == 2")  # as three rows of MBPP+, whose function `assertion` has no assert
    assert judged(sandbox, RIGHT, *tests).kind is Kind.ACCEPTED
    assert judged(sandbox, WRONG, *tests).kind is Kind.WRONG
    assert judged(sandbox, RAISES, *tests).kind is Kind.RUNTIME_ERROR
    assert judged(sandbox, "def f(x):\n    if x > 5: raise KeyError\n    return x + 1", *tests, "f(6)").score == 0.0
