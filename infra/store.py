"""The store: a step exists if its manifest says so (CONTRIBUTING.md, rules 3 and 6).

    steps/<stage>/<key>/data-<attempt>/...   payload files
    steps/<stage>/<key>/LEDGER.json          times, costs, host; covered by no digest
    steps/<stage>/<key>/MANIFEST.json        written last, create-only: the commit
    runs/<name>/<identity>/...               a run's spec, metrics, report; its run.json names the steps that `gc` keeps
    samples/<set>/...                        responses of policies, append-only (tasks/evaluate/samples.py)
    comparisons/<name>/...                   two policies compared: a view of evaluations
    locks/<name>/<identity>/...              the process that runs it (infra/lease.py)

`armature gc` removes what no record names any more (infra/gc.py).
"""

from __future__ import annotations

import json
import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.digests import FileEntry, entry_of
from infra.errors import StoreError
from infra.files import Files, MissingError
from infra.manifest import Manifest, manifest_name, parse_manifest, write_manifest
from infra.parallel import run_parallel

log = logging.getLogger("armature.store")

FILES_AT_ONCE = 3  # of a commit or fetch; with infra/multipart.py's 5 parts each, about 120 MiB are in memory
RIVALS = 20  # times that another writer may be quicker, before that is no accident


class DamagedError(StoreError):
    """A payload is missing, truncated or altered: it has to be made again."""


