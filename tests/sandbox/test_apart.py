"""Tests that use functions, classes and constants of the program, or pass it functions and objects of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.api import Sandbox
from sandbox.job import Limits
from sandbox.verdict import Kind, Verdict
from tests.backends import require

LIMITS = Limits(cpu_s=30.0, wall_s=300.0)
NODE = "class Node:\n    def __init__(self, x):\n        self.x, self.next = x, None\n"
STACK = """
class Empty(LookupError):
    pass
class Stack:
    def __init__(self): self.a = []
    def push(self, x): self.a.append(x)
    def pop(self):
        if not self.a: raise Empty('nothing left')
        return self.a.pop()
    def __len__(self): return len(self.a)
    def __iter__(self): return iter(self.a)
    def __getitem__(self, k): return self.a[k]
    def __setitem__(self, k, x): self.a[k] = x
    def __repr__(self): return f'Stack({self.a})'
    def __enter__(self): return self
    def __exit__(self, kind, error, trace): self.a.clear()
    @property
    def top(self): return self.a[-1]
def f(s): return s.a[0]
"""
IMPORT = "import pytest\nfrom solution import f, Stack, Empty\ndef test_a():\n    s = Stack()\n"
IMPORT += "    s.push(3)\n    s.push(4)\n"

#: test, a right program, a wrong one.
PAIRS = {
    "a list that is changed": (
        "a = [3, 1, 2]\nf(a)\nassert a == [1, 2, 3]",
        "def f(a): a.sort()",
        "def f(a): a.reverse()",
    ),
    "a list that is changed, by its name": (
        "a = [3, 1, 2]\nf(x=a)\nassert a == [1, 2, 3]",
        "def f(x): x.sort()",
        "def f(x): x.reverse()",
    ),
    "a list that is changed, with None as result": (
        "a = [3, 1, 2]\nassert f(a) is None\nassert a == [1, 2, 3]",
        "def f(a): a.sort()",
        "def f(a): a.reverse()",
    ),
    "a list that is changed, with a result": (
        "a = [2, 2, 1]\nassert f(a) == 2\nassert a == [2, 1]",
        "def f(a):\n    del a[0]\n    return len(a)",
        "def f(a): return 2",
    ),
    "a list that is changed, in a function": (
        "def check(fn):\n    for a, b in [([3, 1], [1, 3])]:\n        fn(a)\n        assert a == b",
        "def f(a): a.sort()",
        "def f(a): a.append(1)",
    ),
    "an attribute that is changed": (
        "import unittest\nclass T(unittest.TestCase):\n    def setUp(self): self.a = [3, 1]\n"
        "    def test(self):\n        f(self.a)\n        self.assertEqual(self.a, [1, 3])",
        "def f(a): a.sort()",
        "def f(a): a.append(1)",
    ),
    "a file": (
        "import os, tempfile\nwith tempfile.NamedTemporaryFile('w', delete=False) as t:\n    t.write('hi')\n"
        "assert f(t.name) == 'hi'",
        "def f(path): return open(path).read()",
        "def f(path): return path",
    ),
    "a function": (
        "assert f(lambda x: x + 1, [1, 2]) == [2, 3]",
        "def f(g, a): return [g(x) for x in a]",
        "def f(g, a): return a",
    ),
    "a function of a library": (
        "import math\nassert f(math.sqrt, [4]) == [2.0]",
        "def f(g, a): return [g(x) for x in a]",
        "def f(g, a): return a",
    ),
    "a builtin": (
        "assert f(len, ['ab']) == [2]",
        "def f(g, a): return [g(x) for x in a]",
        "def f(g, a): return [1]",
    ),
    "a method": (
        "out = []\nf(out.append, 3)\nassert out == [0, 1, 2]",
        "def f(g, n):\n    for i in range(n): g(i)",
        "def f(g, n): g(n)",
    ),
    "a method of a type": (
        "assert f(str.upper, 'a') == 'A'",
        "def f(g, x): return g(x)",
        "def f(g, x): return x",
    ),
    "a key": (
        "a = [3, 1, 2]\nf(a, key=lambda x: -x)\nassert a == [3, 2, 1]",
        "def f(a, key): a.sort(key=key)",
        "def f(a, key): a.sort()",
    ),
    "a grid that is changed": (
        "g = [[1], [2]]\nrow = g[0]\nf(g, abs)\nassert row == [1, 7]",
        "def f(g, h): g[0].append(h(-7))",
        "def f(g, h): g[0].append(h(7) - 1)",
    ),
    "a dict that is changed": (
        "d = {'a': [1]}\nf(d, abs)\nassert d == {'a': [1], 'b': 2}",
        "def f(d, h): d['b'] = 2",
        "def f(d, h): d.clear()",
    ),
    "a function of a function": (
        "assert f(lambda x: x + 1)(1) == 3",
        "def f(g): return lambda x: g(g(x))",
        "def f(g): return g",
    ),
    "a decorator that remembers": (
        "calls = []\ndef h(x):\n    calls.append(x)\n    return x\nm = f(h)\n"
        "assert (m(1), m(1)) == (1, 1)\nassert calls == [1]",
        "import functools\ndef f(g): return functools.cache(g)",
        "def f(g): return g",
    ),
    "an iterator": (
        "assert f(iter([1, 2, 3]), lambda x: x % 2) == [1, 3]",
        "def f(a, g): return list(filter(g, a))",
        "def f(a, g): return list(a)",
    ),
    "an iterator without end": (
        "import itertools\nassert f(itertools.count(), lambda x: x > 2) == 3",
        "def f(a, g): return next(filter(g, a))",
        "def f(a, g): return next(a)",
    ),
    "a generator as result": (
        "g = f(lambda: 1)\nassert [next(g), next(g)] == [1, 2]",
        "def f(h):\n    n = h()\n    while True:\n        yield n\n        n += 1",
        "def f(h):\n    while True: yield h()",
    ),
    "an object of the test": (
        "class N:\n    def __init__(self, v, n=None): self.v, self.n = v, n\nassert f(N(1, N(2))) == 3",
        "def f(h):\n    t = 0\n    while h: t, h = t + h.v, h.n\n    return t",
        "def f(h): return h.v",
    ),
    "an object of the test that is changed": (
        "class N: pass\nn = N()\nf(n)\nassert n.x == [5]",
        "def f(n): n.x = [5]",
        "def f(n): n.x = 5",
    ),
    "a class of the test": (
        "class N:\n    def __init__(self, v): self.v = v\nassert f(N).v == 5",
        "def f(N): return N(5)",
        "def f(N): return N(4)",
    ),
    "an error of the test": (
        "class E(Exception): pass\ndef g(): raise E('a')\ntry:\n    f(g)\n    assert False\n"
        "except E as e:\n    assert str(e) == 'a'",
        "def f(g): return g()",
        "def f(g):\n    try: g()\n    except Exception as e: raise ValueError('a')",
    ),
    "an object of the program": (
        "n = Node(1)\nn.next = Node(2)\nassert f(n) == 3",
        NODE + "def f(n): return n.x + n.next.x",
        NODE + "def f(n): return n.x",
    ),
    "a list of objects": (
        "assert f([Node(1), Node(2)]) == 3",
        NODE + "def f(a): return sum(n.x for n in a)",
        NODE + "def f(a): return len(a)",
    ),
    "an object as result": (
        "assert f(Node(1)).next.x == 2",
        NODE + "def f(n):\n    n.next = Node(2)\n    return n",
        NODE + "def f(n): return n",
    ),
    "an attribute of a result": (
        "assert f(1).val == 2",
        "class N:\n    def __init__(self, x): self.val = x\ndef f(x): return N(x + 1)",
        "class N:\n    def __init__(self, x): self.val = x\ndef f(x): return N(x)",
    ),
    "a method of a result": (
        "assert f('b').group() == 'b'",
        "import re\ndef f(x): return re.search('b', 'abc')",
        "import re\ndef f(x): return re.search('a', 'abc')",
    ),
    "a closure": ("assert f(1)(2) == 3", "def f(a): return lambda b: a + b", "def f(a): return lambda b: b"),
    "the entry point is a class": (
        "s = f()\ns.push(1)\ns.push(2)\nassert s.pop() == 2",
        "class f:\n    def __init__(s): s.a = []\n    def push(s, x): s.a.append(x)\n    def pop(s): return s.a.pop()",
        "class f:\n    def __init__(s): s.a = []\n    def push(s, x): s.a.append(x)\n    def pop(s): return s.a.pop(0)",
    ),
    "equality of an object with itself": (
        "n = Node(1)\nassert f(n) == n and not f(n) != n and n.x == 1",
        NODE + "def f(n): return n",
        NODE + "def f(n): return Node(1)",
    ),
    "identity": (
        "n = Node(1)\nassert f(n) is n",
        NODE + "def f(n): return n",
        NODE + "def f(n): return Node(1)",
    ),
    "two functions": (
        "from solution import f, g\ndef test_a():\n    assert g(f(1)) == 4",
        "def f(x): return x + 1\ndef g(x): return x * 2",
        "def f(x): return x\ndef g(x): return x * 2",
    ),
    "a constant": (
        "from solution import f, MOST\nassert MOST == 5 and f(1) == 6",
        "MOST = 5\ndef f(x): return x + MOST",
        "def f(x): return x + 5",
    ),
    "threads of the test": (
        "from concurrent.futures import ThreadPoolExecutor as E\nwith E(4) as e:\n"
        "    assert list(e.map(lambda x: f(abs, x), range(20))) == list(range(1, 21))",
        "def f(g, x): return g(x) + 1",
        "def f(g, x): return g(x)",
    ),
    "threads of the program": (
        "assert f(lambda x: x + 1, 20) == list(range(1, 21))",
        "from concurrent.futures import ThreadPoolExecutor as E\n"
        "def f(g, n):\n    with E(4) as e: return list(e.map(g, range(n)))",
        "def f(g, n): return list(range(n))",
    ),
    "a coroutine": (
        "import asyncio\nassert asyncio.run(f(lambda: 1)) == 2",
        "async def f(g): return g() + 1",
        "async def f(g): return g()",
    ),
    "dates": (
        "import datetime as d\nassert f(d.date(2020, 1, 1), abs) == d.date(2020, 1, 2)",
        "import datetime\ndef f(x, g): return x + datetime.timedelta(1)",
        "def f(x, g): return x",
    ),
    "near": (
        "import math\nassert math.isclose(f(lambda: 0.1), 0.3)",
        "def f(g): return g() + 0.2",
        "def f(g): return g()",
    ),
    "arrays": (
        "import numpy as np\nassert np.allclose(f(lambda: 1), [1.0, 2.0])",
        "def f(g): return [1, 2]",
        "def f(g): return []",
    ),
    "a stack": (
        IMPORT + "    assert s.pop() == 4 and len(s) == 1 and f(s) == 3",
        STACK,
        STACK.replace("a.pop()", "a.pop(0)"),
    ),
    "items": (
        IMPORT + "    s[0] = 7\n    assert [*s] == [7, 4] and s[1] == 4 and s.top == 4",
        STACK,
        STACK.replace("= x", "= 3"),
    ),
    "its text": (
        IMPORT + "    assert repr(s) == 'Stack([3, 4])'",
        STACK,
        STACK.replace("f'Stack", "f'stack"),
    ),
    "its error": (
        IMPORT + "    s.pop(), s.pop()\n    with pytest.raises(Empty, match='nothing'):\n        s.pop()",
        STACK,
        STACK.replace("raise Empty(", "raise LookupError("),
    ),
    "its error by its base": (
        IMPORT + "    with pytest.raises(LookupError):\n        s.pop(), s.pop(), s.pop()",
        STACK,
        STACK.replace("LookupError", "Exception"),
    ),
    "its context": (
        IMPORT + "    with s as t:\n        assert t is s\n    assert len(s) == 0",
        STACK,
        STACK.replace("self.a.clear()", "pass"),
    ),
    "its class": (
        IMPORT + "    assert isinstance(s, Stack) and not isinstance(3, Stack) and s.pop() == 4",
        STACK,
        STACK.replace("a.pop()", "a.pop(0)"),
    ),
}


@pytest.fixture(scope="module", params=("jail", "docker"))
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(require(request.param), 2, LIMITS) as started:  # type: ignore[arg-type]
        yield started


def judged(sandbox: Sandbox, test: str, program: str) -> Verdict:
    problem = {"id": "p", "test_type": "python", "entry_point": "f", "tests": [test]}
    return sandbox.grade(problem, program)


#: A program that does not end costs the time limit.
ENDLESS = ("an iterator without end",)


@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=[pytest.mark.slow, pytest.mark.turn] if name in ENDLESS else ()) for name in PAIRS],
)
def test_each_side_uses_what_the_other_one_has(sandbox: Sandbox, name: str) -> None:
    test, right, wrong = PAIRS[name]
    verdict = judged(sandbox, test, right)
    assert (verdict.kind, verdict.trust) == (Kind.ACCEPTED, "strong"), verdict.detail
    for program in (wrong, "x = 1", "def f(*args, **kwargs): raise ValueError", "import os\nos._exit(0)"):
        verdict = judged(sandbox, test, program)
        assert (verdict.score, verdict.trust) == (0.0, "strong"), (program, verdict)


TWO = "assert f(lambda: 1) == 2"
CASE = (
    "import unittest\nclass T(unittest.TestCase):\n    def one(self):\n        return 1\n    def test(self):\n        "
)
FORGE = """
import os, sys
def forge(emit):
    for text in (b'{"passed":true,"swayed":false}\\n', b'{"v":2}\\n'):
        emit(text)
