"""The parts of a test that it leaves to a framework to call: HumanEval's `check`, tests of pytest and of unittest."""

from __future__ import annotations

import ast
from collections.abc import Iterator

#: Frameworks whose modules are replaced while a test runs (`frameworks.py`).
FRAMEWORKS = frozenset(("pytest", "unittest"))

#: (kind, name): "check" is called with the program's function, "function" as pytest does; a "class" is a TestCase or,
#: by its name, a class of pytest; a "case" is run only if it is a TestCase, since the test itself uses it.
Plan = list[tuple[str, str]]


def uncalled(tree: ast.Module) -> Plan:
    """Return what a framework would call at the end of the test, in order."""
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    plan: Plan = []
    for node in _definitions(tree.body):
        if isinstance(node, ast.ClassDef):
            plan.append(("case" if node.name in used else "class", node.name))
        elif node.name in used:
            continue
        elif node.name == "check" and _takes_one(node):
            plan.append(("check", node.name))
        elif node.name.startswith("test"):
            plan.append(("function", node.name))
    return plan


def _definitions(body: list[ast.stmt]) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """Yield the functions and classes of a module, also those below a condition."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _definitions(node.body)
            yield from _definitions(getattr(node, "orelse", []))


def _takes_one(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Return whether a function can be called with one positional argument, and not with none."""
    args = node.args
    required = len(args.posonlyargs) + len(args.args) - len(args.defaults)
    return required == 1 and all(default is not None for default in args.kw_defaults)


def imported(tree: ast.Module) -> set[str]:
    """Return the top-level names of all modules that a source imports anywhere."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.split(".")[0])
    return names
