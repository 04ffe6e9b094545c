"""The parts of a test that it leaves to a framework to call: HumanEval's `check`, tests of pytest and of unittest."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from sandbox.inside.frameworks import Plan

#: Frameworks whose modules are replaced while a test runs (`frameworks.py`).
FRAMEWORKS = frozenset(("pytest", "unittest"))
#: Modules by which a test writes files.
FILES = frozenset(("os", "pathlib", "shutil", "sqlite3", "tempfile"))
_LOADING = frozenset(("code", "ctypes", "dill", "marshal", "pickle", "runpy", "shelve"))
_REPLACING = frozenset(("redirect_stdout", "redirect_stderr", "patch"))


def uncalled(tree: ast.Module) -> Plan:
    """Return what a framework would call at the end of the test, in order."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    called = set(_called(tree))
    plan: Plan = []
    for node in _definitions(tree.body):
        if isinstance(node, ast.ClassDef):
            plan.append(("case" if node.name in used else "class", node.name))
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
            plan += [("value", name) for name in names if name.startswith("test") and name not in called]
        elif node.name in called:
            continue
        elif node.name == "check" and _required(node) == 1:
            plan.append(("check", node.name))
        elif node.name.startswith("test") and (node.name not in used or not _required(node)):
            plan.append(("function", node.name))
    return plan


def _called(node: ast.AST) -> Iterator[str]:
    """Yield the names of the functions that a module calls itself, outside of other functions and classes."""
    for part in ast.iter_child_nodes(node):
        if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
            yield part.func.id
        if not isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield from _called(part)


_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign


def _definitions(body: list[ast.stmt]) -> Iterator[_Definition]:
    """Yield the functions, classes and values of a module, also those below a condition."""
    for node in body:
        if isinstance(node, _Definition):
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _definitions(node.body)
            yield from _definitions(getattr(node, "orelse", []))


def _required(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return how many arguments a function needs."""
    args = node.args
    return len(args.posonlyargs) + len(args.args) - len(args.defaults) + args.kw_defaults.count(None)


def unjudged(tree: ast.Module, modules: set[str]) -> str | None:
    """Return why nobody may be judged by a test, or None.

    It would run what the program returns, or it replaces for the program what only its own process has.
    """
    if loading := modules & _LOADING:
        return f"the test uses {min(loading)}, which can run what the program returns"
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            replaced = node.value.id in ("sys", "builtins")
        else:
            replaced = not modules.isdisjoint(("contextlib", "unittest")) and _name(node) in _REPLACING
        if replaced:
            return f"the test replaces what the program prints to or asks ({_name(node)}), which is not supported"
    return None


def uses(tree: ast.Module, name: str) -> bool:
    """Return whether a source uses a name."""
    return any(isinstance(node, ast.Name) and node.id == name for node in ast.walk(tree))


def looks_later(tree: ast.Module, entry: str, *, discarding: bool) -> bool:
    """Return whether a name that is an argument of a call of the program is used again below it.

    discarding: only of calls whose result is not used, or has to be None: what is tested is what they change.
    """
    called = {entry, *(node.arg for node in ast.walk(tree) if isinstance(node, ast.arg))}  # one may be the program
    nodes: Iterable[ast.AST] = _discarded(tree) if discarding else ast.walk(tree)
    ends: dict[str, tuple[int, int]] = {}
    for node in nodes:
        if not isinstance(node, ast.Call) or _name(node.func) not in called:
            continue
        for part in (*node.args, *(keyword.value for keyword in node.keywords)):
            while isinstance(part, ast.Starred | ast.Subscript):
                part = part.value
            if isinstance(part, ast.Name | ast.Attribute):
                end = (node.end_lineno or 0, node.end_col_offset or 0)
                ends[ast.unparse(part)] = min(end, ends.get(ast.unparse(part), end))
    return any(
        isinstance(node, ast.Name | ast.Attribute)
        and isinstance(node.ctx, ast.Load)
        and (node.lineno, node.col_offset) >= ends.get(ast.unparse(node), (node.lineno + 1, 0))
        for node in (ast.walk(tree) if ends else ())
    )


def _discarded(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the expressions whose value is not used, or has to be None."""
    for node in ast.walk(tree):
        match node:
            case (
                ast.Expr(value=value)
                | ast.Compare(left=value, ops=[ast.Is() | ast.Eq()], comparators=[ast.Constant(value=None)])
            ):
                yield value
            case ast.Call(func=func, args=[value, *_]) if _name(func) == "assertIsNone":
                yield value


def _name(node: ast.AST) -> str:
    """Return the last part of a name, or of what an import takes."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name):
            return name
    return ""


def imported(tree: ast.Module) -> set[str]:
    """Return the top-level names of all modules that a source imports anywhere."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.split(".")[0])
    return names
