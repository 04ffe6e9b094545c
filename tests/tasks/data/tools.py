"""Shared by tests of data: problems of a source, with the settings of a spec's data section."""

from __future__ import annotations

from typing import Any

from specs.sections import Data
from tasks.data.sources.base import LoadedData
from tasks.data.sources.registry import make_source


def load(train: str, part: str = "train", **settings: Any) -> LoadedData:
    """The problems of `data.train: train`, training or held-out ones."""
    return make_source(Data(train=train, **settings)).problems(part)
