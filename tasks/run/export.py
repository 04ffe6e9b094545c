"""Export of a policy: weights, configuration and tokenizer in Hugging Face format."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from infra.errors import StoreError
from infra.scratch import folder_beside, large_folder, release
from infra.store import Manifest, Store
from tasks.checkpoint.adapter import CONFIG
from tasks.checkpoint.merge import merge
from tasks.checkpoint.weights import OPTIMIZER, base_of, first_of
from tasks.run.runs import one_run


def export_policy(store: Store, name: str, folder: Path, iteration: int | None, *, adapter: bool = False) -> str:
    """Copy a policy's weights, configuration and tokenizer, each file verified, and return a line about it.

    An adapter is merged with its base; with `adapter` it is copied alone, as peft loads it. The folder is complete or
    not there: files are gathered beside it under another name.
    """
    view = one_run(store, name)
    weights = view.weights()
    kept = ", ".join(map(str, weights))
    if not weights:
        raise StoreError(f"{store.uri}: run {view.name} has no weights in the store; start it again")
    chosen = max(weights) if iteration is None else iteration
    if chosen not in weights:
        raise StoreError(
            f"{store.uri}: run {view.name} has weights after iterations {kept}, not after {chosen}; export one of these"
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is a file or a folder with something in it; give a new folder")
    manifest = weights[chosen]
    has_adapter = CONFIG in manifest.files
    if adapter and not has_adapter:
        raise StoreError(f"run {view.name} trains the whole model and has no adapter; export it without --adapter")
    try:
        with _gathered(folder.absolute()) as beside:
            if has_adapter and not adapter:
                _merged(store, manifest, beside)
            else:
                store.fetch(manifest, beside, but=OPTIMIZER)
    except StoreError as error:
        if store.find(manifest.stage, manifest.key) is None:
            raise StoreError(
                f"{store.uri}: the weights of run {view.name} after {chosen} iterations are not there any more "
                "(a run that goes on drops older "
                "ones, as checkpoint.keep says); export again"
            ) from error
        raise StoreError(
            f"{error}; nothing was exported: run {view.name} has weights after iterations {kept}"
        ) from error
    except OSError as error:
        raise StoreError(
            f"{folder}: cannot be written: {error.strerror}; nothing was exported, give another folder or make room"
        ) from error
    return f"{folder}: {view.name} after {chosen} iterations (policy {manifest.key[:12]})"


def _merged(store: Store, adapter: Manifest, folder: Path) -> None:
    """Write the weights that an adapter makes of its base into `folder`."""
    scratch = large_folder()
    try:
        store.fetch(adapter, scratch / "adapter", but=OPTIMIZER)
        store.fetch(base_of(store, first_of(store, adapter.key)), scratch / "base")
        merge(scratch / "base", scratch / "adapter", folder)
    finally:
        release(scratch)


@contextlib.contextmanager
def _gathered(folder: Path) -> Iterator[Path]:
    """Yield a sibling that becomes `folder` at the end; those that killed exports left go first."""
    beside = folder_beside(folder)
    try:
        yield beside
        os.rename(beside, folder)  # over an empty folder too
    finally:
        release(beside)
