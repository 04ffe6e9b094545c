"""The tests of a file that a framework would run: HumanEval's `check`, functions and classes of pytest, TestCases.

`stand_ins` puts modules in the place of frameworks while a test runs; `cases` gives the calls that remain at its end.
The first exception of a case is the test's. What is skipped by a decorator is not run; a test that skips itself while
it runs has failed, since a program could bring that about.
"""

from __future__ import annotations

import itertools
import sys
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from types import FunctionType, ModuleType
from typing import Any

from sandbox.inside import pytest_stub
from sandbox.inside.pytest_stub import Unsupported

Case = Callable[[], object]
#: (kind, name): "check" is called with the program's function, "function" as pytest does; a "class" is a TestCase or,
#: by its name, a class of pytest; a "case" is run only if it is a TestCase, since the test itself uses it; a "value"
#: is run if it is a function.
Plan = list[tuple[str, str]]


@contextmanager
def stand_ins(used: Iterable[str], programs: Iterable[str], program: ModuleType) -> Iterator[None]:
    """Replace the frameworks among the modules `used`; `programs` are names by which the test imports the program."""
    replaced: dict[str, Any] = dict.fromkeys(programs, program)
    if "pytest" in used:
        replaced["pytest"] = pytest_stub
    with ExitStack() as stack:
        for name, module in replaced.items():
            stack.callback(_put_back, name, sys.modules.get(name))
            sys.modules[name] = module
        if "unittest" in used:
            stack.enter_context(_unittest_waits())
        yield


def _put_back(name: str, module: ModuleType | None) -> None:
    if module is None:
        sys.modules.pop(name, None)
    else:
        sys.modules[name] = module


@contextmanager
def _unittest_waits() -> Iterator[None]:
    """Let `unittest.main()` and runners do nothing: they swallow failures, and the TestCases run at the end."""
    import unittest

    class Done:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.result = unittest.TestResult()

    runner: Any = unittest.TextTestRunner
    theirs = unittest.main, unittest.TestProgram, runner.run
    unittest.main = unittest.TestProgram = Done  # type: ignore[assignment,misc]
    runner.run = lambda self, test: unittest.TestResult()
    try:
        yield
    finally:
        unittest.main, unittest.TestProgram, runner.run = theirs  # type: ignore[misc]


def cases(plan: Plan, space: Mapping[str, Any], entry: str) -> Iterator[Case]:
    """Yield the calls of a plan (`testforms.uncalled`) in the namespace of a test that has run."""
    tested = [name for kind, name in plan if kind in ("function", "value", "class")]
    if tested and callable(space.get("setup_module")):
        yield partial(_with_fixtures, space["setup_module"], {"module": None}, space, ExitStack())
    for kind, name in plan:
        item = space.get(name)
        if item is None:  # below a condition that did not hold
            continue
        if kind == "check":
            yield partial(item, space[entry])
        elif kind == "function" or (
            kind == "value" and type(item) in (FunctionType, partial) and item is not space[entry]
        ):
            yield from _calls(item, ChainMap({"candidate": space[entry]}, dict(space)))
        elif _is_test_case(item):
            yield from _test_case(item)
        elif kind == "class" and name.startswith("Test"):
            yield from _class(item, space)


# -- unittest ----------------------------------------------------------------------------------------------------
def _is_test_case(item: Any) -> bool:
    unittest = sys.modules.get("unittest")
    return unittest is not None and isinstance(item, type) and issubclass(item, unittest.TestCase)


def _test_case(cls: Any) -> Iterator[Case]:
    if _unittest_skips(cls):
        return
    names = [
        n for n in sys.modules["unittest"].TestLoader().getTestCaseNames(cls) if not _unittest_skips(vars_of(cls, n))
    ]
    if not names and hasattr(cls, "runTest"):
        names = ["runTest"]
    if not names:
        return
    yield cls.setUpClass
    for name in names:
        yield partial(_debug, cls, name)
    yield cls.tearDownClass


def vars_of(cls: type, name: str) -> Any:
    """Return an attribute of a class as it was defined, in the class or a base."""
    return next((vars(base)[name] for base in cls.__mro__ if name in vars(base)), None)


def _unittest_skips(item: Any) -> bool:
    return bool(getattr(item, "__unittest_skip__", False) or getattr(item, "__unittest_expecting_failure__", False))


def _debug(cls: Any, name: str) -> None:
    cls(name).debug()


# -- pytest ------------------------------------------------------------------------------------------------------
def _class(cls: type, space: Mapping[str, Any]) -> Iterator[Case]:
    if any(mark.skips for mark in getattr(cls, "armature_marks", ())):
        return
    names = [n for base in reversed(cls.__mro__) for n in vars(base) if n.startswith("test")]
    if names and hasattr(cls, "setup_class"):
        yield cls.setup_class
    for name in dict.fromkeys(names):
        yield from _calls(getattr(cls, name), space, cls)


def _calls(function: Any, scope: Mapping[str, Any], cls: Any = None) -> Iterator[Case]:
    """Yield the calls of a test function, one for each set of its parameters."""
    if not callable(function):
        return
    marks = getattr(function, "armature_marks", ())
    if any(mark.skips for mark in marks):
        return
    sets = [mark.sets() for mark in (*marks, *getattr(cls, "armature_marks", ())) if mark.name == "parametrize"]
    for parts in itertools.product(*sets):
        yield partial(_call, function, {k: v for part in parts for k, v in part.items()}, scope, cls)


def _call(function: Any, given: Mapping[str, Any], scope: Mapping[str, Any], cls: Any) -> None:
    with ExitStack() as stack:
        if cls is not None:
            instance = cls()
            own = {n: getattr(instance, n) for base in cls.__mro__[:-1] for n, v in vars(base).items() if callable(v)}
            scope = ChainMap(own, dict(scope))
            function = getattr(instance, function.__name__)
            if "setup_method" in own:
                _with_fixtures(own["setup_method"], {"method": function}, scope, stack)
            if "teardown_method" in own:
                stack.callback(_with_fixtures, own["teardown_method"], {"method": function}, scope, stack)
        elif callable(scope.get("setup_function")):
            _with_fixtures(scope["setup_function"], {"function": function}, scope, stack)
        for name, item in scope.items():
            if getattr(item, "armature_fixture", "") == "always":
                _fixture(name, scope, stack)
        result = _with_fixtures(function, given, scope, stack)
        if hasattr(result, "cr_frame"):  # an async function, which somebody has to await
            import asyncio

            asyncio.run(result)


def _with_fixtures(function: Any, given: Mapping[str, Any], scope: Mapping[str, Any], stack: ExitStack) -> Any:
    """Call a function with the given arguments and with fixtures for the others that it requires."""
    import inspect

    arguments = {}
    for name, parameter in inspect.signature(function).parameters.items():
        if name in given:
            arguments[name] = given[name]
        elif parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        ):
            arguments[name] = _fixture(name, scope, stack)
    return function(**arguments)


def _fixture(name: str, scope: Mapping[str, Any], stack: ExitStack) -> Any:
    item = scope.get(name)
    if name == "candidate" and item is not None:
        return item
    if not getattr(item, "armature_fixture", ""):
        raise Unsupported(f"the test needs the fixture {name}, which is not supported")
    value = _with_fixtures(item, {}, scope, stack)
    if hasattr(value, "gi_frame"):
        stack.callback(next, value, None)
        return next(value)
    return value
