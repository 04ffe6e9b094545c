"""The runs that a store has: their records, their weights, their evaluations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.errors import StoreError
from infra.store import Manifest, Store
from tasks.checkpoint.weights import POLICY_STAGE, TRAIN_STAGE
from tasks.run_files import run_evaluations, run_record


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
            if self.store.find(TRAIN_STAGE, lineage) is None:
                return k
        return len(lineages) - 1

    def evaluations(self) -> list[dict[str, Any]]:
        """Return what the run itself evaluated: iteration, suite, artifact, and the summary."""
        return run_evaluations(self.store, self.name)

    def weights(self) -> dict[int, Manifest]:
        """Return the stored weights by iteration."""
        found = {k: self.store.find(POLICY_STAGE, lineage) for k, lineage in enumerate(self.record["lineages"])}
        return {k: manifest for k, manifest in found.items() if manifest is not None}


def run_names(store: Store, name: str | None = None) -> Iterator[str]:
    """Yield `name/identity` of each folder that may have a run, of one name or all. `name` may have an identity."""
    wanted, _, identity = (name or "").partition("/")
    for run in [wanted] if wanted else store.files.list("runs"):
        for each in [identity] if identity else store.files.list(f"runs/{run}"):
            yield f"{run}/{each}"


def view_of(store: Store, run: str) -> RunView | None:
    """Return the run called `run` (`name/identity`); None where there is none. RunFileError for a damaged record."""
    record = run_record(store, run)
    return None if record is None else RunView(run, record, store)


def runs(store: Store, name: str) -> list[RunView]:
    """Return the runs of a name, which may be `name/identity`. Raises StoreError where there is none."""
    views = [view for run in run_names(store, name) if (view := view_of(store, run)) is not None]
    if not views:
        raise StoreError(f"{store.uri}: no run {name}; there are {', '.join(store.files.list('runs')) or 'none'}")
    return views


def one_run(store: Store, name: str) -> RunView:
    """Return the run of that name, or `name/identity`. Raises StoreError where there is none, or several."""
    views = runs(store, name)
    if len(views) > 1:
        raise StoreError(f"{store.uri}: {name} has several runs: name one of {', '.join(view.name for view in views)}")
    return views[0]
