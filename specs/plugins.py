"""A user's own code in a spec: `my_file.py:Name`, a class or function of a Python file. Nothing is executed here.

The path is relative to the repository root, or absolute. A data source, a verifier and a rollout engine are named so by
their key itself, an estimator and an objective by `use: my_file.py:Name` with `args: {...}`; `tasks/plugins.py` loads
them. A key has the digest of the source (the file, and the modules beside it that it imports), not its path, so that
moving the file changes nothing and editing it changes the keys of what it makes.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import sys
import threading
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field, field_validator

from specs.base import Section
from specs.errors import SpecError
from specs.paths import REPOSITORY_ROOT, shown

_PLUGIN = re.compile(r"(?P<path>[^:?]+\.py):(?P<name>[A-Za-z_]\w*)")
#: Packages of the project itself, which come before modules beside a user's file.
OWN_PACKAGES = frozenset({"flows", "tasks", "specs", "sandbox", "infra"})

#: CPython 3.11's ast.parse fails in several threads at a time (gh-106905).
_PARSING = threading.Lock()
#: Digest -> file, of all members that a spec of this process has named: a manifest's part has the digest alone.
_known: dict[str, Path] = {}


def _plain(value: object) -> bool:
    """Return whether `value`, of YAML, is JSON too: its numbers are finite."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError:
        return False
    return True


def is_plugin(text: str) -> bool:
    """Return whether `text` names a class or function of a user's own file."""
    return _PLUGIN.fullmatch(text) is not None


def split_plugin(text: str) -> tuple[str, str]:
    """Return the path and the name that `text`, a plugin's, consists of."""
    match = _PLUGIN.fullmatch(text)
    assert match is not None, text
    return match["path"], match["name"]


def plugin_path(text: str, folder: Path = REPOSITORY_ROOT) -> Path:
    """Return the absolute path of the file that `text`, a plugin's, names relative to `folder`."""
    return Path(os.path.normpath(folder / split_plugin(text)[0]))


def plugin_files(path: Path) -> tuple[Path, ...]:
    """Return the file, and the Python files beside it that it imports, directly or not, in alphabetical order.

    Imports are read off the source: a name that is put together at run time is not seen.
    """
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = None
        waiting += [each for name in _imported(file) for each in _beside(path.parent, name)]
    return (path, *sorted(file for file in found if file != path))


def source_digest(path: Path) -> str:
    """Return the sha256 (hex) over the names, relative to the folder of `path`, and bytes of its `plugin_files`."""
    total = hashlib.sha256()
    for file in plugin_files(path):
        content = file.read_bytes()
        name = "" if file == path else str(file.relative_to(path.parent))
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


class PluginMember(Section):
    """The fields of a union's member that names a user's own code."""

    use: str = Field(
        pattern=rf"^{_PLUGIN.pattern.replace('?P<path>', '').replace('?P<name>', '')}$",
        examples=["my_file.py:name"],
        description="File (relative to the repository root, or absolute) and name in it, as my_file.py:Name.",
    )
    args: dict[str, Any] = Field(default={}, description="Keyword arguments that it is called with.")

    @field_validator("args")
    @classmethod
    def _plain_args(cls, args: dict[str, Any]) -> dict[str, Any]:
        wrong = {name: value for name, value in args.items() if not _plain(value)}
        if wrong:
            raise ValueError("\n".join(f"{name}: got {value!r}, want finite numbers" for name, value in wrong.items()))
        return args

    @property
    def path(self) -> Path:
        """Return the absolute path of the file."""
        return plugin_path(self.use)

    @property
    def name(self) -> str:
        """Return the name in the file."""
        return split_plugin(self.use)[1]

    @cached_property
    def source(self) -> str:
        """Return the digest of the source, as it was when it was first asked for. Raises SpecError."""
        try:
            digest = source_digest(self.path)
        except OSError as error:
            raise SpecError(
                f"{shown(self.path)}: cannot be read ({error.strerror}), and {self.use} is needed to train; put the "
                "file back"
            ) from None
        _known[digest] = self.path
        return digest

    def check_unchanged(self) -> None:
        """Raise SpecError where the source is not what it was when the spec was loaded."""
        _check_unchanged(self.path, self.source)


def file_of(digest: str) -> Path:
    """Return the file with the source `digest` that a spec of this process names. Raises SpecError."""
    if digest not in _known:
        known = ", ".join(f"{shown(path)} ({each[:12]})" for each, path in _known.items()) or "none"
        raise SpecError(
            f"a user's own code with the source {digest[:12]} is needed, as it made a step that is repeated, but the "
            f"spec names {known}; put the file back as it was, or start without the runs that it made"
        )
    _check_unchanged(_known[digest], digest)
    return _known[digest]


def _check_unchanged(path: Path, digest: str) -> None:
    if not path.is_file() or source_digest(path) != digest:
        raise SpecError(
            f"{shown(path)} has changed since the run began; put it back, or start the run again: it is another "
            "experiment now"
        )


def parse_python(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file, from any thread. Raises OSError, SyntaxError, ValueError."""
    with _PARSING:
        return ast.parse(path.read_bytes(), filename=str(path))


def _imported(file: Path) -> Iterator[str]:
    """Yield the top-level name of each module that a file imports; nothing of a file that is no Python."""
    try:
        tree = parse_python(file)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _beside(folder: Path, name: str) -> list[Path]:
    """Return the files of module or package `name` in `folder`; none where the name is another one's."""
    if name in OWN_PACKAGES or name in sys.stdlib_module_names:
        return []
    module, package = folder / f"{name}.py", folder / name
    if (package / "__init__.py").is_file():
        return sorted(package.rglob("*.py"))
    return [module] if module.is_file() else []