class Store:
    """Steps and runs below one URI."""

    def __init__(self, uri: str) -> None:
        self.files = Files(uri)
        self.uri = self.files.uri

    def find(self, stage: str, key: str) -> Manifest | None:
        """Return the committed step if its payload is there in full, else None.

        Existence and sizes are checked; contents are verified when they are read.
        """
        raw = self._standing(stage, key)
        return None if raw is None else self._whole(raw, stage, key)

    def _standing(self, stage: str, key: str) -> bytes | None:
        """Return the bytes of the step's manifest, None where there is none."""
        try:
            return self.files.read(manifest_name(stage, key))
        except MissingError:
            return None

    def _whole(self, raw: bytes, stage: str, key: str) -> Manifest | None:
        try:
            manifest = parse_manifest(raw, stage, key)
        except ValueError as error:
            log.warning("%s/%s: %s; the step runs again", self.uri, manifest_name(stage, key), error)
            return None
        for file, entry in manifest.files.items():
            path = self._payload(manifest, file)
            size = self.files.size(path)
            if size != entry.bytes:
                state = "is missing" if size is None else f"has {size} bytes, its manifest says {entry.bytes}"
                log.warning("%s/%s %s; the step runs again", self.uri, path, state)
                return None
        return manifest

    def known(self, stage: str, key: str) -> bool:
        """Return True if the step was committed, whatever became of its payload."""
        return self.files.size(manifest_name(stage, key)) is not None

    def read(self, manifest: Manifest, file: str) -> bytes:
        """Return one payload file. Raises DamagedError where its sha256 differs."""
        data = b""

        def look() -> FileEntry:
            nonlocal data
            data = self.files.read(self._payload(manifest, file))
            return entry_of(data)

        self._verify(manifest, file, look)
        return data

    def fetch(self, manifest: Manifest, folder: Path, but: str | None = None) -> None:
        """Fetch the payload files into a local folder, each verified; not those whose names begin with `but`.

        Where one fails (DamagedError, StoreError) none is left there.
        """
        wanted = [file for file in manifest.files if but is None or not file.startswith(but)]
        folder.mkdir(parents=True, exist_ok=True)

        def get(file: str, stop: threading.Event) -> None:
            self._verify(
                manifest, file, lambda: self.files.download(self._payload(manifest, file), folder / file, stop)
            )

        try:
            run_parallel([partial(get, file) for file in wanted], FILES_AT_ONCE)
        except BaseException:
            for file in wanted:
                (folder / file).unlink(missing_ok=True)
            raise

    def intact(self, manifest: Manifest) -> bool:
        """Return True if every payload file still has its sha256. Reads in parts, so any size will do."""

        def check(file: str, stop: threading.Event) -> None:
            self._verify(manifest, file, lambda: self.files.digest(self._payload(manifest, file), stop))

        try:
            run_parallel([partial(check, file) for file in manifest.files], FILES_AT_ONCE)
        except DamagedError as error:
            log.warning("%s", error)
            return False
        return True

    def _verify(self, manifest: Manifest, file: str, look: Callable[[], FileEntry]) -> None:
        """Raise DamagedError where the content is not what the manifest says.

        Looks twice: bytes may be altered on their way, and a payload that is called damaged is thrown away.
        """
        name, wanted = self._payload(manifest, file), manifest.files[file]
        try:
            if look() == wanted or look() == wanted:
                return
        except MissingError as error:  # not a store that fails
            raise DamagedError(f"{error}; the step has to run again") from error
        raise DamagedError(
            f"{self.uri}/{name}: its content is not what its manifest says (sha256); the step has to run again"
        )

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
        stop: threading.Event | None = None,
    ) -> Manifest:
        """Write the payload, then the manifest, and return it.

        Where another writer was first, its commit stands and is returned; only one that is damaged is replaced. Once
        `stop` is set, a payload that is still on its way is given up (TransferStopped).
        """
        base = f"steps/{step.stage}/{step.key}"
        attempt = f"data-{uuid.uuid4().hex[:8]}"

        def put(file: str, content: Path | bytes, stop: threading.Event) -> FileEntry:
            if isinstance(content, bytes):
                self.files.write(f"{base}/{attempt}/{file}", content, stop)
                return entry_of(content)
            return self.files.upload(content, f"{base}/{attempt}/{file}", stop)

        try:
            entries = run_parallel(
                [partial(put, file, content) for file, content in files.items()], FILES_AT_ONCE, stop
            )
        except BaseException:
            self.files.discard(f"{base}/{attempt}")
            raise
        manifest = Manifest(
            stage=step.stage,
            key=step.key,
            version=step.version,
            inputs=step.inputs,
            folder=attempt,
            files=dict(zip(files, entries, strict=True)),
            rows=rows,
            kind=kind,
            result=result,
            recorded=recorded or {},
            references=step.references,
        )
        try:
            self.files.write(
                f"{base}/LEDGER.json", json.dumps({"committed_at": time.time(), **(ledger or {})}).encode()
            )
            stands = self._settle(manifest)
        except BaseException:
            # Over a network the manifest may be there all the same, its reply lost: then the payload is needed.
            # If it is not, gc sweeps it.
            if self.files.local:
                self.files.discard(f"{base}/{attempt}")
            raise
        if stands != manifest:
            self.files.remove(f"{base}/{attempt}")
        return stands

    def _settle(self, manifest: Manifest) -> Manifest:
        """Write the manifest, or return the one that stands. A whole step is never overwritten."""
        name, text = manifest_name(manifest.stage, manifest.key), write_manifest(manifest)
        for _ in range(RIVALS):
            standing = self._standing(manifest.stage, manifest.key)
            try:
                if standing is None:
                    self.files.create(name, text)
                    return manifest
                other = self._whole(standing, manifest.stage, manifest.key)
                if other is not None and self.intact(other):
                    return other
                self.files.replace(name, text, standing)  # it is damaged, or we would not have run
                return manifest
            except FileExistsError:  # another writer was quicker; what it wrote is looked at in its turn
                continue
        raise StoreError(
            f"{self.uri}/{name}: {RIVALS} times another writer was quicker, and left nothing whole; see who "
            "writes there, then run again"
        )

    def ledger(self, manifest: Manifest) -> dict[str, Any]:
        """Return times and costs of the step; empty where none can be read, for nothing depends on them."""
        name = f"steps/{manifest.stage}/{manifest.key}/LEDGER.json"
        try:
            return dict(json.loads(self.files.read(name)))
        except MissingError:
            return {}
        except (ValueError, TypeError, RecursionError) as error:
            log.warning("%s/%s: not a ledger (%s); its times are left out", self.uri, name, error)
            return {}

    def drop(self, stage: str, key: str) -> None:
        """Remove a step, its manifest first: a reader finds all of it or nothing."""
        self.files.remove(manifest_name(stage, key))
        self.files.remove(f"steps/{stage}/{key}")

    def _payload(self, manifest: Manifest, file: str) -> str:
        return f"steps/{manifest.stage}/{manifest.key}/{manifest.folder}/{file}"


__all__ = ["DamagedError", "FileEntry", "Manifest", "Store"]
