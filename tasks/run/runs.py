"""The runs that a store has: their records, their weights, their evaluations."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra.errors import StoreError
from infra.store import Manifest, Store


@dataclass(frozen=True)
class RunView:
    """A run's record and its steps in the store."""

    name: str
    record: dict[str, Any]
    store: Store

    @property
    def iterations_done(self) -> int:
        """Return the number of leading iterations whose training step is in the store."""
        lineages = self.record["lineages"]
        for k, lineage in enumerate(lineages[1:]):
            if self.store.find("train", lineage) is None:
                return k
        return len(lineages) - 1

    def evaluations(self) -> list[dict[str, Any]]:
        """Return what the run itself evaluated: iteration, suite, artifact, and the summary."""
        name = f"runs/{self.name}/evaluations.json"
        return list(json.loads(self.store.files.read(name))) if self.store.files.size(name) is not None else []

    def weights(self) -> dict[int, Manifest]:
        """Return the stored weights by iteration."""
        found = {k: self.store.find("policy", lineage) for k, lineage in enumerate(self.record["lineages"])}
        return {k: manifest for k, manifest in found.items() if manifest is not None}


def runs(store: Store, name: str | None = None) -> list[RunView]:
    """Return the runs of the store, of one name or all. `name` may be `name/identity`."""
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
    """Return the run of that name, or `name/identity`. Raises StoreError where there is none, or several."""
    views = runs(store, name)
    if len(views) > 1:
        raise StoreError(f"{store.uri}: {name} has several runs: name one of {', '.join(view.name for view in views)}")
    return views[0]
