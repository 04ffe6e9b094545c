"""Checkpoints of a run: which policies are saved, how they get into the store, and which of them stay."""

from __future__ import annotations

import logging
import threading

from infra.store import Manifest
from tasks.checkpoint.fork import pinned
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.engines.policies import Policies, SavedPolicy
from tasks.graph.experiment import Experiment
from tasks.run.session import Output, Session

log = logging.getLogger("armature")


class Checkpoints:
    """The checkpoints of one experiment. A replay that comes by a lost one saves it again."""

    def __init__(self, session: Session, experiment: Experiment, policies: Policies) -> None:
        self._session, self._store = session, session.store
        self._experiment, self._policies = experiment, policies
        self._uploading: set[str] = set()  # policies on the local disk, on their way into the store
        policies.passed = self._passed

    def save(self, iteration: int) -> SavedPolicy | None:
        """Write the policy after `iteration` iterations to the local disk.

        None where the store has it, or has it now because a replay came by it.
        """
        lineage = self._experiment.lineage(iteration)
        if not self._policies.stored(lineage):
            self._policies.on_trainer(lineage)
        if self._policies.stored(lineage):
            return None
        self._uploading.add(lineage)
        return self._policies.save(lineage)

    def commit(self, saved: SavedPolicy, iteration: int, stop: threading.Event | None = None) -> Manifest:
        """Take a saved policy into the store, and drop older ones. `stop` is Store.commit's.

        Needs neither trainer nor engine: it may run beside them. A failed commit leaves the folder, and can be tried
        again.
        """
        files = {path.name: path for path in sorted(saved.folder.iterdir())}
        output = Output(files, "weights", recorded=saved.recorded, folder=saved.folder)
        manifest = self._session.commit(self._experiment.checkpoint(iteration), output, saved.seconds, stop)
        self._uploading.discard(saved.lineage)
        self.retain()
        return manifest

    def retain(self) -> None:
        """Drop this run's older checkpoints, as `checkpoint.keep` says.

        Never dropped are the first, the last, and those that an evaluation or a fork names. One that is damaged does
        not count, so the newest that is whole stays.
        """
        experiment, spec = self._experiment, self._experiment.spec
        named = experiment.pinned_checkpoints()
        there = set(self._store.files.list(f"steps/{POLICY_STAGE}")) - pinned(self._store)
        lineages = {i: experiment.lineage(i) for i in range(spec.train.iterations) if i not in named}
        whole = [i for i, lineage in lineages.items() if lineage in there and self._policies.stored(lineage)]
        for old in whole[: -spec.checkpoint.keep]:
            self._store.drop(POLICY_STAGE, experiment.lineage(old))

    def _passed(self, lineage: str, target: int) -> None:
        """Save again what a crash kept from being saved, of the checkpoints up to `target` that retention keeps."""
        if lineage in self._uploading or self._policies.stored(lineage):
            return
        experiment, forks = self._experiment, pinned(self._store)
        forked = [i for i in range(target + 1) if experiment.lineage(i) in forks]
        kept = experiment.kept_checkpoints(target, forked)
        iteration = next((i for i in kept if experiment.lineage(i) == lineage), None)
        if iteration is not None:
            log.info("the checkpoint after iteration %d was lost with an earlier start; it is saved now", iteration)
            self.commit(self._policies.save(lineage), iteration)
