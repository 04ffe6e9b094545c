"""What there is: runs in the store, where a run stands, its weights in Hugging Face format."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import StoreError
from infra.store import Manifest, Store


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


def _one(store: Store, name: str) -> RunView:
    views = runs(store, name)
    if len(views) > 1:
        raise StoreError(f"{store.uri}: {name} has several runs: name one of {', '.join(view.name for view in views)}")
    return views[0]


def list_runs(store: Store) -> str:
    views = runs(store)
    lines = [f"{view.name:<40} {view.record['state']:<9} {view.iterations_done:>5}/{view.record['iterations']} iterations" for view in views]
    return "\n".join(lines) or f"no runs in {store.uri}"


def run_status(store: Store, name: str) -> str:
    """Iterations, checkpoints, the last evaluations, and what comes next."""
    lines = []
    for view in runs(store, name):
        done, total = view.iterations_done, view.record["iterations"]
        lines.append(f"{view.name}: {done} of {total} iterations are in the store; the record says {view.record['state']}")
        if fork := view.record.get("fork"):
            lines.append(f"  went on from run {fork['run']} after {fork['iteration']} iterations (policy {fork['lineage'][:12]})")
        lines.append(f"  weights after iterations {', '.join(map(str, view.weights())) or '(none)'}")
        if done < total:
            lines.append(f"  waits for the training step of iteration {done}: start the run again and it goes on from there")
        evaluations = f"runs/{view.name}/evaluations.json"
        if store.files.size(evaluations) is not None:
            for row in json.loads(store.files.read(evaluations)):
                shown = ", ".join(f"Pass@{k} {v:.3f}" for k, v in row["pass_at"].items() if k in ("1", "8", "32"))
                lines.append(f"  evaluated after {row['iteration']} on {row['suite']}: {shown} (evaluate {row['artifact'][:12]})")
    return "\n".join(lines)


def export_policy(store: Store, name: str, folder: Path, iteration: int | None) -> str:
    """Copies a policy's weights, configuration and tokenizer, each file verified."""
    view = _one(store, name)
    weights = view.weights()
    if not weights:
        raise StoreError(f"{store.uri}: run {view.name} has no weights in the store; start it again")
    chosen = max(weights) if iteration is None else iteration
    if chosen not in weights:
        raise StoreError(f"{store.uri}: run {view.name} has weights after iterations {', '.join(map(str, weights))}, not after {chosen}")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder}: is a file or a folder with something in it; give a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    manifest = weights[chosen]
    for file in manifest.files:
        if not file.startswith("optimizer"):
            (folder / file).write_bytes(store.read(manifest, file))
    return f"{folder}: {view.name} after {chosen} iterations (policy {manifest.key[:12]})"
