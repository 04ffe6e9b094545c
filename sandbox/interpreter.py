"""The parts of the running interpreter that go into a jail or an image."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = "/packages"  # the folder of numpy inside a slot


def executable() -> Path:
    """Return the interpreter itself, not a virtual environment's link to it."""
    return Path(os.path.realpath(sys.executable))


def standard_library() -> Path:
    """Return the folder of the standard library."""
    base = {"installed_base": sys.base_prefix, "base": sys.base_prefix, "platbase": sys.base_prefix}
    return Path(sysconfig.get_path("stdlib", vars=base))


@cache
def numpy_folders() -> tuple[Path, ...]:
    """Return the folders of numpy and of its shared libraries; none where it is not installed."""
    spec = find_spec("numpy")
    if spec is None or not spec.submodule_search_locations:
        return ()
    package = Path(spec.submodule_search_locations[0])
    return tuple(p for p in (package, package.with_name("numpy.libs")) if p.is_dir())


@cache
def identity() -> str:
    """Return the versions that decide how a program behaves: of Python and numpy."""
    return f"python {sys.version.split()[0]} numpy {version('numpy') if numpy_folders() else 'none'}"
