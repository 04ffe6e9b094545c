"""The steps of a run under another reward: its own rollouts, judged anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from infra.caching import Step
from infra.store import Store
from specs.schema import Spec
from tasks.checkpoint.weights import TRAIN_STAGE
from tasks.graph.experiment import Experiment


@dataclass(frozen=True)
class JudgedIteration:
    """An iteration that the store has: the steps of its rollouts, and the keys of its verdicts and of the data."""

    rollouts: list[Step]
    verdicts: str
    data: str


def judged_iterations(spec: Spec, record: Mapping[str, Any], store: Store) -> Iterator[JudgedIteration]:
    """Yield the leading iterations of a run whose rollouts and verdicts are in the store.

    `record`: its run.json. Training steps name what they took, whatever became of a user's own files since; one that
    was not trained is found by the keys that `spec` has now.
    """

    @cache
    def original() -> Experiment:
        return Experiment(spec, store=store)

    for k, lineage in enumerate(record["lineages"][1:]):
        if (trained := store.find(TRAIN_STAGE, lineage)) is not None:
            keys, verdicts = trained.inputs["rollouts"], trained.inputs["verdicts"]
        else:
            keys, verdicts = [step.key for step in original().rollouts(k)], original().reward(k).key
        found = [store.find("rollout", key) for key in keys]
        if store.find("verdict", verdicts) is None:
            return
        steps = [Step(m.stage, m.version, m.inputs, m.references or ()) for m in found if m is not None]
        if len(steps) < len(keys):
            return
        yield JudgedIteration(steps, verdicts, steps[0].inputs["data"])


class RescoredExperiment(Experiment):
    """An experiment whose rollouts are those of another one, which differs from it in `reward` alone.

    Only its verdicts mean something: what follows from them would be of another policy.
    """

    def __init__(self, spec: Spec, iterations: Sequence[JudgedIteration], store: Store) -> None:
        super().__init__(spec, store=store)
        self._iterations = iterations

    def rollouts(self, iteration: int) -> list[Step]:
        """Return the steps of the original's rollouts."""
        return self._iterations[iteration].rollouts
