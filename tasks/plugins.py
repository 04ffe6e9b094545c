"""A user's own code, named in a spec as `my_file.py:Name`: loading, digests for keys, and where its errors arose.

A file may import modules that lie beside it; they are part of its digest. Its third-party libraries are not.
"""

from __future__ import annotations

import ast
import hashlib
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from specs.errors import SpecError
from specs.paths import REPOSITORY_ROOT, shown
from specs.plugins import is_plugin, split_plugin

__all__ = ["error_line", "is_plugin", "load_plugin", "plugin_digest", "plugin_file"]

_LOCK = threading.RLock()
#: Folders of users' files, in which their imports are looked up after all others; the latest first.
_FOLDERS: list[str] = []
#: Packages of the project itself, which come before modules beside a user's file.
_OWN_PACKAGES = frozenset({"flows", "tasks", "specs", "sandbox", "infra"})


def plugin_file(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> Path:
    """Return the file that `text` (`my_file.py:Name`, relative to `folder`) names; SpecError where there is none.

    `key` is the spec's key that holds `text`, for messages.
    """
    path = (folder / split_plugin(text)[0]).resolve()
    if not path.is_file():
        raise SpecError(
            f"{key}: got {text!r}, but there is no file {path}: a relative path starts at {_folder_name(folder)}"
        )
    return path


def load_plugin(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> Any:
    """Return the class or function that `text` names. SpecError where there is none, or the file does not load."""
    path, name = plugin_file(text, key, folder), split_plugin(text)[1]
    try:
        module = _module(path, _digest(_files(path)))
    except SpecError as error:
        raise SpecError(f"{key}: {error}") from error.__cause__
    if not callable(found := getattr(module, name, None)):
        names = [each for each, value in vars(module).items() if callable(value) and _is_of(value, module)]
        raise SpecError(
            f"{key}: got {text!r}, but {shown(path)} defines no class or function {name}; "
            f"it defines {', '.join(names) or 'none'}"
        )
    return found


def plugin_digest(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> str:
    """Return `<sha256>:<Name>`: of the file that `text` names and the modules beside it that it imports, without
    path.
    """
    return f"{_digest(_files(plugin_file(text, key, folder)))}:{split_plugin(text)[1]}"


def error_line(error: BaseException, path: Path) -> str:
    """Return `KeyError: 'x' (my_file.py:12)`: the error, and the last line of the file at `path` that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename) == path]
    line = inside[-1].lineno if inside else getattr(error, "lineno", None)
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message} ({shown(path)}{f':{line}' if line else ''})"


@cache
def _module(path: Path, digest: str) -> ModuleType:
    """Return the file as a module, run once for each content."""
    name = f"armature_plugin_{digest[:16]}"
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses look their module up
    with _LOCK, _beside_first(path):
        try:
            exec(compile(path.read_bytes(), path, "exec"), vars(module))
        except Exception as error:  # whatever a user's file raises while it is imported
            del sys.modules[name]
            raise SpecError(f"{shown(path)} cannot be loaded: {error_line(error, path)}") from error
    return module


@contextmanager
def _beside_first(path: Path) -> Iterator[None]:
    """Import modules from the folder of `path` before those of other users' files, and anew: two may have the same
    name.
    """
    folder = str(path.parent)
    beside = {file.relative_to(path.parent).parts[0].removesuffix(".py") for file in _files(path)[1:]}
    ours = {name for name in beside if name in sys.modules and _home(sys.modules[name]) in _FOLDERS}
    for name in [each for each in sys.modules if each.partition(".")[0] in ours]:
        del sys.modules[name]
    if folder in _FOLDERS or folder not in sys.path:
        _FOLDERS[:] = [folder, *(each for each in _FOLDERS if each != folder)]
        sys.path[:] = [*(each for each in sys.path if each not in _FOLDERS), *_FOLDERS]
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # a cache of it is told apart by whole seconds
    try:
        yield
    finally:
        sys.dont_write_bytecode = written


def _home(module: ModuleType) -> str:
    """Return the folder in which a top-level module or package lies."""
    file = Path(module.__file__ or "").resolve()
    return str(file.parents[1] if file.name == "__init__.py" else file.parent)


def _files(path: Path) -> tuple[Path, ...]:
    """Return the file, and the Python files beside it that it imports, directly or not, in alphabetical order."""
    found: dict[Path, None] = {}
    waiting = [path]
    while waiting:
        file = waiting.pop()
        if file in found:
            continue
        found[file] = None
        waiting += [each for name in _imported(file) for each in _beside(path.parent, name)]
    return (path, *sorted(file for file in found if file != path))


def _imported(file: Path) -> Iterator[str]:
    """Yield the top-level name of each module that a file imports; nothing of a file that is no Python."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def _beside(folder: Path, name: str) -> list[Path]:
    """Return the files of module or package `name` in `folder`; none where the name is another one's."""
    if name in _OWN_PACKAGES or name in sys.stdlib_module_names:
        return []
    module, package = folder / f"{name}.py", folder / name
    if (package / "__init__.py").is_file():
        return sorted(package.rglob("*.py"))
    return [module] if module.is_file() else []


def _digest(files: tuple[Path, ...]) -> str:
    """Return the sha256 (hex) over the files' names, relative to the first one's folder, and bytes."""
    total = hashlib.sha256()
    for file in files:
        content = file.read_bytes()
        name = "" if file == files[0] else str(file.relative_to(files[0].parent))
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def _is_of(value: object, module: ModuleType) -> bool:
    return getattr(value, "__module__", None) == module.__name__


def _folder_name(folder: Path) -> str:
    return "the repository root" if folder == REPOSITORY_ROOT else str(folder)
