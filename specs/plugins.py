"""A user's own code in a spec: `my_file.py:Name`, a class or function of a Python file. Nothing is executed here.

The path is relative to the repository root, or absolute. A data source, a verifier and a rollout engine are named so by
their key itself, an estimator and an objective by `use: my_file.py:Name` with `args: {...}`; `tasks/plugins.py` loads
them. A key has the digest of the source (the file, and the modules beside it that it imports), not its path, so that
moving the file changes nothing and editing it changes the keys of what it makes. The digest is taken when a spec that
names the file is loaded; from then on the process runs that source or none.
"""

from __future__ import annotations

import ast
import hashlib
import json
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
_BY_CONTENT = re.compile(r"plugin:(?P<digest>[0-9a-f]{64}):(?P<name>[A-Za-z_]\w*)")
#: Packages of the project itself, which come before modules beside a user's file.
OWN_PACKAGES = frozenset({"flows", "tasks", "specs", "sandbox", "infra"})

#: CPython 3.11's ast.parse fails in several threads at a time (gh-106905).
_PARSING = threading.Lock()
#: Digest -> file, of all code that a spec of this process has named: keys and problems have the digest alone.
_known: dict[str, Path] = {}
#: File -> digest of the source that this process runs of it.
_noted: dict[Path, str] = {}


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


def is_own_code(text: str) -> bool:
    """Return whether `text` names a user's own code, by its file or by its content."""
    return is_plugin(text) or _BY_CONTENT.fullmatch(text) is not None


def by_content(text: str, folder: Path = REPOSITORY_ROOT) -> str:
    """Return `plugin:<digest>:<Name>` for a user's own code, with the options behind it; any other text as it is.

    So keys, identities and problems name it, wherever the file lies. Raises SpecError.
    """
    body, mark, options = text.partition("?")
    if not is_plugin(body):
        return text
    return f"plugin:{noted_digest(plugin_path(body, folder))}:{split_plugin(body)[1]}{mark}{options}"


def located(text: str, folder: Path = REPOSITORY_ROOT) -> tuple[Path, str]:
    """Return the file and the name that `text`, a user's own code by file or content, stands for. Raises SpecError."""
    if found := _BY_CONTENT.fullmatch(text):
        return file_of(found["digest"]), found["name"]
    return plugin_path(text, folder), split_plugin(text)[1]


def split_plugin(text: str) -> tuple[str, str]:
    """Return the path and the name that `text`, a plugin's, consists of."""
    match = _PLUGIN.fullmatch(text)
    assert match is not None, text
    return match["path"], match["name"]


def plugin_path(text: str, folder: Path = REPOSITORY_ROOT) -> Path:
    """Return the absolute path, without links, of the file that `text`, a plugin's, names relative to `folder`."""
    return (folder / split_plugin(text)[0]).resolve()


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
        waiting += [each for name in imported_by(file) for each in _beside(path.parent, name)]
    return (path, *sorted(file for file in found if file != path))


def source_digest(path: Path) -> str:
    """Return the sha256 (hex) over the names, relative to the folder of `path`, and bytes of its `plugin_files`."""
    total = hashlib.sha256()
    for file in plugin_files(path):
        content = file.read_bytes()
        name = "" if file == path else str(file.relative_to(path.parent))
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def note(path: Path) -> str:
    """Return the digest of the source as it is now: that which this process runs from here on. Raises SpecError."""
    try:
        digest = source_digest(path)
    except OSError as error:
        raise SpecError(
            f"{shown(path)}: cannot be read ({error.strerror}); put the file back, or name another"
        ) from None
    _known[digest] = path
    _noted[path] = digest
    return digest


def expect(path: Path, digest: str) -> None:
    """Let this process run the source with this digest of a file, which its parent has noted, and no other."""
    _noted[path] = digest


def noted_digest(path: Path) -> str:
    """Return the digest of the source that this process runs of a file, noted now if it was not. Raises SpecError."""
    return _noted.get(path) or note(path)


def check_unchanged(path: Path, digest: str) -> None:
    """Raise SpecError where the source of a file is not, or no longer, the one with this digest."""
    if not path.is_file() or source_digest(path) != digest:
        raise SpecError(
            f"{shown(path)} has changed since the run began; put it back, or start the run again: it is another "
            "experiment now"
        )


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
        return note(self.path)


def file_of(digest: str) -> Path:
    """Return the file with the source `digest` that a spec of this process names. Raises SpecError."""
    if digest not in _known:
        known = ", ".join(f"{shown(path)} ({each[:12]})" for each, path in _known.items()) or "none"
        raise SpecError(
            f"a user's own code with the source {digest[:12]} is needed, as it made a step that is repeated, but the "
            f"spec names {known}; put the file back as it was, or start without the runs that it made"
        )
    check_unchanged(_known[digest], digest)
    return _known[digest]


def parse_python(path: Path) -> ast.Module:
    """Return the syntax tree of a Python file, from any thread. Raises OSError, SyntaxError, ValueError."""
    with _PARSING:
        return ast.parse(path.read_bytes(), filename=str(path))


def imported_by(file: Path) -> Iterator[str]:
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
