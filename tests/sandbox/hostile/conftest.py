"""Guards of the hostile programs: pytest must never import, and so run, one of them, even if its file is named."""

from __future__ import annotations

from pathlib import Path

import pytest

PROGRAMS = Path(__file__).parent / "programs"
collect_ignore = ["programs"]


def pytest_pycollect_makemodule(module_path: Path) -> None:
    if PROGRAMS in module_path.parents:
        raise pytest.UsageError(
            f"{module_path.name} is a hostile program: it runs only in the sandbox, "
            "by tests/sandbox/hostile/test_hostile.py"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the cases on an engine as slow: `make test` has representatives in the jail, .ci/run a sample of all."""
    for item in items:
        if item.nodeid.startswith("tests/sandbox/hostile/") and "[docker" in item.nodeid:
            item.add_marker(pytest.mark.slow)
