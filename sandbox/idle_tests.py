"""Tests of type python that judge nothing, found by reading them: a problem that has no other is refused when loaded.

Only what is certain is refused. The sandbox finds the others when it prepares a test (`inside/wrong_programs.py`): it
runs the test, which must not happen here. Beside a test that judges, an idle one does no harm (MBPP+ has three).
"""

from __future__ import annotations

import ast
import builtins
import re
import sys
import warnings
from collections.abc import Iterable, Iterator

from sandbox.inside import testforms
from sandbox.problem import Problem

_LONGEST = 20_000  # characters of a test that is read; the long ones of public sets are tables of inputs
#: Names of functions that can fail a test: a test that calls one is left to the sandbox.
_CHECKING = re.compile(
    r"assert|fail|raise|check|verif|expect|test|exit|abort|exec|eval|compile|main|run", re.IGNORECASE
)
#: Names by which a test may reach the program, or functions of its own, without naming them.
_REACHING = frozenset(
    ("eval", "exec", "compile", "globals", "locals", "vars", "getattr", "modules", "importlib", "__import__",
     "__main__", "inspect")
)  # fmt: skip
_ASSERTION = frozenset(("AssertionError", "Exception", "BaseException"))
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def refuse(problem: Problem) -> None:
    """Raise ValueError for a problem whose tests would accept every program."""
    reasons = []
    for test in problem.tests:
        why = idle(test, problem) if isinstance(test, str) else None
        if why is None:
            return
        reasons.append(why)
    raise ValueError(f"tests: {reasons[0]}, so every program would be accepted: mend them or drop the problem")


