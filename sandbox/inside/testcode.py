"""The source of an assert-style test: its analysis and its compilation."""

from __future__ import annotations

import ast
import builtins
import importlib
import importlib.util
import symtable
import sys
from collections.abc import Callable
from types import CodeType
from typing import Any

from sandbox.inside import frameworks, testforms, testrun, values
from sandbox.inside.testrun import CAUGHT, PROGRAM

# Modules that neither catch exceptions of functions passed to them, nor look at types or identity.
_PLAIN_MODULES = frozenset(
    (
        "bisect", "cmath", "collections", "copy", "datetime", "decimal", "fractions", "functools", "heapq", "itertools",
        "math", "numpy", "operator", "random", "re", "statistics", "string", "typing",
    )
)  # fmt: skip
#: Names through which a test could look at a proxy without the proxy's knowledge.
_LOOKING = frozenset(
    [
        "type",
        "id",
        "callable",
        "issubclass",
        "is_",
        "is_not",
        "super",
        "vars",
        "globals",
        "locals",
        "eval",
        "exec",
        "compile",
        "__import__",
        "breakpoint",
    ]
)


class Inseparable(Exception):
    """The reason why the calls of a test cannot be made before it runs."""


class Broken(Exception):
    """The reason why a test cannot run at all, which is no program's fault."""


class TestCode:
    """A compiled test. Messages of its asserts are removed; `soft` compiles a lenient version.

    missing: names that only the program defines. plan: what a framework would call (`testforms.uncalled`).
    """

    def __init__(self, job: dict[str, str]) -> None:
        self.entry = job["entry"]
        if not self.entry.isidentifier():
            raise Broken(f"{self.entry!r} is no function's name")
        self.random = any("random" in job[part] for part in ("starter", "setup", "test"))
        self.silent = True  # nothing catches an exception of a call
        self.plain = True  # nothing looks at a result without the proxy's knowledge
        self.shared = False  # the program may find what the test has written to a file
        self.later = False  # an argument of a call is looked at after it
        self.changing = False  # and that call is there to change it
        self.stars: list[str] = []
        self.head = 0  # how many of the codes come before the program
        self.codes: list[CodeType] = []
        self.trees: list[ast.Module] = []
        self.plan: frameworks.Plan = []
        self.programs: set[str] = set()
        self.frameworks: set[str] = set()
        defined, used = set(dir(builtins)) | {self.entry, "__name__", "__file__", "exit", "quit"}, set[str]()
        of_program = set[str]()
        for part in ("starter", "setup", "test"):
            try:
                tree = ast.parse(job[part])
            except (SyntaxError, ValueError, RecursionError) as error:
                if part == "starter":  # the beginning of a program need not be valid Python
                    continue
                raise Broken(f"the test does not compile: {error}") from None
            self.programs |= _programs(tree, self.entry)
            modules = testforms.imported(tree)
            self.frameworks |= modules & testforms.FRAMEWORKS
            if part != "starter":
                if reason := testforms.unjudged(tree, modules):
                    raise Broken(reason)
                self.shared |= bool(modules & testforms.FILES) or testforms.uses(tree, "open")
                self.later |= testforms.looks_later(tree, self.entry, discarding=False)
                self.changing |= testforms.looks_later(tree, self.entry, discarding=True)
            if absent := _absent(tree, self.programs | testforms.FRAMEWORKS):
                raise Broken(f"the test needs the module {absent}, which is not there")
            of_program |= _imports_of_program(tree, self.programs)
            if part == "test":
                self.plan = testforms.uncalled(tree)
            self._examine(tree)
            self.head += part == "starter"
            self.codes.append(compile(tree, f"{part}.py", "exec", dont_inherit=True))
            self.trees.append(tree)
            names = _names(job[part])
            defined |= names[0]
            used |= names[1]
        for name in self.stars:
            if name in self.programs:
                continue
            try:
                defined |= set(dir(importlib.import_module(name)))
            except ImportError as error:
                raise Broken(f"the test needs a module that is not there: {error}") from None
        self.modules = sorted((used - defined) & sys.stdlib_module_names)  # the program would have imported them
        self._modules(self.modules)
        self.missing = sorted((used - defined - set(self.modules)) | (of_program - {self.entry}))

    def _examine(self, tree: ast.Module) -> None:
        for node in ast.walk(tree):
            match node:
                case ast.Assert():
                    node.msg = None  # a message can look at results
                case ast.Try() | ast.TryStar() | ast.With() | ast.AsyncWith() | ast.Match():
                    self.silent = self.plain = False
                case ast.Import(names=names):
                    self._modules([alias.name for alias in names])
                case ast.ImportFrom(module=module, names=names):
                    self._modules([module or "."])
                    self.stars += [module or "." for alias in names if alias.name == "*"]
                    self.plain &= not any(alias.name in _LOOKING for alias in names)
                case ast.Is() | ast.IsNot():
                    self.plain = False
                case ast.Name(id=name) | ast.Attribute(attr=name):
                    if name in _LOOKING or (name.startswith("__") and name != "__name__"):
                        self.plain = False

    def _modules(self, names: list[str]) -> None:
        if any(name.split(".")[0] not in _PLAIN_MODULES | self.programs for name in names):
            self.silent = self.plain = False

    def run(self, proxy: Callable[..., Any], soft: list[CodeType] | None = None, missing: Any = None) -> None:
        """Run the test, or its lenient codes, with `proxy` as the program's function; `missing`: as all it lacks."""
        others = dict.fromkeys(self.missing, missing) if missing is not None else {}
        testrun.run(self._parts(soft or self.codes), proxy, others, lenient=soft is not None)

    def _parts(self, codes: list[CodeType]) -> testrun.Parts:
        names = sorted(self.programs), sorted(self.frameworks), self.modules
        return self.entry, self.head, self.random, *names, self.plan, codes

    def soft(self) -> list[CodeType]:
        """Return the lenient version, in which each statement that raises is skipped."""
        codes = self.codes[: self.head]
        for tree in self.trees[self.head :]:
            tree.body = _soften(tree.body)
            codes.append(compile(ast.fix_missing_locations(tree), "test.py", "exec", dont_inherit=True))
        return codes

    def packed(self) -> str:
        """Return the compiled test as text, for `testrun.unpacked`."""
        return testrun.packed(self._parts(self.codes))


