"""Tests of type python that judge nothing, found by reading them: a problem that has no other is refused when loaded.

A test is idle if no wrong program fails it. The sandbox finds that out by running it (`inside/wrong_programs.py`),
which must not happen here. Here a test is refused only if it consists of statements that cannot fail, whatever the
program returns; of all others the sandbox decides. Beside a test that judges, an idle one does no harm (MBPP+ has
three).
"""

from __future__ import annotations

import ast
import builtins
import sys
import warnings
from collections.abc import Iterable, Iterator

from sandbox.inside import testforms
from sandbox.problem import Problem

_LONGEST = 20_000  # characters of a test that is read; the long ones of public sets are tables of inputs
_LIBRARIES = sys.stdlib_module_names | {"numpy", "pytest"}
#: Functions that return without judging anything: frameworks run their tests at the end of the file.
_MUTE = frozenset(("print", "unittest.main", "pytest.main", "doctest.testmod"))
_CATCHING = frozenset(("AssertionError", "Exception", "BaseException"))
_Function = ast.FunctionDef | ast.AsyncFunctionDef
_HARMLESS = (
    ast.Constant, ast.Name, ast.Compare, ast.BoolOp, ast.UnaryOp, ast.Tuple, ast.List, ast.Dict, ast.expr_context,
    ast.cmpop, ast.boolop, ast.unaryop, ast.keyword,
)  # fmt: skip


def refuse(problem: Problem) -> None:
    """Raise ValueError for a problem whose tests would accept every program."""
    if all(isinstance(test, str) and idle(test, problem) for test in problem.tests):
        raise ValueError(
            "tests: nothing in them can fail by what the program returns, so every program would be accepted: "
            "mend them or drop the problem"
        )


def idle(test: str, problem: Problem) -> bool:
    """Return whether a test is sure to judge nothing."""
    if len(test) + len(problem.setup_code) > _LONGEST:
        return False
    setup, tree = map(_parsed, (problem.setup_code, test))
    if setup is None or tree is None:  # nobody's fault, and perhaps newer Python than this
        return False
    body = [*setup.body, *tree.body]
    return _Reading(body, problem.entry_point, testforms.uncalled(tree)).harmless


def _parsed(source: str) -> ast.Module | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of an assert of a tuple, and of escapes
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class _Reading:
    """A reading of a test: no statement of it that can run can fail by what the program returns, or one may."""

    def __init__(self, body: list[ast.stmt], entry: str, plan: list[tuple[str, str]]) -> None:
        nodes = [node for statement in body for node in ast.walk(statement)]
        self._run = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        self._run |= {name for _, name in plan}
        parameters = {
            node.args.args[0].arg
            for node in nodes
            if isinstance(node, _Function) and ("check", node.name) in plan and node.args.args
        }
        bound = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
        bound |= {node.name for node in nodes if isinstance(node, _Function | ast.ClassDef)}
        self._known = bound | {entry, *_arguments(nodes), *_imported(nodes), *dir(builtins)}
        self._mute = (_MUTE | {entry, *parameters}) - bound
        self.harmless = self._all(body)

    def _all(self, body: Iterable[ast.stmt], *, caught: bool = False) -> bool:
        """Return whether statements cannot fail; `caught`: an AssertionError of theirs is caught."""
        return all(self._statement(statement, caught) for statement in _alive(body))

    def _statement(self, node: ast.stmt, caught: bool) -> bool:
        match node:
            case ast.Pass() | ast.Break() | ast.Continue():
                return True
            case ast.Import(names=names):
                return all(alias.name.split(".")[0] in _LIBRARIES for alias in names)
            case ast.ImportFrom(module=module, level=0):
                return (module or "").split(".")[0] in _LIBRARIES
            case ast.Expr(value=ast.GeneratorExp()):
                return True
            case ast.Expr(value=value) | ast.Assign(targets=[ast.Name()], value=value) | ast.Return(value=value):
                return value is None or _exits(value) or self._expression(value)
            case ast.Raise():
                return _exits(node)
            case ast.Assert(test=test):
                return self._expression(test) and (caught or _always(test) or _is_constant(test))
            case ast.If(test=test, body=body, orelse=orelse):
                return self._expression(test) and self._all(body, caught=caught) and self._all(orelse, caught=caught)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=last):
                inside = caught or any(map(_catches, handlers))
                rest = [*(part.body for part in handlers), orelse, last]
                return self._all(body, caught=inside) and all(self._all(part, caught=caught) for part in rest)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                values = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
                return (
                    not node.decorator_list
                    and all(map(self._expression, values))
                    and (node.name not in self._run or self._all(node.body))
                )
            case ast.ClassDef(decorator_list=[], keywords=[], body=body):
                return all(_dotted(base) in ("unittest.TestCase", "TestCase", "object") for base in node.bases) and all(
                    isinstance(part, ast.Pass) or (isinstance(part, _Function) and self._all([part, *part.body]))
                    for part in body
                )
        return False

    def _expression(self, node: ast.AST) -> bool:
        """Return whether an expression cannot fail but by the type of a result."""
        if isinstance(node, ast.Call):
            return _dotted(node.func) in self._mute and all(map(self._expression, [*node.args, *node.keywords]))
        if isinstance(node, ast.Name) and node.id not in self._known:
            return False
        return isinstance(node, _HARMLESS) and all(map(self._expression, ast.iter_child_nodes(node)))


def _arguments(nodes: Iterable[ast.AST]) -> set[str]:
    names = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return names | {node.name for node in nodes if isinstance(node, ast.ExceptHandler) and node.name}


def _imported(nodes: Iterable[ast.AST]) -> set[str]:
    return {(node.asname or node.name).split(".")[0] for node in nodes if isinstance(node, ast.alias)}


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
    return isinstance(items, ast.List | ast.Tuple) and not items.elts


def _exits(node: ast.AST) -> bool:
    """Return whether a statement or call ends the test with success: sys.exit(0), quit(), raise SystemExit."""
    if isinstance(node, ast.Expr):
        return _exits(node.value)
    if isinstance(node, ast.Raise):
        return node.exc is not None and (_dotted(node.exc) == "SystemExit" or _exits(node.exc))
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) > 1:
        return False
    well = not node.args or (isinstance(node.args[0], ast.Constant) and node.args[0].value in (0, None))
    return _dotted(node.func) in ("exit", "quit", "sys.exit", "os._exit", "SystemExit") and well


def _dotted(node: ast.AST) -> str:
    """Return a name, or a name and an attribute, as it is written."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _catches(handler: ast.ExceptHandler) -> bool:
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(kind is None or _dotted(kind) in _CATCHING for kind in kinds)


def _is_constant(test: ast.expr) -> bool:
    return not any(isinstance(node, ast.Name | ast.Call) for node in ast.walk(test))


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
    return False
