"""Garbage collection around the tests of studies."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="module", autouse=True)
def little_garbage() -> Iterator[None]:
    """Keep the collector from walking all loaded modules: statsmodels' multipletests runs it in every call."""
    gc.freeze()
    yield
    gc.unfreeze()
