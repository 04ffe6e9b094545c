"""Shared by tests of suites: the folder of stand-ins, rows as the hub would give them, suites cut to a few rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tasks.evaluate.suites.declare import SuiteDeclaration, read_suite
from tasks.evaluate.suites.load import LoadedSuite, load_declared

SHARED = Path(__file__).parents[4].parent / "shared" / "data"
COMMIT = "c" * 40

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="no ../shared/data")


def cut(name: str, size: int, **changes: Any) -> SuiteDeclaration:
    """The suite with another size."""
    return read_suite(name).model_copy(update={"size": size, "answers": size, **changes})


def serve(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """The hub as it would answer with `rows`, whatever it is asked; what it is asked goes into the list that comes
    back.
    """
    import datasets
    import huggingface_hub

    asked: list[tuple[Any, ...]] = []

    def info(self: object, name: str, *, revision: str | None, timeout: float) -> object:
        asked.append((name, revision))
        return huggingface_hub.hf_api.DatasetInfo(id=name, sha=COMMIT, private=False, downloads=0, likes=0, tags=[])

    def load(name: str, config: str | None, *, split: str, revision: str) -> datasets.Dataset:
        asked.append((name, config, split, revision))
        return datasets.Dataset.from_list(rows)

    monkeypatch.setattr(huggingface_hub.HfApi, "dataset_info", info)
    monkeypatch.setattr(datasets, "load_dataset", load)
    return asked


def load_suite(name: str, stand_ins: Path | None = None) -> LoadedSuite:
    """The suite called `name`, or declared by the YAML file at that path, with its problems."""
    return load_declared(read_suite(name), stand_ins)
