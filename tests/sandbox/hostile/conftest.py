"""pytest must never import, that is run, a hostile program: not by walking, and not when somebody names its file."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
collect_ignore = ["programs"]


def pytest_pycollect_makemodule(module_path: Path) -> None:
    if PROGRAMS in module_path.parents:
        raise pytest.UsageError(
            f"{module_path.name} is a hostile program: it runs in the sandbox alone (tests/sandbox/hostile/test_hostile.py)"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`make test` has the jail's; the same on an engine is for .ci/run."""
    for item in items:
        if item.nodeid.startswith("tests/sandbox/hostile/") and "[docker" in item.nodeid:
            item.add_marker(pytest.mark.slow)
