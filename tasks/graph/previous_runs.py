"""Runs of the same name in a store, and the steps that they made: a plan compares an experiment with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.store import Manifest, Store
from specs.layers import current
from specs.schema import Spec
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.graph.experiment import Node
from tasks.graph.listing import Listing
from tasks.run_files import run_evaluations, run_record, run_settings

COMPARED = 5  # runs of the name, nearest first: a study may have hundreds


@dataclass(frozen=True)
class PreviousRun:
    """A run's record. `settings` has each key of its spec, dotted; `differing` those whose value is not this spec's."""

    name: str
    lineages: list[str]
    iterations: int
    evaluations: list[dict[str, Any]]
    settings: dict[str, Any]
    differing: dict[str, tuple[Any, Any]]

    def counterpart(self, node: Node, listing: Listing) -> Manifest | None:
        """Return the step that this run made where the experiment has `node`, if the store still has it.

        Keys are followed from the manifests of its training steps, so nothing is computed of how they came about.
        """
        if node.stage in ("suite", "contamination"):
            return None  # of a suite's content nothing is to be said that its name does not say
        if node.stage == "evaluate":
            keys = [
                row["artifact"]
                for row in self.evaluations
                if (row["iteration"], row["suite"]) == (node.iteration, node.suite)
            ]
            return listing.find("evaluate", keys[0]) if keys else None
        start = listing.find(POLICY_STAGE, self.lineages[0])
        if node.stage == "start":
            return start
        after = (node.iteration or 0) + 1
        step = listing.find("train", self.lineages[after]) if after < len(self.lineages) else None
        if node.stage == "train":
            return step
        inputs = step.inputs if step is not None else {}
        if node.stage == "data":
            key = inputs.get("data") or (start.inputs.get("data") if start is not None else None)
            return listing.find("data", key) if key else None
        if node.stage == "reward":
            return listing.find("verdict", inputs["verdicts"]) if inputs else None
        shards = inputs.get("rollouts", [])
        assert node.shard is not None
        return listing.find("rollout", shards[node.shard]) if node.shard < len(shards) else None


def previous_runs(store: Store, spec: Spec, this: str) -> list[PreviousRun]:
    """Return the runs of the spec's name, those with the nearest settings first.

    `this` one (`<name>/<identity>`) comes before all, where it was started before.
    """
    found = [_read(store, f"{spec.name}/{each}", spec) for each in store.files.list(f"runs/{spec.name}")]
    known = sorted(
        (run for run in found if run is not None), key=lambda run: (run.name != this, len(run.differing), run.name)
    )
    return known[:COMPARED]


def _read(store: Store, name: str, spec: Spec) -> PreviousRun | None:
    record, recorded = run_record(store, name), run_settings(store, name)
    if record is None or recorded is None:
        return None  # a lock, a pin, or a run that was stopped while it began
    settings = dict(flat(current(recorded)))
    now = dict(flat(spec.model_dump(mode="json")))
    differing = {
        key: (settings.get(key), now.get(key)) for key in sorted({*settings, *now}) if settings.get(key) != now.get(key)
    }
    return PreviousRun(
        name, record["lineages"], record["iterations"], run_evaluations(store, name), settings, differing
    )


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield dotted keys and their values; an empty mapping is a value."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from flat(below, f"{path}.{key}" if path else key)
    else:
        yield path, value
