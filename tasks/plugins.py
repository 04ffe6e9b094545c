"""A user's own code, named in a spec as `my_file.py:Name`: loading, digests for keys, and the lines of its errors.

A file may import modules that lie beside it; they are part of its digest (specs/plugins.py). Its libraries are not.
"""

from __future__ import annotations

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
from specs.paths import REPOSITORY_ROOT, shown, start_of
from specs.plugins import PluginMember, plugin_files, source_digest, split_plugin
from tasks.errors import TrainingError

_LOCK = threading.RLock()
#: Folders of users' files, in which their imports are looked up after all others; the latest first.
_FOLDERS: list[str] = []


def plugin_file(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> Path:
    """Return the file that `text` (`my_file.py:Name`, relative to `folder`) names; SpecError where there is none.

    `key` is the spec's key that holds `text`, for messages.
    """
    path = (folder / split_plugin(text)[0]).resolve()
    if not path.is_file():
        raise SpecError(
            f"{key}: got {text!r}, but there is no file {path}: a relative path starts at {start_of(folder)}"
        )
    return path


def load_plugin(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> Any:
    """Return the class or function that `text` names. SpecError where there is none, or the file does not load."""
    path, name = plugin_file(text, key, folder), split_plugin(text)[1]
    module = _loaded(path, key)
    if not callable(found := getattr(module, name, None)):
        names = [each for each, value in vars(module).items() if callable(value) and _is_of(value, module)]
        raise SpecError(
            f"{key}: got {text!r}, but {shown(path)} defines no class or function {name}; "
            f"it defines {', '.join(names) or 'none'}"
        )
    return found


def load_member(member: PluginMember, key: str) -> Any:
    """Return the class or function that a union's member names. SpecError as `load_plugin`, and where it was edited."""
    member.check_unchanged()
    return load_plugin(member.use, key)


def load_companion(member: PluginMember, suffix: str, key: str) -> Any:
    """Return what stands in the member's file under its name with `suffix` behind it; None where nothing does."""
    return getattr(_loaded(plugin_file(member.use, key), key), member.name + suffix, None)


def member_error(error: Exception, *members: object) -> Exception:
    """Return a TrainingError that names the line of a member's file that led to `error`; the error itself otherwise."""
    for member in members:
        if isinstance(member, PluginMember):
            frames = traceback.extract_tb(error.__traceback__)
            if any(Path(frame.filename) == member.path for frame in frames):
                return TrainingError(f"{member.name}: {error_line(error, member.path)}")
    return error


def plugin_digest(text: str, key: str, folder: Path = REPOSITORY_ROOT) -> str:
    """Return `<sha256>:<Name>`: of the file that `text` names and the modules beside it, without path."""
    return f"{source_digest(plugin_file(text, key, folder))}:{split_plugin(text)[1]}"


def error_line(error: BaseException, path: Path) -> str:
    """Return `KeyError: 'x' (my_file.py:12)`: the error, and the last line that led to it.

    The line is one of the file at `path`, or of a module beside it that it imports.
    """
    files, frames = plugin_files(path), traceback.extract_tb(error.__traceback__)
    inside = [(Path(frame.filename), frame.lineno) for frame in frames if Path(frame.filename) in files]
    file, line = inside[-1] if inside else (path, getattr(error, "lineno", None))
    message = error.msg if isinstance(error, SyntaxError) else str(error)
    return f"{type(error).__name__}: {message} ({shown(file)}{f':{line}' if line else ''})"


def _loaded(path: Path, key: str) -> ModuleType:
    try:
        return _module(path, source_digest(path))
    except SpecError as error:
        raise SpecError(f"{key}: {error}") from error.__cause__


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
    """Import modules from the folder of `path` before those of other users' files, and anew.

    Two of them may have the same name.
    """
    folder = str(path.parent)
    beside = {file.relative_to(path.parent).parts[0].removesuffix(".py") for file in plugin_files(path)[1:]}
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


def _is_of(value: object, module: ModuleType) -> bool:
    return getattr(value, "__module__", None) == module.__name__
