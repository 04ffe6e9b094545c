"""Importing code from outside the repository, and naming it in errors. Its settings and digest: specs/outside.py."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from specs.errors import SpecError
from specs.outside import OutsideCode, local_modules, source_digest
from specs.paths import shown
from tasks.errors import TrainingError

_MISSING = object()

#: Digest of the source -> the module made of it.
_modules: dict[str, ModuleType] = {}


def load(member: OutsideCode, key: str, *, suffix: str = "", default: Any = _MISSING) -> Any:
    """Return what `member` names in its file (with `suffix` behind the name), importing the file once a process.

    `key` is the spec's key, for messages. Raises SpecError where the file has changed since the spec was loaded,
    cannot be imported, or has no such name and there is no default.
    """
    module = _module(member, key)
    value = getattr(module, member.name + suffix, default)
    if value is _MISSING:
        raise SpecError(f"{key}: no {member.name}{suffix} in {shown(member.path)} once it is imported")
    return value


def explained(error: Exception, *members: object) -> Exception:
    """Return a TrainingError that names the line in a member's file where `error` arose;
    the error itself if elsewhere.
    """
    for member in members:
        if isinstance(member, OutsideCode) and (line := _line(error, member)):
            return TrainingError(f"{member.use}: {type(error).__name__} at {line}: {error}")
    return error


def _module(member: OutsideCode, key: str) -> ModuleType:
    digest, where = member.source, shown(member.path)
    if digest in _modules:
        return _modules[digest]
    if source_digest(member.path) != digest:
        raise SpecError(f"{key}: {where} has changed since the run began; put it back, or start the run again")
    local = local_modules(member.path)
    for name, file in local.items():
        imported = sys.modules.get(name)
        if imported is not None and Path(imported.__file__ or "").resolve() != file.resolve():
            raise SpecError(
                f"{key}: {where} imports {name} from its folder, but {name} of {imported.__file__} is imported "
                "already; "
                "give it another name"
            )
        sys.modules.pop(name, None)  # perhaps of an earlier source
    spec = importlib.util.spec_from_file_location(f"outside_{digest[:16]}", member.path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    folder = str(member.path.parent)
    sys.modules[module.__name__] = module  # dataclasses and pickle look it up
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[module.__name__]
        line = _line(error, member) or where
        raise SpecError(f"{key}: {line}: {type(error).__name__} when it was imported: {error}") from error
    finally:
        sys.path.remove(folder)
    _modules[digest] = module
    return module


def _line(error: Exception, member: OutsideCode) -> str | None:
    """Return `file.py:12` of the innermost frame of `error` in the member's file or in a module beside it."""
    files = {str(member.path): member.path}
    files |= {str(file): file for file in local_modules(member.path).values()}
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    return f"{shown(files[frames[-1].filename])}:{frames[-1].lineno}" if frames else None
