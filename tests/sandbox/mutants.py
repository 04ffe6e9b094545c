"""Mutants: right programs with one small change, of a kind that a reviewer may overlook."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Iterator

_OPERATORS: dict[type, type] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Div: ast.FloorDiv,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.And: ast.Or,
    ast.Or: ast.And,
}


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield (kind of change, node) for all that can be changed, except docstrings."""
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in _OPERATORS:
            yield "operator", node
        elif isinstance(node, ast.Compare) and type(node.ops[0]) in _OPERATORS:
            yield "comparison", node
        elif (
            isinstance(node, ast.Constant)
            and id(node) not in docstrings
            and isinstance(node.value, bool | int | float | str)
        ):
            yield "constant", node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range" and node.args:
            yield "off by one", node
        elif isinstance(node, ast.FunctionDef) and len(node.body) > 1:
            yield "early return", node


def _change(kind: str, node: ast.AST) -> None:
    if kind == "operator":
        assert isinstance(node, ast.BinOp | ast.BoolOp)
        node.op = _OPERATORS[type(node.op)]()
    elif kind == "comparison":
        assert isinstance(node, ast.Compare)
        node.ops[0] = _OPERATORS[type(node.ops[0])]()
    elif kind == "constant":
        assert isinstance(node, ast.Constant)
        value = node.value
        node.value = not value if isinstance(value, bool) else f"{value}x" if isinstance(value, str) else value + 1
    elif kind == "off by one":
        assert isinstance(node, ast.Call)
        last = min(1, len(node.args) - 1)
        node.args[last] = ast.BinOp(node.args[last], ast.Sub(), ast.Constant(1))
    else:
        assert isinstance(node, ast.FunctionDef)
        argument = node.args.args[-1].arg if node.args.args else None
        node.body.insert(1, ast.Return(ast.Name(argument, ast.Load()) if argument else ast.Constant(None)))


def mutant(source: str, generator: random.Random) -> tuple[str, str] | None:
    """Return (kind of change, changed program), or None where nothing can be changed."""
    tree = ast.parse(source)
    places = list(_places(tree))
    if not places:
        return None
    kinds = sorted({kind for kind, _ in places})
    kind = generator.choice(kinds)  # by kind first: constants are many
    index = generator.choice([i for i, (k, _) in enumerate(places) if k == kind])
    changed = copy.deepcopy(tree)
    _change(kind, list(_places(changed))[index][1])
    text = ast.unparse(ast.fix_missing_locations(changed))
    return None if text == ast.unparse(tree) else (kind, text)
