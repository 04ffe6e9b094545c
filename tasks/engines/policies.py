"""Policies on the trainer and on the rollout engine: the only way to get one.

A policy is named by its lineage, the key of the step that makes it. The trainer holds it, or it is loaded from verified
weights, or its nearest ancestor is, and the optimizer steps in between are replayed from stored rollouts and verdicts:
nothing is sampled or judged again.
"""

from __future__ import annotations

import json
import logging
import shutil
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import StoreError
from infra.store import DamagedError, Manifest
from tasks.checkpoint.weights import BASE, OPTIMIZER, POLICY_STAGE, TRAIN_STAGE, base_of, first_of, write_description
from tasks.engines.engines import Engines
from tasks.engines.training import train_step
from tasks.graph.experiment import Experiment
from tasks.run.artifacts import Datasets
from tasks.run.session import Session
from tasks.train.inputs import adamw_settings
from tasks.train.memory import TokenBudget
from tasks.train.settings import AdamWSettings

log = logging.getLogger("armature")


@dataclass(frozen=True)
class SavedPolicy:
    """A policy on the local disk. `recorded` says how it was really computed, `seconds` how long writing it took."""

    lineage: str
    folder: Path
    recorded: dict[str, Any]
    seconds: float


class Policies:
    """The policies of one experiment on the engines of its flow.

    `make_start` makes the experiment's first policy again where it turned out to be damaged. `passed(lineage,
    target)` is called for each policy that the trainer comes to hold on its way to the one after `target` iterations.
    """

    def __init__(
        self,
        session: Session,
        experiment: Experiment,
        engines: Engines,
        datasets: Datasets,
        make_start: Callable[[], object],
    ) -> None:
        self._session, self._store, self._experiment, self._datasets = session, session.store, experiment, datasets
        self.trainer, self.rollout = engines.trainer, engines.rollout
        self._sleeps = engines.sleeps  # on a GPU: the rollout engine gives up its memory before the trainer works
        self._trainer_sleeps = engines.trainer_sleeps  # and the trainer before the rollout engine does
        self._make_start = make_start
        self.passed: Callable[[str, int], None] = lambda lineage, target: None
        self.replayed = 0  # training iterations that were repeated
        # Of its own: a replay takes the recorded budget, which fitted once, as long as it fits.
        self._replay_budget = TokenBudget()
        self._said: set[str] = set()  # differences that the run's output has named

    def stored(self, lineage: str) -> Manifest | None:
        """Return the manifest of the policy's weights in the store, if they are there and whole in size."""
        return self._store.find(POLICY_STAGE, lineage)

    def at_hand(self, lineage: str) -> bool:
        """Return True if the policy can be had without a training step."""
        return lineage in (self.trainer.state, self.rollout.state) or self.stored(lineage) is not None

    def on_trainer(self, lineage: str) -> None:
        """Make the training ranks hold `lineage`. Raises StoreError where no ancestor's weights verify."""
        self._bring(self._onto_trainer, lineage)

    def on_rollout(self, lineage: str) -> None:
        """Make the rollout engine hold `lineage`: from the store, else through the trainer."""
        self._bring(self._onto_rollout, lineage)

    def train(self, becomes: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Take one training step from stored rollouts and verdicts (see tasks/engines/training.py)."""
        return self._train(becomes, inputs, self._experiment.spec.train.token_budget, self.trainer.budget)

    def save(self, lineage: str) -> SavedPolicy:
        """Write weights, optimizer state, configuration and tokenizer of `lineage` to a local folder."""
        self._onto_trainer(lineage, self._adamw)
        # A folder of its own: the same policy's may be on its way into the store, saved before the ranks died and a
        # replay passed it again.
        folder = self._session.folder / f"checkpoint-{lineage[:16]}-{uuid.uuid4().hex[:8]}"
        self._describe(lineage, folder)
        seconds = self.trainer.save(folder, optimizer=True)
        return SavedPolicy(lineage, folder, dict(self.trainer.environment), seconds)

    @property
    def _adamw(self) -> AdamWSettings:
        return adamw_settings(self._experiment.train(0).inputs["part"])

    def _bring(self, onto: Callable[[str, AdamWSettings], None], lineage: str) -> None:
        """Call `onto`; where loading finds that the first policy is damaged, make it again and try anew."""
        try:
            onto(lineage, self._adamw)
        except StoreError:
            first = [step.key for step in (self._experiment.base, self._experiment.start) if step is not None]
            if all(self.stored(key) is not None for key in first):
                raise
            self._make_start()
            onto(lineage, self._adamw)

    def _train(
        self, becomes: str, inputs: Mapping[str, Any], token_budget: int, fitting: TokenBudget
    ) -> dict[str, Any]:
        adamw = adamw_settings(inputs["part"])
        return train_step(
            self._session,
            self.trainer,
            self._datasets,
            becomes,
            inputs,
            audit=self._experiment.spec.audit,
            token_budget=token_budget,
            fitting=fitting,
            ensure=lambda: self._onto_trainer_with(inputs.get("reference"), inputs["policy"], adamw),
        )

    def _onto_trainer_with(self, reference: str | None, lineage: str, adamw: AdamWSettings) -> None:
        """Bring `lineage` onto the trainer, and beside it a frozen copy of the policy `reference`; None: no copy."""
        if reference is None and self.trainer.reference is not None:
            self.trainer.stop()  # the memory of a copy is free again when the ranks have ended
        self._onto_trainer(lineage, adamw)
        if reference is None or self.trainer.reference == reference:
            return
        folder = self._session.folder / f"reference-{reference[:16]}-{uuid.uuid4().hex[:8]}"
        try:
            manifest = self.stored(reference) if self.trainer.state != reference else None
            if manifest is None or not self._fetch(manifest, folder, but=OPTIMIZER):
                self._onto_trainer(reference, adamw)
                self._describe(reference, folder)
                self.trainer.save(folder, optimizer=False)
                self._onto_trainer(lineage, adamw)
            if self.trainer.reference != reference:  # not held since by a replay of steps that read it
                base = self._base(reference)
                self.trainer.refer(reference, base or folder, folder if base else None)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _onto_trainer(self, lineage: str, adamw: AdamWSettings) -> None:
        """Bring `lineage` onto the trainer; `adamw` are AdamW's settings in the step that comes after it."""
        if self._sleeps:
            self.rollout.sleep()
        chain: list[tuple[Manifest, AdamWSettings]] = []
        at, settings = lineage, adamw  # a fork's source may have had others
        while not self._holds(at, settings) and not self._load(at, settings):
            step = self._store.find(TRAIN_STAGE, at)
            if step is None:
                raise StoreError(
                    f"{self._store.uri}: policy {lineage[:12]} cannot be had: no weights of it or of an ancestor "
                    "verify, "
                    f"and the training step {at[:12]} is not there; run its experiment again from the start"
                )
            chain.append((step, settings))
            at, settings = step.inputs["policy"], adamw_settings(step.inputs["part"])
        for step, settings in reversed(chain):
            log.info("replaying iteration %d of policy %s from the store", step.inputs["iteration"], lineage[:12])
            result = self._train(step.key, step.inputs, step.recorded["token_budget"], self._replay_budget)
            self.replayed += 1
            if result["metrics"] != step.result["metrics"]:
                log.warning(
                    "iteration %d replayed, but not bit-identical: %s",
                    step.inputs["iteration"],
                    self._difference(step.recorded, result["recorded"]),
                )
            if settings != adamw_settings(step.inputs["part"]):
                self._load_again(step.key, settings)
            self.passed(step.key, chain[0][0].inputs["iteration"] + 1)

    def _holds(self, lineage: str, adamw: AdamWSettings) -> bool:
        """Return True if the trainer holds `lineage`, under these settings of AdamW afterwards."""
        if self.trainer.state != lineage:
            return False
        if self.trainer.adamw != adamw:
            self._load_again(lineage, adamw)
        return True

    def _load_again(self, lineage: str, adamw: AdamWSettings) -> None:
        """Load the policy that the trainer holds under other settings of AdamW, which it takes when it loads."""
        folder = self._session.folder / f"again-{lineage[:16]}"
        try:
            self._describe(lineage, folder)
            self.trainer.save(folder, optimizer=True)
            self._load_on_trainer(lineage, folder, folder, adamw)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _onto_rollout(self, lineage: str, adamw: AdamWSettings) -> None:
        if self.rollout.state == lineage:
            return
        folder = self._session.folder / f"policy-{lineage[:16]}"
        manifest = self.stored(lineage) if self.trainer.state != lineage else None
        try:
            if manifest is None or not self._fetch(manifest, folder, but=OPTIMIZER):
                self._onto_trainer(lineage, adamw)
                self._describe(lineage, folder)
                self.trainer.save(folder, optimizer=False)
            if self._trainer_sleeps:
                self.trainer.sleep()
            if self._sleeps:
                self.rollout.wake()
            base = self._base(lineage)
            self.rollout.load(lineage, base or folder, folder if base else None)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _load_on_trainer(self, lineage: str, folder: Path, optimizer: Path | None, adamw: AdamWSettings) -> None:
        """Make the trainer hold the policy whose weights, or whose adapter, lie in `folder`."""
        base = self._base(lineage)
        self.trainer.load(lineage, base or folder, optimizer, adamw, folder if base else None)

    def _base(self, lineage: str) -> Path | None:
        """Return a folder with the weights beside which the policy's adapter stands; None where it has no adapter.

        It is fetched once, and stays as long as the session.
        """
        first = first_of(self._store, lineage)
        if BASE not in first.inputs:
            return None
        base = base_of(self._store, first)
        folder = self._session.folder / f"base-{base.key[:16]}"
        if not folder.exists():
            fetched = folder.with_name(f"{folder.name}.part")
            if not self._fetch(base, fetched):
                base_of(self._store, first)  # raises: it was damaged, and was dropped
            fetched.rename(folder)  # whole: a fetch that failed, and is tried again, leaves a folder without files
        return folder

    def _load(self, lineage: str, adamw: AdamWSettings) -> bool:
        manifest = self.stored(lineage)
        if manifest is None:
            return False
        folder = self._session.folder / f"load-{lineage[:16]}"
        try:
            if not self._fetch(manifest, folder):
                return False
            optimizer = folder if any(name.startswith(OPTIMIZER) for name in manifest.files) else None
            self._load_on_trainer(lineage, folder, optimizer, adamw)
            self._say_where_it_differs(manifest)
            return True
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _fetch(self, manifest: Manifest, folder: Path, but: str | None = None) -> bool:
        try:
            self._store.fetch(manifest, folder, but)
        except DamagedError as error:
            log.warning("%s; taking an older one", error)
            if self._store.find(manifest.stage, manifest.key) == manifest:  # not what another has made since
                # Else its size would go on saying that it is there.
                self._store.drop(manifest.stage, manifest.key)
            return False
        return True

    def _describe(self, lineage: str, folder: Path) -> None:
        """Write config.json and tokenizer into `folder`: those of the policy's root, which every descendant shares."""
        folder.mkdir(parents=True, exist_ok=True)
        write_description(self._store, first_of(self._store, lineage), folder)

    def _say_where_it_differs(self, loaded: Manifest) -> None:
        """Warn once a run about weights that were made on other ranks, threads or libraries.

        They load, but the run is another one from there on.
        """
        # Nothing is recorded of given weights, which nobody computed here.
        changed = self._changed(loaded.recorded) if loaded.recorded else ""
        if changed and changed not in self._said:
            self._said.add(changed)
            log.warning(
                "from policy %s on this run is no longer bit-identical to an uninterrupted one: %s",
                loaded.key[:12],
                changed,
            )

    def _difference(self, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> str:
        """Return why a replay differs; `now` is what it recorded about itself, beside the trainer's environment."""
        budgets = [each.get("token_budget") for each in (recorded, now)]
        budget = f"token_budget was {budgets[0]}, is {budgets[1]} (memory ran out)" if budgets[0] != budgets[1] else ""
        changed = "; ".join(filter(None, [self._changed(recorded), budget]))
        return changed or f"cause unknown (recorded {json.dumps(dict(recorded), sort_keys=True)})"

    def _changed(self, then: Mapping[str, Any]) -> str:
        """Return `ranks was 1, is 2; ...`: what was recorded against what the trainer is now."""
        now = self.trainer.environment
        return "; ".join(
            f"{key} was {then.get(key)}, is {now[key]}" for key in sorted(now) if then.get(key) != now[key]
        )
