"""No file imports, by however long a way, itself; functions' imports and type-checking imports count."""

from __future__ import annotations

import re
from graphlib import CycleError, TopologicalSorter

import grimp

from specs.paths import REPOSITORY_ROOT as ROOT

PACKAGES = ("flows", "infra", "sandbox", "specs", "tasks")


def test_no_circle_of_files() -> None:
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert sum(map(len, imports.values())) > 1000  # else the graph was not built
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        raise AssertionError(" -> ".join(error.args[1])) from None


def test_uris_of_files_are_made_and_read_in_one_place() -> None:
    """A second way to write them was read as another folder, wherever a path has a space."""
    sources = [path for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in sources if re.search(r"as_uri\(|unquote", path.read_text())}
    assert found == {"specs/paths.py"}
