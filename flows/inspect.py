"""What there is: runs in the store, where a run stands, its weights in Hugging Face format."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra.errors import StoreError
from infra.store import Manifest, Store
from tasks.nights import nights


@dataclass(frozen=True)
class RunView:
    """A run's record, and what of it the store has."""

    name: str
    record: dict[str, Any]
    store: Store

    @property
    def iterations_done(self) -> int:
        """Leading iterations whose training step is in the store."""
        lineages = self.record["lineages"]
        for k, lineage in enumerate(lineages[1:]):
            if self.store.find("train", lineage) is None:
                return k
        return len(lineages) - 1

    def evaluations(self) -> list[dict[str, Any]]:
        """What the run itself evaluated: iteration, suite, artifact, and the summary."""
        name = f"runs/{self.name}/evaluations.json"
        return list(json.loads(self.store.files.read(name))) if self.store.files.size(name) is not None else []

    def weights(self) -> dict[int, Manifest]:
        """Iteration -> stored weights."""
        found = {k: self.store.find("policy", lineage) for k, lineage in enumerate(self.record["lineages"])}
        return {k: manifest for k, manifest in found.items() if manifest is not None}


def runs(store: Store, name: str | None = None) -> list[RunView]:
    """The runs of the store, of one name or all. `name` may be `name/identity`."""
    wanted, _, identity = (name or "").partition("/")
    views = []
    for run in [wanted] if wanted else store.files.list("runs"):
        for each in [identity] if identity else store.files.list(f"runs/{run}"):
            path = f"runs/{run}/{each}/run.json"
            if store.files.size(path) is not None:
                views.append(RunView(f"{run}/{each}", json.loads(store.files.read(path)), store))
    if name and not views:
        raise StoreError(f"{store.uri}: no run {name}; there are {', '.join(store.files.list('runs')) or 'none'}")
    return views


def one_run(store: Store, name: str) -> RunView:
    """The run of that name, or `name/identity`. StoreError where there is none, or several."""
    views = runs(store, name)
    if len(views) > 1:
        raise StoreError(f"{store.uri}: {name} has several runs: name one of {', '.join(view.name for view in views)}")
    return views[0]


def list_runs(store: Store) -> str:
    views = runs(store)
    lines = [
        f"{view.name:<40} {view.record['state']:<9} {view.iterations_done:>5}/{view.record['iterations']} iterations"
        for view in views
    ]
    return "\n".join(lines) or f"no runs in {store.uri}"


def run_status(store: Store, name: str) -> str:
    """Iterations, checkpoints, the last evaluations, and what comes next."""
    lines = []
    for view in runs(store, name):
        done, total = view.iterations_done, view.record["iterations"]
        reason = f" ({view.record['reason']})" if "reason" in view.record else ""
        lines.append(
            f"{view.name}: {done} of {total} iterations are in the store; the record says {view.record['state']}{reason}"
        )
        if fork := view.record.get("fork"):
            lines.append(
                f"  went on from run {fork['run']} after {fork['iteration']} iterations (policy {fork['lineage'][:12]})"
            )
        lines.append(f"  weights after iterations {', '.join(map(str, view.weights())) or '(none)'}")
        if done < total:
            lines.append(
                f"  waits for the training step of iteration {done}: start the run again and it goes on from there"
            )
        for row in view.evaluations():
            shown = ", ".join(f"Pass@{k} {v:.3f}" for k, v in row["pass_at"].items() if k in ("1", "8", "32"))
            lines.append(
                f"  evaluated after {row['iteration']} on {row['suite']}: {shown} (evaluate {row['artifact'][:12]})"
            )
        for night in nights(store, view.name):
            found = f"; {'; '.join(night.regressions)}" if night.regressions else ""
            lines.append(
                f"  night of {night.when}: after {night.iteration} iterations on {', '.join(night.evaluations)}{found}"
            )
    return "\n".join(lines)


def export_policy(store: Store, name: str, folder: Path, iteration: int | None) -> str:
    """Copies a policy's weights, configuration and tokenizer, each file verified. The folder is complete or not there: files are gathered
    beside it under another name."""
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
    wanted = replace(
        manifest, files={file: entry for file, entry in manifest.files.items() if not file.startswith("optimizer")}
    )
    try:
        with _gathered(folder.absolute()) as beside:
            store.fetch(wanted, beside)
    except StoreError as error:
        if store.find(manifest.stage, manifest.key) is None:
            raise StoreError(
                f"{store.uri}: the weights of run {view.name} after {chosen} iterations are not there any more (a run that goes on drops older "
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


@contextlib.contextmanager
def _gathered(folder: Path) -> Iterator[Path]:
    """A sibling `.<name>.partial-<pid>` that becomes `folder` at the end; those that killed exports left go first."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    stem = f".{folder.name}.partial-"
    for left in folder.parent.iterdir():
        pid = left.name.removeprefix(stem)
        if left.name.startswith(stem) and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(left, ignore_errors=True)
    beside = folder.with_name(f"{stem}{os.getpid()}")
    try:
        beside.mkdir()
        yield beside
        os.rename(beside, folder)  # over an empty folder too
    finally:
        shutil.rmtree(beside, ignore_errors=True)
