"""Runs of the same name that a store knows, and the steps that they made: what a plan compares an experiment with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from flows.course import Entry
from flows.holdings import Holdings
from infra.errors import StoreError
from infra.store import Manifest, Store
from specs.schema import Spec
from tasks.checkpoint.weights import POLICY_STAGE

COMPARED = 5  # runs of the name, nearest first: a study may have hundreds


@dataclass(frozen=True)
class Earlier:
    """A run's record. `settings`: each key of its spec, dotted; `differing`: those that are not this spec's."""

    name: str
    lineages: list[str]
    iterations: int
    evaluations: list[dict[str, Any]]
    settings: dict[str, Any]
    differing: dict[str, tuple[Any, Any]]

    def counterpart(self, entry: Entry, holdings: Holdings) -> Manifest | None:
        """The step that this run made where the experiment has `entry`, if the store still has it. Keys are followed from the
        manifests of its training steps, so nothing is computed of how they came about."""
        if entry.stage in ("suite", "contamination"):
            return None  # of a suite's content nothing is to be said that its name does not say
        if entry.stage == "evaluate":
            keys = [
                row["artifact"]
                for row in self.evaluations
                if (row["iteration"], row["suite"]) == (entry.iteration, entry.suite)
            ]
            return holdings.find("evaluate", keys[0]) if keys else None
        start = holdings.find(POLICY_STAGE, self.lineages[0])
        if entry.stage == "start":
            return start
        after = (entry.iteration or 0) + 1
        step = holdings.find("train", self.lineages[after]) if after < len(self.lineages) else None
        if entry.stage == "train":
            return step
        inputs = step.inputs if step is not None else {}
        if entry.stage == "data":
            key = inputs.get("data") or (start.inputs.get("data") if start is not None else None)
            return holdings.find("data", key) if key else None
        if entry.stage == "judge":
            return holdings.find("verdict", inputs["verdicts"]) if inputs else None
        shards = inputs.get("rollouts", [])
        assert entry.shard is not None
        return holdings.find("rollout", shards[entry.shard]) if entry.shard < len(shards) else None


def earlier_runs(store: Store, spec: Spec, this: str) -> list[Earlier]:
    """The runs of the spec's name: `this` one (`<name>/<identity>`) first, where it was started before, then those whose settings are nearest."""
    found = [_read(store, f"{spec.name}/{each}", spec) for each in store.files.list(f"runs/{spec.name}")]
    known = sorted(
        (run for run in found if run is not None), key=lambda run: (run.name != this, len(run.differing), run.name)
    )
    return known[:COMPARED]


def _read(store: Store, name: str, spec: Spec) -> Earlier | None:
    folder = f"runs/{name}"
    if store.files.size(f"{folder}/run.json") is None or store.files.size(f"{folder}/spec.yaml") is None:
        return None  # a lock, a pin, or a run that was stopped while it began
    try:
        record = json.loads(store.files.read(f"{folder}/run.json"))
        settings = dict(flat(yaml.safe_load(store.files.read(f"{folder}/spec.yaml"))))
        rows = (
            json.loads(store.files.read(f"{folder}/evaluations.json"))
            if store.files.size(f"{folder}/evaluations.json") is not None
            else []
        )
        now = dict(flat(spec.model_dump(mode="json")))
        differing = {
            key: (settings.get(key), now.get(key))
            for key in sorted({*settings, *now})
            if settings.get(key) != now.get(key)
        }
        return Earlier(name, record["lineages"], record["iterations"], rows, settings, differing)
    except (ValueError, KeyError, TypeError, AttributeError, yaml.YAMLError) as error:
        advice = "remove its run.json, spec.yaml and evaluations.json: they are views and come back (pins/ does not: it says what forks need)"
        raise StoreError(f"{store.uri}/{folder}: the run's record cannot be read ({error}); {advice}") from error


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted keys and their values; an empty mapping is a value."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from flat(below, f"{path}.{key}" if path else key)
    else:
        yield path, value
