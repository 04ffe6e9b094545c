"""What a user's function or class takes, and the names of its file, read off the source: nothing is executed.

A definition is found in the file itself, or through `from module import name` in a module beside it or of the project.
Where the source does not show what a call takes (a decorator, an assignment, a star import, a library's base class),
the answer is None.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, _ParameterKind
from pathlib import Path

from specs.paths import REPOSITORY_ROOT, shown
from specs.plugins import OWN_PACKAGES, parse_python

#: What a module may use to have names that its source does not show.
_HIDING = frozenset({"exec", "globals", "locals", "setattr", "vars"})
_PLAIN_BASES = frozenset({"object", "ABC", "Generic"})


@dataclass(frozen=True, slots=True)
class Callee:
    """A function, or a class that is made: its name, `file:line`, and parameters (a method's without self)."""

    name: str
    where: str
    parameters: tuple[Parameter, ...]

    def __str__(self) -> str:
        return f"{self.name} ({self.where})"


def function_at(path: Path, name: str) -> Callee | None:
    """Return the function called `name` of a file; None where the source does not show one, or not what it takes."""
    match _definition(path, name, path.parent):
        case file, ast.FunctionDef(decorator_list=[]) as node:
            return Callee(name, f"{shown(file)}:{node.lineno}", tuple(_parameters(node.args)))
    return None


def class_at(path: Path, name: str) -> Callee | None:
    """Return the class called `name` of a file, as it is made; None where the source does not show one, or not how."""
    lineage = list(_lineage(path, name))
    parameters = _constructor([node for _, node in lineage])
    match lineage[0]:
        case file, ast.ClassDef() as node if parameters is not None:
            return Callee(name, f"{shown(file)}:{node.lineno}", tuple(parameters))
    return None


def bindings(body: Sequence[ast.stmt]) -> Mapping[str, Sequence[ast.AST]]:
    """Return what binds each name of a module's or class's own scope; `*` is a star import."""
    found: dict[str, list[ast.AST]] = defaultdict(list)
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[node.name].append(node)
            continue  # its body is a scope of its own
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                found[(alias.asname or alias.name).partition(".")[0]].append(node)
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found[node.id].append(node)
        waiting += ast.iter_child_nodes(node)
    return dict(found)


def hides_names(tree: ast.Module, found: Collection[str]) -> bool:
    """Return whether a module may have names that its `bindings` lack."""
    return not {"*", "__getattr__"}.isdisjoint(found) or any(
        isinstance(node, ast.Global) or (isinstance(node, ast.Name) and node.id in _HIDING) for node in ast.walk(tree)
    )


def _definition(
    path: Path, name: str, folder: Path, readers: tuple[Path, ...] = ()
) -> tuple[Path, ast.FunctionDef | ast.ClassDef] | None:
    """Return the one definition of a name and its file; modules of a user's own are looked up in `folder`."""
    try:
        found = bindings(parse_python(path).body)
    except (OSError, SyntaxError, ValueError):
        return None
    match found.get(name, ()):
        case [ast.FunctionDef() | ast.ClassDef() as node] if "*" not in found:
            return path, node
        case [ast.ImportFrom(module=str(module), level=0, names=aliases)] if path not in readers:
            original = next(alias.name for alias in aliases if name == (alias.asname or alias.name))
            file = _module_file(module, folder)
            return _definition(file, original, folder, (*readers, path)) if file else None
    return None


def _module_file(module: str, folder: Path) -> Path | None:
    first = module.partition(".")[0]
    if first in sys.stdlib_module_names:
        return None
    place = (REPOSITORY_ROOT if first in OWN_PACKAGES else folder).joinpath(*module.split("."))
    return next((file for file in (place / "__init__.py", place.with_suffix(".py")) if file.is_file()), None)


def _lineage(path: Path, name: str) -> Iterator[tuple[Path, ast.ClassDef | None]]:
    """Yield a class and its bases with their files, nearest first; None for one that the source does not show."""
    folder, seen = path.parent, set()
    while True:
        match _definition(path, name, folder):
            case file, ast.ClassDef() as node if (file, name) not in seen:
                yield file, node
            case _:
                yield path, None
                return
        seen.add((file, name))
        bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
        named = [base.id if isinstance(base, ast.Name) else "" for base in bases]
        others = [each for each in named if each not in _PLAIN_BASES]
        if not others:
            return
        path, name = file, others[0] if len(others) == 1 else ""


def _constructor(lineage: Sequence[ast.ClassDef | None]) -> list[Parameter] | None:
    """Return the parameters with which the first of a class and its bases is made; None where that is not known."""
    for number, node in enumerate(lineage):
        if node is None or node.keywords:
            return None
        if node.decorator_list:
            plain = all(each is not None and not each.decorator_list for each in lineage[number + 1 :])
            return _fields(node.body) if plain and _is_dataclass(node) else None
        found = bindings(node.body)
        match found.get("__init__", ()):
            case _ if "__new__" in found:
                return None
            case []:
                continue
            case [ast.FunctionDef(decorator_list=[]) as made]:
                return _parameters(made.args)[1:]
            case _:
                return None
    return []


def _is_dataclass(node: ast.ClassDef) -> bool:
    """Return whether the one decorator of a class is `dataclass`, which makes a constructor of all fields."""
    match node.decorator_list:
        case [ast.Name("dataclass") | ast.Attribute(attr="dataclass")]:
            return True
        case [ast.Call(ast.Name("dataclass") | ast.Attribute(attr="dataclass"), keywords=keywords)]:
            return {"init", "kw_only"}.isdisjoint(each.arg for each in keywords)
    return False


def _fields(body: Sequence[ast.stmt]) -> list[Parameter] | None:
    """Return the parameters that a dataclass has by its own fields; None where one is special."""
    parameters = []
    for each in body:
        if not isinstance(each, ast.AnnAssign) or not isinstance(each.target, ast.Name):
            continue
        annotation, given = ast.unparse(each.annotation), each.value is not None
        match each.value:
            case ast.Call(ast.Name("field") | ast.Attribute(attr="field"), keywords=keywords):
                names = {keyword.arg for keyword in keywords}
                if names & {"init", "kw_only"}:
                    return None
                given = bool(names & {"default", "default_factory"})
        if "KW_ONLY" in annotation:
            return None
        if "ClassVar" not in annotation:
            parameters.append(_parameter(each.target.id, Parameter.POSITIONAL_OR_KEYWORD, given))
    return parameters


def _parameters(of: ast.arguments) -> list[Parameter]:
    positional = [*of.posonlyargs, *of.args]
    kinds: list[_ParameterKind] = [Parameter.POSITIONAL_ONLY] * len(of.posonlyargs) + [
        Parameter.POSITIONAL_OR_KEYWORD
    ] * len(of.args)
    required = len(positional) - len(of.defaults)
    return [
        *(
            _parameter(each.arg, kind, number >= required)
            for number, (each, kind) in enumerate(zip(positional, kinds, strict=True))
        ),
        *([_parameter(of.vararg.arg, Parameter.VAR_POSITIONAL)] if of.vararg else []),
        *(
            _parameter(each.arg, Parameter.KEYWORD_ONLY, default is not None)
            for each, default in zip(of.kwonlyargs, of.kw_defaults, strict=True)
        ),
        *([_parameter(of.kwarg.arg, Parameter.VAR_KEYWORD)] if of.kwarg else []),
    ]


def _parameter(name: str, kind: _ParameterKind, has_default: bool = False) -> Parameter:
    """Return a parameter; its default, if it has one, is a stand-in: the source's own is not evaluated."""
    return Parameter(name, kind, default=... if has_default else Parameter.empty)
