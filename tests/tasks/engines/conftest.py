"""Stores that tests may spoil: copies of the one that a module made (its fixture `made`)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

Copy = Callable[[], Path]


@pytest.fixture()
def copy(made: Path, tmp_path: Path) -> Copy:
    def make() -> Path:
        shutil.copytree(made, tmp_path / "store")
        return tmp_path / "store"

    return make