def idle(test: str, problem: Problem) -> str | None:
    """Return why a test judges nothing, or None where that is not certain."""
    if len(test) + len(problem.setup_code) > _LONGEST:
        return None
    setup, tree, starter = map(_parsed, (problem.setup_code, test, problem.starter_code))
    if setup is None or tree is None:  # nobody's fault, and perhaps newer Python than this
        return None
    plan = testforms.uncalled(tree)
    reading = _Reading([*setup.body, *tree.body], {name for _, name in plan})
    starting = _defined(starter) if starter else set()
    imports = {alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}
    ways = reading.names | reading.attributes | imports
    known = _defined(setup) | _defined(tree) | starting | set(dir(builtins)) | sys.stdlib_module_names
    if ways & _REACHING:
        return None
    named = bool({problem.entry_point, "candidate"} & ways) or any(kind == "check" for kind, _ in plan)
    if not named and reading.names <= known:  # another name may be the program's too
        return f"it never uses {problem.entry_point}"
    return None if reading.judges else "it has no assertion that can fail"


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an assert of a tuple, and of escapes
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _defined(tree: ast.Module) -> set[str]:
    """Return all names that a source binds anywhere."""
    names = {name.split(".")[0] for name in testforms.imported(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names.add(node.id)
        elif isinstance(node, _Function | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.alias):
            names.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            names.add(node.name)
    return names


class _Reading:
    """Names in the statements that can run, and whether one judges.

    names, attributes: all names in them. judges: whether one can fail the test by what it compares.
    """

    def __init__(self, body: list[ast.stmt], called: set[str]) -> None:
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.judges = False
        self._defined = {
            node.name: node
            for statement in body
            for node in ast.walk(statement)
            if isinstance(node, _Function | ast.ClassDef)
        }
        self._waiting = [*called]
        self._read(body, swallowed=False)
        seen: set[str] = set()
        while self._waiting:
            name = self._waiting.pop()
            if name not in seen and name in self._defined:
                seen.add(name)
                self._open(self._defined[name])

    def _open(self, node: ast.stmt) -> None:
        """Read what a function or class that something names contains; of a class, all methods."""
        body = getattr(node, "body", [])
        self._read(body, swallowed=False)
        if isinstance(node, ast.ClassDef):
            for method in body:
                if isinstance(method, _Function | ast.ClassDef):
                    self._open(method)

    def _read(self, body: Iterable[ast.stmt], *, swallowed: bool) -> None:
        """Read statements; `swallowed`: something catches what an assertion raises, and goes on."""
        for statement in _alive(body):
            if isinstance(statement, _Function | ast.ClassDef):
                for decorator in statement.decorator_list:
                    self._expression(decorator, swallowed)
                if statement.decorator_list:
                    self._waiting.append(statement.name)  # somebody may keep it and call it
                continue
            if isinstance(statement, ast.Try | ast.TryStar):
                inside = swallowed or self._swallows(statement)
                self._read(statement.body, swallowed=inside)
                for handler in statement.handlers:
                    self._read(handler.body, swallowed=swallowed)
                self._read([*statement.orelse, *statement.finalbody], swallowed=swallowed)
                continue
            if isinstance(statement, ast.Assert):
                self.judges |= not swallowed and not _always(statement.test)
            if isinstance(statement, ast.Raise) and not _exits(statement):
                self.judges |= not swallowed
            for field in ast.iter_child_nodes(statement):
                if isinstance(field, ast.stmt):
                    continue
                if isinstance(field, ast.match_case):
                    self._read(field.body, swallowed=swallowed)
                    continue
                self._expression(field, swallowed)
            for part in ("body", "orelse"):
                self._read(getattr(statement, part, []), swallowed=swallowed)

    def _swallows(self, statement: ast.Try | ast.TryStar) -> bool:
        """Return whether a handler catches an assertion's failure without judging anything itself."""
        for handler in statement.handlers:
            kinds = [handler.type] if handler.type is not None else []
            if isinstance(handler.type, ast.Tuple):
                kinds = handler.type.elts
            if not kinds or any(isinstance(kind, ast.Name) and kind.id in _ASSERTION for kind in kinds):
                own = _Reading(handler.body, set())
                return not own.judges and not any(
                    isinstance(node, ast.Assign | ast.AugAssign | ast.Return | ast.Call | ast.Name)
                    for part in handler.body
                    for node in ast.walk(part)
                )
        return False

    def _expression(self, expression: ast.AST, swallowed: bool) -> None:
        for node in ast.walk(expression):
            if isinstance(node, ast.Name):
                self.names.add(node.id)
                self._waiting.append(node.id)
            elif isinstance(node, ast.Attribute):
                self.attributes.add(node.attr)
            elif isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                # What a handler catches here is not known: such a function may end the process.
                self.judges |= bool(_CHECKING.search(name)) and name not in self._defined and not _exits(node)


def _alive(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield the statements that can run, with those of a branch that is always taken in its place."""
    for statement in body:
        if isinstance(statement, ast.If | ast.While) and isinstance(statement.test, ast.Constant):
            taken = statement.body if statement.test.value else statement.orelse
            yield from _alive(taken)
        elif isinstance(statement, ast.For) and _is_empty(statement.iter):
            yield from _alive(statement.orelse)
        else:
            yield statement
            if _exits(statement):
                return


def _is_empty(items: ast.expr) -> bool:
    return isinstance(items, ast.List | ast.Tuple | ast.Set) and not items.elts


def _exits(node: ast.AST) -> bool:
    """Return whether a statement or call ends the test with success: sys.exit(0), quit(), raise SystemExit."""
    if isinstance(node, ast.Expr):
        return _exits(node.value)
    if isinstance(node, ast.Raise):
        return node.exc is not None and (_is_name(node.exc, "SystemExit") or _exits(node.exc))
    if not isinstance(node, ast.Call) or node.keywords:
        return False
    name = getattr(node.func, "id", getattr(node.func, "attr", ""))
    well = not node.args or (isinstance(node.args[0], ast.Constant) and node.args[0].value in (0, None))
    return name in ("exit", "quit", "_exit", "SystemExit") and well


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _always(test: ast.expr) -> bool:
    """Return whether an expression is true whatever its names are."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.Tuple(elts=[first, *_]) | ast.List(elts=[first, *_]):
            return not isinstance(first, ast.Starred)
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(map(_always, values))
        case ast.BoolOp(op=ast.And(), values=values):
            return all(map(_always, values))
        case ast.Lambda() | ast.JoinedStr(values=[ast.Constant(), *_]):
            return True
    return False
