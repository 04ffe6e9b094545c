"""The store as one flow run uses it: find a step, commit it, require it, and scratch folders that end with the run."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.errors import StoreError
from infra.scratch import large_folder, release
from infra.store import Manifest, Store


@dataclass(frozen=True)
class Output:
    """Output of a stage. `files` are its payload, `result` a small JSON value, `recorded` how it was really computed.

    `parts` are seconds by part, `seconds` those of the whole where not all of the task's time is the stage's own.
    `folder` holds the files, and goes once they are in the store.
    """

    files: Mapping[str, Path | bytes]
    kind: str
    rows: int = 0
    result: Any = None
    recorded: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    folder: Path | None = None


class Session:
    """`found` and `made` count the steps that the store had and those that ran.

    `still_ours` raises where another process has taken the run over: it is asked before anything is committed.
    """

    def __init__(self, store: Store, still_ours: Callable[[], None] = lambda: None) -> None:
        self.store, self.still_ours = store, still_ours
        self.found = self.made = 0
        self.folder = large_folder()

    def close(self) -> None:
        """Remove the scratch folders."""
        release(self.folder)

    def find(self, step: Step) -> Manifest | None:
        """Return the step's manifest if its payload is there and whole.

        Weights may be tens of gigabytes: their digests are verified when they are loaded.
        """
        manifest = self.store.find(step.stage, step.key)
        if manifest is not None and (manifest.kind == "weights" or self.store.intact(manifest)):
            self.found += 1
            return manifest
        return None

    def commit(self, step: Step, output: Output, seconds: float, stop: threading.Event | None = None) -> Manifest:
        """Commit what a stage made; times go to the step's ledger. `stop` is Store.commit's."""
        self.still_ours()
        manifest = self.store.commit(
            step,
            output.files,
            kind=output.kind,
            rows=output.rows,
            result=output.result,
            recorded=output.recorded,
            ledger={
                "seconds": seconds if output.seconds is None else output.seconds,
                "parts": dict(output.parts),
                "host": socket.gethostname(),
            },
            stop=stop,
        )
        self.made += 1
        if output.folder is not None:
            shutil.rmtree(output.folder)
        return manifest

    def require(self, stage: str, key: str) -> Manifest:
        """Return a step that earlier stages must have made. Raises StoreError where it is gone."""
        manifest = self.store.find(stage, key)
        if manifest is None:
            raise StoreError(
                f"{self.store.uri}: {stage} {key[:12]} was there and is not any more; run again: it will be made anew"
            )
        return manifest

    def new_folder(self, name: str) -> Path:
        """Return a new folder, which is removed with the session unless it goes before."""
        folder = self.folder / f"{name}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        return folder

    @contextlib.contextmanager
    def scratch(self, name: str) -> Iterator[Path]:
        """Yield a new folder that is removed at the end."""
        folder = self.new_folder(name)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
