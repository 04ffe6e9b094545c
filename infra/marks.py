"""Which steps of a store are still wanted: those that a record names, and those that these refer to.

A run's record lists its `roots`; a night's, a comparison's and a study cell's list their `steps`. The manifest of
each step lists its own references. Both name `<stage>/<key>` or `samples/<set>`; no stage is known here. Records and
manifests of versions that wrote no such list are read by infra/old_records.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from infra import old_records
from infra.caching import Reference, parse_reference
from infra.errors import StoreError
from infra.files import Files, MissingError
from infra.manifest import Manifest, manifest_name, parse_manifest


class Marks:
    """`kept` holds the references (stage, key) that some record leads to."""

    def __init__(self, files: Files, steps: Mapping[Reference, bool], records: Iterable[str]) -> None:
        """Read the records called `records` and follow their references.

        `steps` says of each step in the store whether it has a manifest. Raises StoreError where a record or a manifest
        cannot be read, for what it names would be swept.
        """
        self._files, self._steps = files, steps
        self._manifests: dict[Reference, Manifest | None] = {}
        self.kept: set[Reference] = set()
        for record in records:
            self._keep(self._roots(record))
        self._keep(old_records.contaminations(self.kept, steps, self.manifest))

    def _keep(self, references: Iterable[Reference]) -> None:
        """Keep the references, and all that follow from them."""
        waiting = [each for each in references if each not in self.kept]
        while waiting:
            at = waiting.pop()
            if at in self.kept:
                continue
            self.kept.add(at)
            manifest = self.manifest(*at)
            if manifest is not None:
                waiting += references_of(manifest)

    def _roots(self, name: str) -> list[Reference]:
        record = self._json(name)
        try:
            if old_records.is_old(name, record):
                evaluations = self._json(f"{name.rpartition('/')[0]}/evaluations.json", missing=[])
                return old_records.roots(record, evaluations, self._steps, self.manifest)
            return [parse_reference(each) for each in record["roots" if "roots" in record else "steps"]]
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._refusal(name, f"not a record of steps ({type(error).__name__}: {error})") from error

    def manifest(self, stage: str, key: str) -> Manifest | None:
        """Return a step's manifest, None where it has none."""
        if not self._steps.get((stage, key)):
            return None
        if (stage, key) not in self._manifests:
            self._manifests[stage, key] = self._read_manifest(stage, key)
        return self._manifests[stage, key]

    def _read_manifest(self, stage: str, key: str) -> Manifest | None:
        name = manifest_name(stage, key)
        try:
            return parse_manifest(self._files.read(name), stage, key)
        except MissingError:
            return None
        except ValueError as error:
            raise self._refusal(name, str(error)) from error

    def _json(self, name: str, missing: Any = None) -> Any:
        try:
            return json.loads(self._files.read(name))
        except MissingError:
            if missing is None:
                raise
            return missing
        except (ValueError, RecursionError) as error:
            raise self._refusal(name, f"not JSON ({error})") from error

    def _refusal(self, name: str, what: str) -> StoreError:
        advice = "start that run again, which writes it anew, or delete the object, then run gc again"
        return StoreError(f"{self._files.uri}/{name}: {what}; nothing is removed: {advice}")


def references_of(manifest: Manifest) -> list[Reference]:
    """Return what a manifest refers to."""
    if manifest.references is None:
        return old_records.references(manifest)
    return [parse_reference(each) for each in manifest.references]


def records_of(names: Iterable[str]) -> Iterator[str]:
    """Yield the records among names of objects.

    runs/<name>/<identity>/run.json, runs/<name>/<identity>/nights/<when>/night.json,
    comparisons/<name>/comparison.json, studies/<name>/<setting>/<variant>.<seed>.json.
    """
    for name in names:
        parts = name.split("/")
        if (
            is_run(parts)
            or (parts[0] == "runs" and len(parts) == 6 and parts[3] == "nights" and parts[5] == "night.json")
            or (parts[0] == "comparisons" and len(parts) == 3 and parts[2] == "comparison.json")
            or (parts[0] == "studies" and len(parts) == 4 and parts[3].endswith(".json"))
        ):
            yield name


def runs_of(names: Iterable[str]) -> Iterator[str]:
    """Yield `name/identity` of each run.json among the names of objects below runs/."""
    for name in names:
        parts = name.split("/")
        if is_run(parts):
            yield f"{parts[1]}/{parts[2]}"


def is_run(parts: list[str]) -> bool:
    """Return True for the parts of a run.json's name."""
    return len(parts) == 4 and parts[0] == "runs" and parts[3] == "run.json"
