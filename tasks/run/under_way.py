"""The record by which gc keeps the steps of a comparison or a night until its own record is there."""

from __future__ import annotations

import hashlib
import json

from infra.caching import canonical
from infra.store import Store
from tasks.graph.experiment import Experiment


class UnderWay:
    """`comparisons/under-way-<8 hex>/comparison.json`, named by `what` is under way.

    One that was killed leaves it; its next start takes it over.
    """

    def __init__(self, store: Store, *what: str) -> None:
        digest = hashlib.sha256(canonical(what).encode()).hexdigest()[:8]
        self._store, self._folder = store, f"comparisons/under-way-{digest}"
        self._steps: dict[str, None] = {}

    def name_steps(self, experiment: Experiment) -> None:
        """Name the steps that an evaluation of the experiment's policies needs, before they are found or made.

        They are those that are made once; what the evaluation itself makes is new.
        """
        for node in experiment.steps():
            if node.iteration is None:
                self._steps |= dict.fromkeys((node.step.reference, *node.step.references))
        text = json.dumps({"steps": [*self._steps], "comparisons": []}, indent=1)
        self._store.files.write(f"{self._folder}/comparison.json", text.encode())

    def end(self) -> None:
        """Remove the record."""
        self._store.files.remove(self._folder)
