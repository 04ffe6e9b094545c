"""The steps of a run under another reward: its own rollouts, judged anew."""

from __future__ import annotations

from infra.caching import Step
from infra.store import Store
from specs.schema import Spec
from tasks.graph.experiment import Experiment


class RescoredExperiment(Experiment):
    """An experiment whose rollouts are those of another one, which differs from it in `reward` alone.

    Only its verdicts mean something: what follows from them would be of another policy.
    """

    def __init__(self, spec: Spec, original: Experiment, store: Store) -> None:
        super().__init__(spec, store=store)
        self._original = original

    def rollouts(self, iteration: int) -> list[Step]:
        """Return the steps of the original's rollouts."""
        return self._original.rollouts(iteration)