def _programs(tree: ast.Module, entry: str) -> set[str]:
    """Return the modules that stand for the program: `solution`, and one that has the entry point and is not there."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import) and any(alias.name == PROGRAM for alias in node.names):
            found.add(PROGRAM)
        if isinstance(node, ast.ImportFrom) and node.module and not node.level and "." not in node.module:
            names = {alias.name for alias in node.names}
            if node.module == PROGRAM or (entry in names and not _is_there(node.module)):
                found.add(node.module)
    return found


def _imports_of_program(tree: ast.Module, programs: set[str]) -> set[str]:
    """Return the names that a source takes from the program as a module."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module in programs:
            names |= {alias.name for alias in node.names} - {"*"}
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in programs:
            names.add(node.attr)
    return names


def _is_there(name: str) -> bool:
    return name in sys.modules or importlib.util.find_spec(name) is not None


def _absent(tree: ast.Module, given: frozenset[str] | set[str]) -> str | None:
    """Return a module that a top-level statement imports and that does not exist, else None. No program passes then.

    given: modules that are there while the test runs.
    """
    for statement in tree.body:
        names = [a.name for a in statement.names] if isinstance(statement, ast.Import) else []
        if isinstance(statement, ast.ImportFrom) and not statement.level and statement.module:
            names = [statement.module]
        for name in (name.split(".")[0] for name in names):
            if name not in given and not _is_there(name):
                return name
    return None


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the global names that a source defines, and those that it uses."""
    defined, used = set(), set()
    tables = [symtable.symtable(source, "test.py", "exec")]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if not (top or symbol.is_global()):
                continue
            if symbol.is_assigned() or symbol.is_imported():
                defined.add(symbol.get_name())
            elif symbol.is_referenced():
                used.add(symbol.get_name())
    return defined, used


def _soften(body: list[ast.stmt]) -> list[ast.stmt]:
    """Wrap each statement so that its exceptions are ignored, and as many of a test's calls as possible are made."""
    out: list[ast.stmt] = []
    for statement in body:
        for field in ("body", "orelse", "finalbody"):
            if isinstance(inner := getattr(statement, field, None), list):
                setattr(statement, field, _soften(inner))
        for part in [*getattr(statement, "handlers", []), *getattr(statement, "cases", [])]:
            part.body = _soften(part.body)
        match statement:
            case (
                ast.FunctionDef()
                | ast.AsyncFunctionDef()
                | ast.ClassDef()
                | ast.Import()
                | ast.ImportFrom()
                | ast.Global()
                | ast.Nonlocal()
            ):
                out.append(statement)
            case ast.Pass() | ast.Break() | ast.Continue():
                out.append(statement)
            case _:
                handler = ast.ExceptHandler(ast.Name(CAUGHT, ast.Load()), None, [ast.Pass()])
                out.append(ast.Try([statement], [handler], [], []))
    return out


def call_line(entry: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """Return a call as JSON [name, args, kwargs], with arguments in the form of `values`."""
    named = ",".join(f"{values.quote(key)}:{values.dumps(value)}" for key, value in kwargs.items())
    return f"[{values.quote(entry)},[{','.join(map(values.dumps, args))}],{{{named}}}]"
