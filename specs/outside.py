"""Code from outside the repository: `use: path/file.py:Name` with `args: {...}`.

Nothing is executed here. A key has the digest of the source (the file, and the modules beside it that it imports),
not its path, so that moving the file changes nothing and editing it changes the keys of what it makes.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from specs.errors import SpecError
from specs.paths import from_root, shown
from specs.section import Section

#: The repository's own packages: they are no part of a user's code, even where his file stands beside them.
OWN_PACKAGES = frozenset({"flows", "tasks", "specs", "sandbox", "infra", "tests"})

#: Digest -> file, of all code that a spec of this process has named: a manifest's part names code by its digest alone.
_files: dict[str, Path] = {}


class OutsideCode(Section):
    """The fields of a member that names code from outside."""

    use: str = Field(
        pattern=r"^.+\.py:[A-Za-z_][A-Za-z0-9_]*$",
        description="File (relative to the repository root, or absolute) and name in it, as path/file.py:name.",
    )
    args: dict[str, Any] = Field(default={}, description="Keyword arguments that it is called with.")

    @field_validator("args")
    @classmethod
    def _plain(cls, args: dict[str, Any]) -> dict[str, Any]:
        json.dumps(args, allow_nan=False)  # ValueError
        return args

    @property
    def path(self) -> Path:
        """Return the absolute path of the file."""
        return from_root(self.use.rpartition(":")[0])

    @property
    def name(self) -> str:
        """Return the name in the file."""
        return self.use.rpartition(":")[2]

    @cached_property
    def source(self) -> str:
        """Return the digest of the source, as it was when it was first asked for. Raises SpecError."""
        digest = source_digest(self.path)
        _files[digest] = self.path
        return digest


def local_modules(path: Path) -> dict[str, Path]:
    """Return the modules beside `path` that it imports, directly or through others: dotted name -> file.

    Imports are read off the source: a name that is put together at run time is not seen. Raises SpecError.
    """
    found: dict[str, Path] = {}
    waiting = [("", path)]
    while waiting:
        module, file = waiting.pop()
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        for name in _imported(_parsed(file), package):
            parts = name.split(".")
            for end in range(1, len(parts) + 1):
                prefix = ".".join(parts[:end])
                place = path.parent.joinpath(*parts[:end])
                there = next((f for f in (place.with_suffix(".py"), place / "__init__.py") if f.is_file()), None)
                if there is None or there == path or parts[0] in OWN_PACKAGES or prefix in found:
                    continue
                found[prefix] = there
                waiting.append((prefix, there))
    return found


def source_digest(path: Path) -> str:
    """Return 64 hex digits of the file's content and that of the local modules that it imports. Raises SpecError."""
    files = {"": path, **local_modules(path)}
    digests = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest()


def file_of(digest: str) -> Path:
    """Return the file with the source `digest` that a spec of this process names. Raises SpecError where there is
    none.
    """
    if digest not in _files:
        known = ", ".join(f"{shown(path)} ({each[:12]})" for each, path in _files.items()) or "none"
        raise SpecError(
            f"code from outside with the source {digest[:12]} is needed, as it made a step that is repeated, but "
            "the spec "
            f"names {known}; put the file back as it was, or start without the runs that it made"
        )
    if source_digest(_files[digest]) != digest:
        raise SpecError(
            f"{shown(_files[digest])} has changed since the run began; put it back, or start the run again: it "
            "is another "
            "experiment now"
        )
    return _files[digest]


def outside_problems(member: OutsideCode) -> list[str]:
    """Return what is wrong with the file that `member` names, without running it."""
    try:
        names = sorted(_defined(_parsed(member.path)))
        member.source  # noqa: B018 - read now, so that the run keeps the keys that it began with
    except SpecError as error:
        return [str(error)]
    if member.name not in names:
        there = ", ".join(name for name in names if not name.startswith("_")) or "nothing"
        return [f"no {member.name} in {shown(member.path)}, which has {there}"]
    return []


def _parsed(path: Path) -> ast.Module:
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except FileNotFoundError:
        raise SpecError(f"no such file: {shown(path)}") from None
    except OSError as error:
        raise SpecError(f"{shown(path)}: cannot be read: {error}") from None
    except (SyntaxError, ValueError) as error:
        raise SpecError(f"{shown(path)}:{getattr(error, 'lineno', 1)}: not Python: {error.args[0]}") from None


def _imported(tree: ast.Module, package: str) -> Iterator[str]:
    """Yield dotted names that a module of `package` imports; of `from a import b` both a and a.b,
    as b may be a module.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join(filter(None, [*above, node.module]))
            yield from filter(None, [base, *(f"{base}.{alias.name}".lstrip(".") for alias in node.names)])


def _defined(tree: ast.Module) -> set[str]:
    """Return the names that a module's top level defines, imports or assigns."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names
