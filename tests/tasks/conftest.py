"""The run that several files begin with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.small_run import iterate, opened


@pytest.fixture(scope="session")
def small_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of three iterations of the small run: weights after 0, 2 and 3. Tests that write copy it."""
    folder = tmp_path_factory.mktemp("small") / "store"
    with opened(folder) as run:
        iterate(run, 3)
        assert run.policies.replayed == 0
    return folder
