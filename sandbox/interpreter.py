"""The parts of the running interpreter that go into a jail or an image."""

from __future__ import annotations

import os
import sys
import sysconfig
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

PACKAGES = "/packages"  # the folder of LIBRARIES inside a slot
#: What programs may import beside the standard library: what LeetCode and AtCoder have, and HumanEval+ and MBPP+ need.
LIBRARIES = ("numpy", "sortedcontainers")


def executable() -> Path:
    """Return the interpreter itself, not a virtual environment's link to it."""
    return Path(os.path.realpath(sys.executable))


def standard_library() -> Path:
    """Return the folder of the standard library."""
    base = {"installed_base": sys.base_prefix, "base": sys.base_prefix, "platbase": sys.base_prefix}
    return Path(sysconfig.get_path("stdlib", vars=base))


@cache
def library_folders(name: str) -> tuple[Path, ...]:
    """Return the folders of a library and of its shared libraries; none where it is not installed."""
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return ()
    package = Path(spec.submodule_search_locations[0])
    return tuple(p for p in (package, package.with_name(f"{name}.libs")) if p.is_dir())


def all_library_folders() -> tuple[Path, ...]:
    """Return the folders of all LIBRARIES that are installed."""
    return tuple(folder for name in LIBRARIES for folder in library_folders(name))


@cache
def identity() -> str:
    """Return the versions that decide how a program behaves: of Python and the libraries."""
    versions = (f"{name} {version(name) if library_folders(name) else 'none'}" for name in LIBRARIES)
    return f"python {sys.version.split()[0]} {' '.join(versions)}"
