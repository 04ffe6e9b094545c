"""Runs of the same name in a store, and the steps that they made: a plan compares an experiment with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.caching import Reference
from infra.marks import references_of
from infra.store import Manifest, Store
from specs.layers import current
from specs.schema import Spec
from tasks.checkpoint.weights import POLICY_STAGE, TRAIN_STAGE
from tasks.graph.listing import Listing
from tasks.graph.node import Node
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

        References are followed back from the manifests that its record names (its evaluations, its training steps, its
        first policy), to the nearest step of the node's stage; None where none is reached.
        """
        if node.suite is not None:
            # Of a suite's content nothing is to be said that its name does not say: only evaluations are compared.
            at = (node.iteration, node.suite)
            keys = [row["artifact"] for row in self.evaluations if (row["iteration"], row["suite"]) == at]
            return _nearest(("evaluate", keys[0]), node, listing) if keys else None
        after = (node.iteration or 0) + 1
        ends = [(TRAIN_STAGE, each) for each in self.lineages[after : after + 1]]
        ends = [(POLICY_STAGE, self.lineages[0]), *ends] if node.iteration is None else ends
        return next((found for end in ends if (found := _nearest(end, node, listing)) is not None), None)


def _nearest(end: Reference, node: Node, listing: Listing) -> Manifest | None:
    """Return the step of the node's stage that is the fewest references behind the step `end`, or `end` itself.

    Of several shards it is the node's. Other policies are not passed: what lies behind them is of other iterations.
    """
    level, seen = [end], {end}
    while level:
        if alike := [each for each in level if each[0] == node.step.stage]:
            shard = node.shard or 0
            return listing.find(*alike[shard]) if shard < len(alike) else None
        passed = [each for each in level if each == end or each[0] not in (TRAIN_STAGE, POLICY_STAGE)]
        behind = [each for name in passed if (step := listing.find(*name)) is not None for each in references_of(step)]
        level = [each for each in dict.fromkeys(behind) if each not in seen]
        seen |= {*level}
    return None


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
