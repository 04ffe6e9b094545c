"""What a store has of an experiment's steps, in few requests.

A plan of a thousand iterations over S3 must not take minutes. Each stage's folder is listed once (a request for a
thousand steps); a step that is not listed is not there. A step that is listed counts when Store.find says so (manifest,
sizes of the payload; contents are never read): listings alone would call cached a step that is damaged, or that a crash
left half-written. On a local disk that is asked of every step (10,000 in 4 s). Over S3 three requests a step would take
minutes (3,000 steps: 34 s), so there it is asked of weights and of each stage's newest steps, where a crash leaves its
traces; older ones are taken as listed, and the plan says how many. A run verifies each.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from infra.caching import Step
from infra.store import Manifest, Store
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.evaluate.samples import SampleSet
from tasks.graph.experiment import Experiment

LOOK_UPS = 16  # at a time
NEWEST = 100  # steps of a stage that are looked up where each look-up goes over a network


class Listing:
    """The steps of one experiment that `store` has. `unseen` counts those that are taken as listed."""

    def __init__(self, store: Store, experiment: Experiment) -> None:
        self._store, self._experiment = store, experiment
        self._listed: dict[str, frozenset[str]] = {}
        listed = {stage: [key for key in keys if key in self._list(stage)] for stage, keys in _keys(experiment).items()}
        looked_up = [
            (stage, key)
            for stage, keys in listed.items()
            for key in (keys if store.files.local or stage == POLICY_STAGE else keys[-NEWEST:])
        ]  # fmt: skip
        with ThreadPoolExecutor(LOOK_UPS) as pool:
            self._found = dict(zip(looked_up, pool.map(lambda name: store.find(*name), looked_up), strict=True))
        self._unseen = frozenset((stage, key) for stage, keys in listed.items() for key in keys) - {*looked_up}
        self.unseen = len(self._unseen)

    def _list(self, stage: str) -> frozenset[str]:
        if stage not in self._listed:
            self._listed[stage] = frozenset(self._store.files.list(f"steps/{stage}"))
        return self._listed[stage]

    def has(self, stage: str, key: str) -> bool:
        """Return True if the store has the step, as far as was looked (see the module's text)."""
        return (stage, key) in self._unseen or self.find(stage, key) is not None

    def begun(self, stage: str, key: str) -> bool:
        """Return True if there is any trace of the step: committed, damaged, or half-written."""
        return key in self._list(stage)

    def known(self, stage: str, key: str) -> bool:
        """Return True if the step was committed, whatever became of its payload."""
        return self.begun(stage, key) and (self.has(stage, key) or self._store.known(stage, key))

    def drawn(self, step: Step) -> bool:
        """Return True if the samples of an evaluation are all stored, so that it needs no weights."""
        experiment, part = self._experiment, step.inputs["part"]
        if not self._store.files.list(f"samples/{step.inputs['set']}"):
            return False
        suite = experiment.suite(step.inputs["suite"])
        of = self.find(suite.stage, suite.key) if suite else self.find("data", experiment.data.key)
        if of is None:
            return False
        problems: int = of.rows if suite else of.result["heldout"]["problems"]
        # How many problems have all of theirs: the first ones were drawn first, so their names need not be known.
        # Other evaluations' samples (of more problems, or more of a problem) make up for none that lack.
        stored = Counter(
            problem
            for problem, index in SampleSet(self._store.files, experiment.sample_set(step)).read()
            if index < part["samples"]
        )
        whole: int = sum(count == part["samples"] for count in stored.values())
        wanted: int = min(problems, part["problems"] or problems)
        return whole >= wanted

    def find(self, stage: str, key: str) -> Manifest | None:
        """Return the committed step if its payload is there in full, of this experiment or another."""
        if not self.begun(stage, key):
            return None
        name = (stage, key)
        if name not in self._found:
            self._found[name] = self._store.find(stage, key)
        return self._found[name]


def _keys(experiment: Experiment) -> dict[str, list[str]]:
    """Return the keys of all that an experiment makes, weights of every iteration too, by stage, in the run's order."""
    weights = {experiment.lineage(i): None for i in range(experiment.spec.train.iterations + 1)}
    keys = defaultdict(list, {POLICY_STAGE: [*weights]})
    for node in experiment.steps():
        if node.step.stage != POLICY_STAGE or node.step.key not in weights:  # as the base of an adapter
            keys[node.step.stage].append(node.step.key)
    return keys
