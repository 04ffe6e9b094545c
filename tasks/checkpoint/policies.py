"""`ensure`: the only way to get a policy (design rule 5).

A policy is named by its lineage, the key of the step that makes it. The trainer holds it, or it is loaded from verified
weights, or its nearest ancestor is, and the optimiser steps in between are replayed from stored rollouts and verdicts:
nothing is sampled or judged again.
"""

from __future__ import annotations

import json
import logging
import shutil
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.errors import StoreError
from infra.store import DamagedError, Manifest, Store
from tasks.checkpoint.weights import POLICY_STAGE, POLICY_VERSION
from tasks.rollout.client import Roller
from tasks.train.client import Trainer
from tasks.train.inputs import adamw_settings

log = logging.getLogger("armature")

Replay = Callable[[Manifest], dict[str, Any]]
Passed = Callable[[str, int], None]


@dataclass(frozen=True)
class Checkpoint:
    """A policy on the local disk. `recorded`: how it was really computed."""

    lineage: str
    folder: Path
    recorded: dict[str, Any]


class Policies:
    """Brings policies onto the trainer and the rollout engine, and into the store. `replay(train manifest)` repeats one training
    step on the trainer, which holds the policy before it; `passed(lineage, target iteration)` is told of each policy that the trainer comes to hold
    on its way to the one after `target` iterations. `scratch`: a local folder that dies with the flow."""

    def __init__(
        self, store: Store, trainer: Trainer, roller: Roller, scratch: Path, replay: Replay, passed: Passed
    ) -> None:
        self._store, self._trainer, self._roller, self._scratch, self._replay, self._passed = (
            store,
            trainer,
            roller,
            scratch,
            replay,
            passed,
        )
        self.replayed = 0  # optimiser iterations that were repeated
        self._said: set[str] = set()  # differences that the run's output has named
        self.yields = False  # on a GPU: the rollout engine gives up its memory before the trainer works

    def stored(self, lineage: str) -> Manifest | None:
        """The policy's weights in the store, if they are there and whole in size."""
        return self._store.find(POLICY_STAGE, lineage)

    def on_trainer(self, lineage: str, adamw: dict[str, Any]) -> None:
        """Makes the trainer hold `lineage`. Raises StoreError where no ancestor's weights verify."""
        if self.yields:
            self._roller.sleep()
        chain: list[tuple[Manifest, dict[str, Any]]] = []
        at, settings = lineage, adamw  # those of the step that comes after `at`: a fork's source may have had others
        while not self._holds(at, settings) and not self._load(at, settings):
            step = self._store.find("train", at)
            if step is None:
                raise StoreError(
                    f"{self._store.uri}: policy {lineage[:12]} cannot be had: no weights of it or of an ancestor verify, and the training step "
                    f"{at[:12]} is not there; run its experiment again from the start"
                )
            chain.append((step, settings))
            at, settings = step.inputs["policy"], adamw_settings(step.inputs["part"])
        for step, settings in reversed(chain):
            log.info("replaying iteration %d of policy %s from the store", step.inputs["iteration"], lineage[:12])
            result = self._replay(step)
            self.replayed += 1
            if result["metrics"] != step.result["metrics"]:
                log.warning(
                    "iteration %d replayed, but not bit-identical: %s",
                    step.inputs["iteration"],
                    self._difference(step.recorded, result["recorded"]),
                )
            if settings != adamw_settings(step.inputs["part"]):
                self._load_again(step.key, settings)
            self._passed(step.key, chain[0][0].inputs["iteration"] + 1)

    def _holds(self, lineage: str, adamw: dict[str, Any]) -> bool:
        """Whether the trainer holds `lineage` under these settings of AdamW."""
        if self._trainer.state != lineage:
            return False
        if self._trainer.adamw != adamw:
            self._load_again(lineage, adamw)
        return True

    def _load_again(self, lineage: str, adamw: dict[str, Any]) -> None:
        """The policy that the trainer holds, under other settings of AdamW, which it takes when it loads."""
        folder = self._scratch / f"again-{lineage[:16]}"
        try:
            self._describe(lineage, folder)
            self._trainer.save(folder, optimizer=True)
            self._trainer.load(lineage, folder, folder, adamw)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def on_roller(self, lineage: str, adamw: dict[str, Any]) -> None:
        """Makes the rollout engine hold `lineage`: from the store, else through the trainer."""
        if self._roller.state == lineage:
            return
        folder = self._scratch / f"policy-{lineage[:16]}"
        manifest = self.stored(lineage) if self._trainer.state != lineage else None
        try:
            if manifest is None or not self._fetch(manifest, folder):
                self.on_trainer(lineage, adamw)
                self._describe(lineage, folder)
                self._trainer.save(folder, optimizer=False)
            if self.yields:
                self._roller.wake()
            self._roller.load(lineage, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def save(self, lineage: str, adamw: dict[str, Any]) -> Checkpoint:
        """Weights, optimizer state, configuration and tokenizer of `lineage` in a local folder."""
        self.on_trainer(lineage, adamw)
        # A folder of its own: the same policy's may be on its way into the store, saved before the ranks died and a replay passed it again.
        folder = self._scratch / f"checkpoint-{lineage[:16]}-{uuid.uuid4().hex[:8]}"
        self._describe(lineage, folder)
        self._trainer.save(folder, optimizer=True)
        return Checkpoint(lineage, folder, dict(self._trainer.environment))

    def commit(self, checkpoint: Checkpoint, stop: threading.Event | None = None) -> Manifest:
        """Takes the local folder of a saved checkpoint into the store. Needs neither trainer nor engine: it may run beside them. The folder goes when it
        is in the store, so that a failed commit can be tried again."""
        files = {p.name: p for p in sorted(checkpoint.folder.iterdir())}
        step, lineage = policy_step(checkpoint.lineage), checkpoint.lineage
        manifest = self._store.commit(step, files, kind="weights", key=lineage, recorded=checkpoint.recorded, stop=stop)
        shutil.rmtree(checkpoint.folder)
        return manifest

    def _load(self, lineage: str, adamw: dict[str, Any]) -> bool:
        manifest = self.stored(lineage)
        if manifest is None:
            return False
        folder = self._scratch / f"load-{lineage[:16]}"
        try:
            if not self._fetch(manifest, folder):
                return False
            optimizer = folder if any(name.startswith("optimizer") for name in manifest.files) else None
            self._trainer.load(lineage, folder, optimizer, adamw)
            self._say_where_it_differs(manifest)
            return True
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _fetch(self, manifest: Manifest, folder: Path) -> bool:
        try:
            self._store.fetch(manifest, folder)
        except DamagedError as error:
            log.warning("%s; taking an older one", error)
            if self._store.find(manifest.stage, manifest.key) == manifest:  # not what another has made since
                self._store.drop(manifest.stage, manifest.key)  # else its size would go on saying that it is there
            return False
        return True

    def _describe(self, lineage: str, folder: Path) -> None:
        """config.json and tokenizer into `folder`: those of the policy's root, which every descendant shares."""
        folder.mkdir(parents=True, exist_ok=True)
        root = lineage
        while (step := self._store.find("train", root)) is not None:
            root = step.inputs["root"]
        manifest = self.stored(root)
        if manifest is None:
            raise StoreError(
                f"{self._store.uri}: the weights of policy {root[:12]}, where {lineage[:12]} began, are not there any more"
            )
        for name in manifest.files:
            if not name.startswith(("model", "optimizer")):
                (folder / name).write_bytes(self._store.read(manifest, name))

    def _say_where_it_differs(self, loaded: Manifest) -> None:
        """Once a run: weights that were made on other ranks, threads or libraries load, but the run is another one from there on."""
        changed = (
            self._changed(loaded.recorded) if loaded.recorded else ""
        )  # nothing: given weights, which nobody computed here
        if changed and changed not in self._said:
            self._said.add(changed)
            log.warning(
                "from policy %s on this run is no longer bit-identical to an uninterrupted one: %s",
                loaded.key[:12],
                changed,
            )

    def _difference(self, recorded: Mapping[str, Any], now: Mapping[str, Any]) -> str:
        """`now`: what the replay has recorded about itself, beside the trainer's environment."""
        budgets = [each.get("token_budget") for each in (recorded, now)]
        budget = f"token_budget was {budgets[0]}, is {budgets[1]} (memory ran out)" if budgets[0] != budgets[1] else ""
        changed = "; ".join(filter(None, [self._changed(recorded), budget]))
        return changed or f"cause unknown (recorded {json.dumps(dict(recorded), sort_keys=True)})"

    def _changed(self, then: Mapping[str, Any]) -> str:
        """`ranks was 1, is 2; ...`: what was recorded against what the trainer is now."""
        now = self._trainer.environment
        return "; ".join(
            f"{key} was {then.get(key)}, is {now[key]}" for key in sorted(now) if then.get(key) != now[key]
        )


def policy_step(lineage: str) -> Step:
    """The step that stores a policy's weights; its key in the store is the lineage itself."""
    return Step(POLICY_STAGE, POLICY_VERSION, {"policy": lineage})


__all__ = ["Policies", "adamw_settings", "policy_step"]
