"""The store: what exists is what its manifests say (design rules 3 and 6).

    steps/<stage>/<key>/data-<attempt>/...   payload files
    steps/<stage>/<key>/LEDGER.json          times, costs, host; covered by no digest
    steps/<stage>/<key>/MANIFEST.json        written last, create-only: the commit
    runs/<name>/<identity>/...               a run's spec, metrics, report: views of the steps, safe to delete
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from infra.caching import Step, canonical
from infra.errors import StoreError
from infra.files import Files, sha256_file

log = logging.getLogger("armature.store")
FORMAT = 1


class DamagedError(StoreError):
    """A payload is missing, truncated or altered: it has to be made again."""


@dataclass(frozen=True)
class FileEntry:
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """One committed step. `result` is a small JSON value (metrics, counts); `recorded` what was really used (ranks, threads,
    library versions) and is no part of the key; `folder` holds the payload `files`."""

    stage: str
    key: str
    version: int
    inputs: Mapping[str, Any]
    folder: str
    files: Mapping[str, FileEntry]
    rows: int
    kind: str
    result: Any = None
    recorded: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bytes(self) -> int:
        return sum(entry.bytes for entry in self.files.values())

    @property
    def sha256(self) -> str:
        """Digest of what the step made: files and result, wherever they lie and however they were computed."""
        return hashlib.sha256(canonical({"files": {n: e.sha256 for n, e in self.files.items()}, "result": self.result}).encode()).hexdigest()


class Store:
    """Steps and runs below one URI."""

    def __init__(self, uri: str) -> None:
        self.files = Files(uri)
        self.uri = self.files.uri

    def find(self, stage: str, key: str) -> Manifest | None:
        """The committed step, if its payload is there in full (existence and sizes; contents are verified when read)."""
        name = f"steps/{stage}/{key}/MANIFEST.json"
        if self.files.size(name) is None:
            return None
        try:
            raw = json.loads(self.files.read(name))
            if raw.pop("format") != FORMAT:
                raise ValueError("another format")
            manifest = Manifest(**{**raw, "files": {n: FileEntry(**e) for n, e in raw["files"].items()}})
        except (ValueError, KeyError, TypeError) as error:
            log.warning("%s/%s: not a manifest (%s); the step runs again", self.uri, name, error)
            return None
        for file, entry in manifest.files.items():
            path = f"steps/{stage}/{key}/{manifest.folder}/{file}"
            size = self.files.size(path)
            if size != entry.bytes:
                state = "is missing" if size is None else f"has {size} bytes, its manifest says {entry.bytes}"
                log.warning("%s/%s %s; the step runs again", self.uri, path, state)
                return None
        return manifest

    def known(self, stage: str, key: str) -> bool:
        """Whether the step was committed, whatever became of its payload."""
        return self.files.size(f"steps/{stage}/{key}/MANIFEST.json") is not None

    def read(self, manifest: Manifest, file: str) -> bytes:
        """One payload file, its sha256 verified; DamagedError otherwise."""
        name = self._payload(manifest, file)
        with _missing_is_damage():
            data = self.files.read(name)
        if hashlib.sha256(data).hexdigest() != manifest.files[file].sha256:
            raise DamagedError(f"{self.uri}/{name}: its content is not what its manifest says (sha256); the step has to run again")
        return data

    def fetch(self, manifest: Manifest, folder: Path) -> None:
        """All payload files into a local folder, each verified; DamagedError otherwise."""
        folder.mkdir(parents=True, exist_ok=True)
        for file, entry in manifest.files.items():
            name = self._payload(manifest, file)
            with _missing_is_damage():
                self.files.download(name, folder / file)
            if sha256_file(folder / file) != entry.sha256:
                raise DamagedError(f"{self.uri}/{name}: its content is not what its manifest says (sha256); the step has to run again")

    def intact(self, manifest: Manifest) -> bool:
        """Whether every payload file still has its sha256."""
        try:
            for file in manifest.files:
                self.read(manifest, file)
        except DamagedError as error:
            log.warning("%s", error)
            return False
        return True

    def commit(
        self,
        step: Step,
        files: Mapping[str, Path | bytes],
        *,
        kind: str,
        rows: int = 0,
        result: Any = None,
        recorded: Mapping[str, Any] | None = None,
        ledger: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Manifest:
        """Payload first, manifest last. Where another writer was first, its commit stands and is returned. `key`: that of the
        step, unless the step is named by another (weights by their lineage)."""
        key = key or step.key
        base = f"steps/{step.stage}/{key}"
        attempt = f"data-{uuid.uuid4().hex[:8]}"
        entries: dict[str, FileEntry] = {}
        for file, content in files.items():
            if isinstance(content, bytes):
                entries[file] = FileEntry(len(content), hashlib.sha256(content).hexdigest())
                self.files.write(f"{base}/{attempt}/{file}", content)
            else:
                entries[file] = FileEntry(content.stat().st_size, sha256_file(content))
                self.files.upload(content, f"{base}/{attempt}/{file}")
        manifest = Manifest(step.stage, key, step.version, step.inputs, attempt, entries, rows, kind, result, recorded or {})
        self.files.write(f"{base}/LEDGER.json", json.dumps({"committed_at": time.time(), **(ledger or {})}).encode())
        text = json.dumps({"format": FORMAT, **asdict(manifest)}, indent=1, sort_keys=True, allow_nan=False).encode()
        try:
            self.files.create(f"{base}/MANIFEST.json", text)
        except FileExistsError:
            other = self.find(step.stage, key)
            if other is not None and self.intact(other):
                self.files.remove(f"{base}/{attempt}")
                return other
            self.files.write(f"{base}/MANIFEST.json", text)  # what was there is damaged, or we would not have run
        return manifest

    def ledger(self, manifest: Manifest) -> dict[str, Any]:
        """Times and costs of the step, empty where there are none."""
        name = f"steps/{manifest.stage}/{manifest.key}/LEDGER.json"
        return dict(json.loads(self.files.read(name))) if self.files.size(name) is not None else {}

    def drop(self, stage: str, key: str) -> None:
        """Remove a step, its manifest first: a reader finds all of it or nothing."""
        self.files.remove(f"steps/{stage}/{key}/MANIFEST.json")
        self.files.remove(f"steps/{stage}/{key}")

    def _payload(self, manifest: Manifest, file: str) -> str:
        return f"steps/{manifest.stage}/{manifest.key}/{manifest.folder}/{file}"


@contextlib.contextmanager
def _missing_is_damage() -> Iterator[None]:
    """A payload file that its manifest names and that is not there is damage, not a store that fails."""
    try:
        yield
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise DamagedError(f"{error}; the step has to run again") from error
        raise
