"""A program's canonical form.

It is equal for programs that differ in comments, white space, docstrings, annotations and the names of their variables.
Names are numbered by their first appearance: those that the module binds, and in each outermost function those that
it binds. Names that others see are kept: the entry point, imported modules, the names in a class, attributes,
keywords of calls. Nothing here compiles or runs the program.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterable, Mapping

LONGEST = 100_000  # characters; beyond that a program is taken as it stands

#: The attribute in which a node that names something keeps the name.
_NAME_OF: Mapping[type[ast.AST], str] = {
    ast.Name: "id",
    ast.arg: "arg",
    ast.FunctionDef: "name",
    ast.AsyncFunctionDef: "name",
    ast.ClassDef: "name",
    ast.ExceptHandler: "name",
    ast.alias: "asname",
    ast.MatchAs: "name",
    ast.MatchStar: "name",
    ast.MatchMapping: "rest",
}


def canonical(program: str, entry_point: str = "") -> str:
    """Return the digest (16 hex digits) of the program's canonical form.

    A text that is no Python is taken as it stands, but for white space at the ends of lines.
    """
    try:
        if len(program) > LONGEST:
            raise ValueError("too long")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes that Python will refuse some day
            tree = ast.parse(program)
        _simplify(tree)
        _number_names(tree, frozenset(entry_point.split(".")))
        text = ast.dump(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # no program, or one nested too deep to be parsed
        text = "\n".join(line.rstrip() for line in program.splitlines()).strip()
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _simplify(tree: ast.Module) -> None:
    """Take docstrings and annotations away."""
    for node in ast.walk(tree):
        match node:
            case ast.Module(body=[ast.Expr(value=ast.Constant(value=str())), *rest]):
                node.body = rest
            case ast.ClassDef(body=[ast.Expr(value=ast.Constant(value=str())), *rest]):
                node.body = rest or [ast.Pass()]
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                node.returns = None
                if (
                    isinstance(node.body[0], ast.Expr)
                    and isinstance(node.body[0].value, ast.Constant)
                    and isinstance(node.body[0].value.value, str)
                ):
                    node.body = node.body[1:] or [ast.Pass()]
            case ast.arg():
                node.annotation = None


def _number_names(tree: ast.Module, entry_point: frozenset[str]) -> None:
    nodes = list(ast.walk(tree))
    kept = entry_point.union(*(_bound(node.body, ()) for node in nodes if isinstance(node, ast.ClassDef)))
    functions = _outermost(tree)
    within = [[node for node in ast.walk(function) if node is not function] for function in functions]
    local = {id(node) for inner in within for node in inner}
    outer = [node for node in nodes if id(node) not in local]
    shared = _numbered("g", _bound(outer, kept))
    for inner in within:
        declared = {name for node in inner if isinstance(node, ast.Global) for name in node.names}
        _rename(inner, {**shared, **_numbered("v", _bound(inner, kept | declared))})
    _rename(outer, shared)


def _outermost(node: ast.AST) -> list[ast.AST]:
    """Return the functions below `node` that are in no other function; methods too."""
    found: list[ast.AST] = []
    for child in ast.iter_child_nodes(node):
        found += [child] if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) else _outermost(child)
    return found


def _bound(nodes: Iterable[ast.AST], kept: Iterable[str]) -> list[str]:
    """Return the names that `nodes` (not those below them) bind, without `kept`, by their first appearance."""
    names: dict[str, None] = {}
    for node in nodes:
        if isinstance(node, ast.Assign | ast.AnnAssign):  # of a class's body: a Name is below it
            names.update(
                dict.fromkeys(
                    t.id
                    for t in (node.targets if isinstance(node, ast.Assign) else [node.target])
                    if isinstance(t, ast.Name)
                )
            )
        name = getattr(node, _NAME_OF[type(node)]) if type(node) in _NAME_OF else None
        if name is not None and not (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)):
            names[name] = None
    return [name for name in names if name not in frozenset(kept)]


def _numbered(letter: str, names: Iterable[str]) -> dict[str, str]:
    return {name: f"<{letter}{number}>" for number, name in enumerate(names)}


def _rename(nodes: Iterable[ast.AST], names: Mapping[str, str]) -> None:
    for node in nodes:
        if isinstance(node, ast.Global | ast.Nonlocal):
            node.names = [names.get(name, name) for name in node.names]
        elif type(node) in _NAME_OF:
            name = getattr(node, _NAME_OF[type(node)])
            setattr(node, _NAME_OF[type(node)], names.get(name, name))
