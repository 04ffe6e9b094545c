"""What lies in a store below runs/<name>/<identity>/, read back: a damaged file is an error that names it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import yaml

from infra.errors import StoreError
from infra.store import Store


class RunFileError(StoreError):
    """A file of a run's record is damaged. Names it, and says how it comes back."""


def run_record(store: Store, run: str) -> dict[str, Any] | None:
    """Return the run.json of `run`, None where there is none. Raises RunFileError."""
    match _read(store, name := f"runs/{run}/run.json"):
        case None:
            return None
        case {"state": str(), "iterations": int(), "lineages": [str(), *_]} as record:
            return dict(record)
    raise _damaged(store, name, "is not the record of a run")


def run_settings(store: Store, run: str) -> dict[str, Any] | None:
    """Return the whole spec of `run` as its version wrote it, None where there is none. Raises RunFileError."""
    match _read(store, name := f"runs/{run}/spec.yaml", yaml.safe_load, "YAML"):
        case None:
            return None
        case {"name": str()} as settings:
            return dict(settings)
    raise _damaged(store, name, "is not the spec of a run")


def run_evaluations(store: Store, run: str) -> list[dict[str, Any]]:
    """Return what `run` itself evaluated: iteration, suite, artifact, and the summary. Raises RunFileError."""
    rows = _read(store, name := f"runs/{run}/evaluations.json")
    if rows is None:
        return []
    wanted = {"iteration", "suite", "artifact", "pass_at"}
    if not isinstance(rows, list) or not all(isinstance(row, dict) and wanted <= row.keys() for row in rows):
        raise _damaged(store, name, "is not the evaluations of a run")
    return rows


def _read(store: Store, name: str, parse: Callable[[bytes], Any] = json.loads, form: str = "JSON") -> Any:
    """Return the content of an object, None where there is no such object (an empty one is damaged)."""
    if store.files.size(name) is None:
        return None
    try:
        found = parse(store.files.read(name))
    except (ValueError, yaml.YAMLError) as error:
        raise _damaged(store, name, f"is not {form} ({' '.join(str(error).split())})") from error
    return "" if found is None else found


def _damaged(store: Store, name: str, what: str) -> RunFileError:
    return RunFileError(f"{store.uri}/{name}: {what}; remove it, and start its run again: it comes back")
