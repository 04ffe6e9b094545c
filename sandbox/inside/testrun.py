"""The run of a compiled test with a stand-in for the program."""

from __future__ import annotations

import ast
import binascii
import builtins
import contextlib
import importlib
import marshal
import sys
from collections.abc import Callable, Iterable, Iterator
from types import CodeType, ModuleType
from typing import Any

from sandbox.inside import frameworks
from sandbox.inside.pytest_stub import Unsupported
from sandbox.inside.result_proxies import Observed

CAUGHT = "__armature_caught__"
PROGRAM = "solution"  # the module by which many tests import the program
_ASSERTIONS = ("assert_allclose", "assert_almost_equal", "assert_array_almost_equal", "assert_array_equal")

#: A test that can be run: entry point, how many codes come before the program, whether it is random, names of the
#: program as a module, of frameworks and of modules to import, its plan, its codes.
Parts = tuple[str, int, bool, list[str], list[str], list[str], frameworks.Plan, list[CodeType]]


def run(parts: Parts, proxy: Callable[..., Any], others: dict[str, Any] | None = None, lenient: bool = False) -> None:
    """Run a test in a new namespace and pass on its exceptions. An exit with status 0 counts as a normal end.

    others: objects in the place of more that the program would define. lenient: cases that raise are passed over.
    """
    entry, head, seeded, programs, used, modules, plan, codes = parts
    if seeded:
        import random

        random.seed(0)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(0)
    space: dict[str, Any] = {
        "__name__": "__main__",
        "__file__": "test.py",
        "__builtins__": builtins,
        CAUGHT: (Exception, Observed),
    }
    space |= _evaluators(codes)
    for name in modules:
        space[name] = importlib.import_module(name)
    program = ModuleType(PROGRAM)
    vars(program).update({**(others or {}), entry: proxy})
    with frameworks.stand_ins(used, programs, program):
        try:
            for code in codes[:head]:
                with contextlib.suppress(Exception):  # the beginning of a program, which may lack its imports
                    exec(code, space)
            space |= {**(others or {}), entry: proxy}
            for code in codes[head:]:
                exec(code, space)
        except SystemExit as end:
            if end.code not in (None, 0):
                raise
        for case in frameworks.cases(plan, space, entry):
            try:
                case()
            except (Exception, Observed):
                if not lenient:
                    raise


def _evaluators(codes: list[CodeType]) -> dict[str, Any]:
    """Return `eval` and `exec` for a test: of what is not a text of its own, only plain values are evaluated.

    A program would otherwise return the text that decides about it.
    """
    own = set(_texts(codes))

    def evaluate(source: Any, *spaces: Any) -> Any:
        if source in own:
            frame = sys._getframe(1)
            return eval(source, *(spaces or (frame.f_globals, frame.f_locals)))
        tree = ast.parse(source.strip(), mode="eval")
        if any(isinstance(node, ast.Name | ast.Call | ast.Attribute) for node in ast.walk(tree)):
            raise ValueError("a text that holds more than values and operators")
        return eval(compile(tree, "text", "eval"), {"__builtins__": {}})

    def execute(source: Any, *spaces: Any) -> None:
        if source not in own:
            raise Unsupported("the test executes a text that is not its own, which is not supported")
        frame = sys._getframe(1)
        exec(source, *(spaces or (frame.f_globals, frame.f_locals)))

    return {"eval": evaluate, "exec": execute}


def _texts(codes: Iterable[Any]) -> Iterator[str | CodeType]:
    """Yield the texts and code objects that compiled sources contain."""
    for code in codes:
        for part in code.co_consts:
            if isinstance(part, str | CodeType):
                yield part
            if isinstance(part, CodeType):
                yield from _texts([part])


def packed(parts: Parts) -> str:
    """Return a compiled test as text."""
    return binascii.b2a_base64(marshal.dumps(parts), newline=False).decode()


def unpacked(text: str) -> Parts:
    """Return the compiled test in a text of `packed`."""
    parts: Parts = marshal.loads(binascii.a2b_base64(text))
    return parts


@contextlib.contextmanager
def shapes_compared() -> Iterator[None]:
    """Make numpy treat values of different shapes as not close.

    Else `numpy.allclose([], 2.5)` is true, and one number is close to a list of numbers that equal it.
    """
    try:
        import numpy
        import numpy.testing
    except ImportError:  # then no test can use it
        yield
        return

    def strict(plain: Callable[..., Any]) -> Callable[..., Any]:
        return lambda a, b, *args, **kwargs: numpy.shape(a) == numpy.shape(b) and plain(a, b, *args, **kwargs)

    def demanding(plain: Callable[..., None]) -> Callable[..., None]:
        def check(actual: Any, desired: Any, *args: Any, **kwargs: Any) -> None:
            assert numpy.shape(actual) == numpy.shape(desired), (
                f"shape {numpy.shape(actual)} instead of {numpy.shape(desired)}"
            )
            plain(actual, desired, *args, **kwargs)

        return check

    changed = [(numpy, name, strict) for name in ("allclose", "isclose")] + [
        (numpy.testing, name, demanding) for name in _ASSERTIONS
    ]
    theirs = [(module, name, getattr(module, name)) for module, name, _ in changed]
    for module, name, wrap in changed:
        setattr(module, name, wrap(getattr(module, name)))
    try:
        yield
    finally:
        for module, name, plain in theirs:
            setattr(module, name, plain)


def failure_line(error: BaseException) -> str:
    """Return class, message and line of the test of an exception, in one short line."""
    line, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in ("setup.py", "test.py"):
            line = trace.tb_lineno
        trace = trace.tb_next
    try:
        message = str(error)[:200]
    except Exception:  # the test defines its __str__, or it holds values that are too large to be shown
        message = ""
    return f"{type(error).__name__}{': ' if message else ''}{message}" + (f" (line {line} of the test)" if line else "")
