"""Modules of a user's folder that a key does not cover: imported by a name that is put together at run time."""

from __future__ import annotations

import sys
from pathlib import Path

from specs.paths import shown
from specs.plugins import OWN_PACKAGES, plugin_files

_LIBRARIES = frozenset({"site-packages", "dist-packages"})


def unkeyed_modules(path: Path) -> str:
    """Return what is wrong with the imported modules below the folder of the file at `path`; "" if nothing.

    Those that the file imports are in the digest of its source (specs/plugins.py); any other one may change unnoticed.
    """
    known = set(plugin_files(path))
    found = sorted({file for file in _local(path.parent) if file not in known})
    if not found:
        return ""
    names = ", ".join(shown(file) for file in found)
    return f"it imports {names}, which is not in its key; import it by name at the top of {shown(path)}"


def _local(folder: Path) -> list[Path]:
    """Return the files of all imported modules below a folder, without libraries and the project's own."""
    found = []
    for name, module in list(sys.modules.items()):
        top = name.partition(".")[0]
        if name == "__main__" or top in OWN_PACKAGES or top in sys.stdlib_module_names:
            continue
        if isinstance(text := getattr(module, "__file__", None), str):
            file = Path(text).resolve()
            if file.is_relative_to(folder) and not _LIBRARIES & set(file.parts):
                found.append(file)
    return found