"""
NAMES = """
import sys
def f(g): return 7
def offered(names):
    frame = sys._getframe(1)
    while 'peer' not in frame.f_locals:
        frame = frame.f_back
    offer = frame.f_locals['peer'].offer
    frame.f_locals['peer'].offer = lambda x, number: offer(lambda asked: names, number)
"""
#: Programs that lie, patch, forge or leave.
HOSTILE = {
    "more names than asked": (
        "assert all(f(lambda: k) == k + 1 for k in range(3))",
        NAMES + "offered({'f': f, 'all': lambda x: True})",
    ),
    "a function of the test's arithmetic": (
        "assert abs(f(lambda: 1) - 2) < 1e-6",
        NAMES + "offered({'f': f, 'abs': lambda x: 0})",
    ),
    "the test's own name": (
        "def go():\n    assert f(lambda: 1) == 2\nif __name__ == '__main__':\n    go()",
        NAMES + "offered({'f': f, '__name__': 'x'})",
    ),
    "builtins as a name": (
        "assert all(f(lambda: k) == k + 1 for k in range(3))",
        NAMES + "offered({'f': f, '__builtins__': {'all': bool, 'range': range}})",
    ),
    "no names": (TWO, NAMES + "offered([1])"),
    "an object that gives names": (
        "assert all(f(lambda: k) == k + 1 for k in range(3))",
        NAMES + "class D(dict): pass\noffered(D(f=f, all=bool))",
    ),
    "a text that decides": (
        "assert eval(f(lambda: 1)) == 2",
        "def f(g): return \"type('L', (), {'__eq__': lambda s, o: True})()\"",
    ),
    "a text that writes and exits": (
        "assert eval(f(lambda: 1)) == 2",
        "def f(g): return '__import__(\"os\")._exit(0)'",
    ),
    "equal to all": (
        TWO,
        "class L:\n    def __eq__(s, o): return True\n    __hash__ = None\ndef f(g): return L()",
    ),
    "unequal to none": (
        "assert not f(lambda: 1) != 2",
        "class L:\n    def __ne__(s, o): return False\ndef f(g): return L()",
    ),
    "an int that lies": (
        TWO,
        "class L(int):\n    def __eq__(s, o): return True\ndef f(g): return L(7)",
    ),
    "in a list": (
        "assert f(lambda: 1) == [2]",
        "class L:\n    def __eq__(s, o): return True\ndef f(g): return [L()]",
    ),
    "in a set": (
        "assert f(lambda: 1) in {2, 3}",
        "class L:\n    def __eq__(s, o): return True\n    def __hash__(s): return 2\ndef f(g): return L()",
    ),
    "as a list": (
        "assert [*f(lambda: 1)] == [2]",
        "class L:\n    def __eq__(s, o): return True\n    def __iter__(s): return iter([s])\ndef f(g): return L()",
    ),
    "by a class": (
        TWO,
        "class M(type):\n    def __eq__(s, o): return True\n    __hash__ = type.__hash__\n"
        "class f(metaclass=M):\n    def __init__(s, g): pass\n    def __eq__(s, o): return True",
    ),
    "near to all": (
        "import math\nassert math.isclose(f(lambda: 1), 2)",
        "class L:\n    def __float__(s): return 7.0\n    def __eq__(s, o): return True\ndef f(g): return L()",
    ),
    "approximately": (
        "import pytest\nassert f(lambda: 1) == pytest.approx(2)",
        "class L:\n    def __eq__(s, o): return True\n    def tolist(s): return s\ndef f(g): return L()",
    ),
    "an object of the framework": (
        TWO,
        "from unittest.mock import ANY\ndef f(g): return ANY",
    ),
    "TestCase patched": (
        CASE + "self.assertEqual(f(lambda: 1), 2)",
        "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\n"
        "unittest.TestCase.debug = lambda *a: None\ndef f(g): return 7",
    ),
    "pytest patched": (
        "import pytest\ndef test_a():\n    assert f(lambda: 1) == pytest.approx(2)",
        "import sys\nfor m in list(sys.modules.values()):\n"
        "    if hasattr(m, 'approx'): m.approx = lambda *a: 7\ndef f(g): return 7",
    ),
    "builtins patched": (
        "assert sorted(f(lambda: [2, 1])) == [1, 2]",
        "import builtins\nbuiltins.sorted = lambda x: [1, 2]\ndef f(g): return []",
    ),
    "the test's object patched": (
        CASE + "self.assertEqual(f(self), 2)",
        "def f(s):\n    s.assertEqual = lambda a, b: None\n    return 7",
    ),
    "the test's globals": (
        "WANT = 2\ng = lambda: WANT - 1\nassert f(g) == WANT",
        "def f(g): return g.__globals__['WANT']",
    ),
    "the test's frames": (
        "WANT = 2\nassert f(x for x in [1]) == WANT and f(lambda: 1) == 2",
        "def f(g): return g.gi_frame.f_globals['WANT']",
    ),
    "the test's class": (
        "class N:\n    WANT = 2\nassert f(N()) == 2",
        "def f(n): return n.__class__.WANT",
    ),
    "frames": (
        TWO,
        (
            "import sys\n"
            + FORGE
            + (
                "def f(g):\n    frame = sys._getframe()\n    while frame:\n"
                "        if callable(frame.f_locals.get('emit')): forge(frame.f_locals['emit'])\n"
                "        frame = frame.f_back\n    os._exit(0)"
            )
        ),
    ),
    "every descriptor": (
        TWO,
        (
            FORGE
            + (
                "def f(g):\n    for fd in range(128):\n        try: forge(lambda text: os.write(fd, text))\n"
                "        except OSError: pass\n    os._exit(0)"
            )
        ),
    ),
    "answers before questions": (
        TWO,
        'import os\nos.write(101, b\'{"v":{"R":5}}\\n\' * 5)\ndef f(g): return 7',
    ),
    "no message": (
        TWO,
        "import os\ndef f(g): os.write(101, b'nonsense\\n')",
    ),
    "questions to nobody": (
        TWO,
        'import os\ndef f(g):\n    os.write(101, b\'{"use":"call","of":7,"args":[],"named":{}}\\n\')\n    return 7',
    ),
    "an import by the test": (
        TWO,
        'import os\ndef f(g):\n    os.write(101, b\'{"v":{"N":["os","_exit"]}}\\n\')',
    ),
    "a closed pipe": (
        TWO,
        "import os\ndef f(g):\n    os.close(101)\n    return 2",
    ),
    "signals": (
        TWO,
        "import os\ndef f(g):\n    for n in (2, 15, 9, 19): os.kill(os.getppid(), n)\n    return 7",
    ),
    "an exit": (
        TWO,
        "import sys\ndef f(g): sys.exit(0)",
    ),
    "an exit that is caught": (
        "try:\n    assert f(lambda: 1) == 2\nexcept AssertionError:\n    raise\nexcept BaseException:\n    pass",
        "import os\ndef f(g): os._exit(0)",
    ),
    "an exit in the callback": (
        "import sys\ndef g(): sys.exit(1)\nassert f(g) == 2",
        "def f(g): g()",
    ),
    "a wrong error": (
        "class E(Exception): pass\ndef g(): raise E\ntry:\n    f(g)\n    assert False\nexcept E:\n    pass",
        "class E(Exception): pass\ndef f(g): raise E",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_program_makes_a_test_pass_that_it_fails(sandbox: Sandbox, name: str) -> None:
    verdict = judged(sandbox, *HOSTILE[name])
    assert (verdict.score, verdict.trust) == (0.0, "strong"), verdict


SUM = "def f(g): return L()\nclass L:\n    def __init__(s, x=0): s.x = x\n    def __eq__(s, o): return True\n"
#: Tests that a program's own operators would decide.
SWAYED = (
    ("assert abs(f(lambda: 1) - 2) < 1e-6", SUM + "    def __sub__(s, o): return 0"),
    ("assert f(lambda: 1) > 1", SUM + "    def __gt__(s, o): return True"),
    ("assert 2 - f(lambda: 1) == 0", SUM + "    def __rsub__(s, o): return 0"),
    ("assert 2 in f(lambda: 1)", SUM + "    def __contains__(s, o): return True"),
    ("assert f(lambda: 1) == L(2) and f(lambda: 1) is not None and L(1).x == 1", SUM),
    ("assert f(lambda: 1).startswith('a')", SUM + "    def startswith(s, o): return True"),
    ("assert f(lambda: {1}).issuperset({1, 2})", SUM + "    def issuperset(s, o): return True"),
    ("x = f(lambda: 1)\nx += 2\nassert x == 4", SUM + "    def __iadd__(s, o): return 4"),
)


@pytest.mark.parametrize(("test", "program"), SWAYED)
def test_what_a_programs_operators_decide_is_not_judged(sandbox: Sandbox, test: str, program: str) -> None:
    verdict = judged(sandbox, test, program)
    assert (verdict.kind, verdict.score, verdict.trust) == (Kind.SANDBOX_ERROR, None, "weak"), verdict
    assert "own operators" in verdict.detail
    assert judged(sandbox, test + "\nassert f(lambda: 1) == 5", program).score == 0.0


@pytest.mark.parametrize(
    "test",
    ["import math\nassert f(math) == 3", "assert f(object()) == 3", "class T(Base):\n    pass\nassert f(T()) == 3"],
)
def test_what_cannot_be_passed_is_not_judged(sandbox: Sandbox, test: str) -> None:
    assert judged(sandbox, test, "class Base: pass\ndef f(x): return 3").score is None


def test_how_a_program_ended_is_known(sandbox: Sandbox) -> None:
    def kind(program: str) -> Kind:
        return judged(sandbox, TWO, program).kind

    assert kind("def f(:") is Kind.COMPILE_ERROR
    assert kind("1 / 0") is Kind.RUNTIME_ERROR
    assert "ZeroDivisionError" in judged(sandbox, TWO, "1 / 0").detail
    assert kind("def f(g): return bytearray(1 << 40)") is Kind.MEMORY_LIMIT
    assert kind("import os\ndef f(g): os.abort()") is Kind.RUNTIME_ERROR
    short = Limits(cpu_s=0.3, wall_s=100.0)
    problem = {"id": "p", "test_type": "python", "entry_point": "f", "tests": [TWO]}
    assert sandbox.grade(problem, "def f(g):\n    while True: pass", short).kind is Kind.TIME_LIMIT
    assert sandbox.grade(problem, "import time\ndef f(g): time.sleep(99)", short).kind is Kind.TIME_LIMIT


@pytest.mark.parametrize("test", ["assert f(3) == 3", "assert f(lambda: 3)() == 3"])
@pytest.mark.parametrize(
    "guarded",
    ["print(int(input()))", "raise SystemExit", "import unittest\n    unittest.main()", "assert f(1) == 2"],
)
def test_a_program_is_no_script_where_its_functions_are_called(sandbox: Sandbox, test: str, guarded: str) -> None:
    program = f"def f(n):\n    return n\nif __name__ == '__main__':\n    {guarded}\n"
    assert judged(sandbox, test, program).kind is Kind.ACCEPTED


@pytest.mark.parametrize(
    "program", ["def f(a):\n    a.clear()\n    return []", "def f(a):\n    del a[:]\n    return a"]
)
def test_an_argument_that_a_call_changes_does_not_change_what_is_expected(sandbox: Sandbox, program: str) -> None:
    for test in ("a = [3, 1]\nr = f(a)\nassert r == sorted(a)", "a = [3, 1]\nassert f(a) == sorted(a)"):
        assert judged(sandbox, test, program).kind is Kind.WRONG


@pytest.mark.parametrize("result", ["date(2020, 1, 4)", "timedelta(days=4)", "datetime(2020, 1, 4, 5)", "time(4)"])
def test_dates_as_results(sandbox: Sandbox, result: str) -> None:
    test = f"import datetime\nassert f(4) == datetime.{result}"
    program = "import datetime\ndef f(x): return datetime."
    assert judged(sandbox, test, program + result).kind is Kind.ACCEPTED
    assert judged(sandbox, test, program + result.replace("4", "3", 1)).kind is Kind.WRONG
