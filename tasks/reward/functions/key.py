"""The part of a verdict's key that is a user's own function: all that its scores depend on, and no weight."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path
from sys import stdlib_module_names
from typing import Any

from specs.base import USE
from specs.errors import SpecError
from specs.paths import from_root
from specs.plugins import OWN_PACKAGES, imported_by, plugin_files
from specs.rewards import OwnTerm


def own_term_key_part(settings: OwnTerm) -> dict[str, Any]:
    """Return what a function's scores depend on. SpecError where a file that it reads is missing.

    `reads` and `packages` are there where there are any: a function of the standard library alone keeps its key.
    """
    part: dict[str, Any] = {
        USE: settings.name,
        "source": settings.source,
        "args": settings.args,
        "deadline_s": settings.deadline_s,
        "isolation": settings.isolation,
    }
    if settings.reads:
        part["reads"] = {name: _digest(name) for name in sorted(settings.reads)}
    if packages := _packages(settings.path):
        part["packages"] = packages
    return part


def _digest(name: str) -> str:
    """Return the sha256 of a file that `reads` names, relative to the repository root. SpecError where it is missing.

    Of a folder no digest is taken: name its files.
    """
    path = from_root(name)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise SpecError(
            f"reads: got {name!r}, but {path} cannot be read ({error.strerror}); a relative path starts at the "
            "repository root"
        ) from None


def _packages(path: Path) -> dict[str, str]:
    """Return the versions of the installed packages that the file at `path`, or a module beside it, imports."""
    files = plugin_files(path)
    beside = {file.relative_to(path.parent).parts[0].removesuffix(".py") for file in files[1:]}
    names = {name for file in files for name in imported_by(file)}
    others = sorted(names - beside - OWN_PACKAGES - stdlib_module_names)
    found = {package for name in others for package in _distributions().get(name, ())}  # none for what is not installed
    return {package: version(package) for package in sorted(found, key=str.lower)}


@cache
def _distributions() -> Mapping[str, list[str]]:
    """Return the distributions of each top-level module: a second's work, of which most files need nothing."""
    return packages_distributions()
