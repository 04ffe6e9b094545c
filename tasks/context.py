"""What a running experiment holds: store, engines, data, judge. The stages' tasks work through it; the flow owns it."""

from __future__ import annotations

import contextlib
import copy
import logging
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.errors import StoreError
from infra.scratch import large_folder
from infra.store import Manifest, Store
from specs.schema import Architecture, Spec
from tasks import table
from tasks.checkpoint.fork import pinned
from tasks.checkpoint.policies import Checkpoint, Policies
from tasks.checkpoint.weights import POLICY_STAGE, given_files, write_scratch_model
from tasks.data.dataset import Dataset, read_dataset, write_tokenizer
from tasks.data.encode import too_long
from tasks.engines import Engines
from tasks.errors import DataError
from tasks.evaluate.problems import SuiteData, encoded, from_bytes, heldout
from tasks.evaluate.samples import SampleSet
from tasks.evaluate.sampling import missing
from tasks.experiment import Experiment, stand_ins
from tasks.records import EncodedProblem, Rollout, Verdict
from tasks.reward.code import CodeSettings
from tasks.reward.judge import Judge, verdict_of
from tasks.rollout.table import read_rollouts
from tasks.train.inputs import adamw_settings, group_batch, step_settings
from tasks.train.memory import TokenBudget
from tasks.train.task import start
from tasks.train.warm_start import Demonstrator, warm_start

log = logging.getLogger("armature")


class Context:
    """One experiment in one flow run. `found` and `made` count the steps that the store had and those that ran, `seconds` what these took.
    `still_ours` raises where another process has taken the run over: it is asked before anything is committed."""

    def __init__(
        self, spec: Spec, store: Store, engines: Engines, still_ours: Callable[[], None] = lambda: None
    ) -> None:
        self.spec, self.store, self.still_ours = spec, store, still_ours
        self.experiment = Experiment(spec)
        self.trainer, self.roller = engines.trainer, engines.roller
        self._scratch = large_folder()
        self.policies = Policies(store, self.trainer, self.roller, self._scratch, self._replay, self._passed)
        self.policies.yields = engines.sleeps
        self._replay_budget = (
            TokenBudget()
        )  # of its own: a replay takes the recorded budget, which fitted once, as long as it fits
        self._uploading: set[str] = set()  # policies on the local disk, on their way into the store
        self._suite_data: dict[str, SuiteData] = {}
        self.found = self.made = 0
        self.seconds = 0.0

    def close(self) -> None:
        if "judge" in self.__dict__:
            self.judge.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def otherwise(self, spec: Spec) -> Context:
        """This run as `spec`, which differs in how policies are evaluated, evaluates it: on the same engines and data, and closed with this one."""
        other = copy.copy(self)
        other.spec, other.experiment, other._suite_data = spec, Experiment(spec), {}
        assert other.experiment.lineage(spec.train.iterations) == self.experiment.lineage(spec.train.iterations), (
            spec.name
        )
        other.found, other.made, other.seconds = 0, 0, 0.0
        return other

    # -- the store ---------------------------------------------------------------------------------------------------

    def find(self, step: Step) -> Manifest | None:
        """The step's manifest, where its payload is there and whole."""
        manifest = self.store.find(step.stage, step.key)
        # Weights may be tens of gigabytes: their digests are verified when they are loaded.
        if manifest is not None and (manifest.kind == "weights" or self.store.intact(manifest)):
            self.found += 1
            return manifest
        return None

    def commit(
        self,
        step: Step,
        files: Mapping[str, Path | bytes],
        *,
        seconds: float,
        parts: Mapping[str, float] | None = None,
        **about: Any,
    ) -> Manifest:
        """Commits a step that ran; times go to its ledger."""
        self.still_ours()
        ledger = {"seconds": seconds, "parts": dict(parts or {}), "host": socket.gethostname()}
        manifest = self.store.commit(step, files, ledger=ledger, **about)
        self.made += 1
        self.seconds += seconds
        return manifest

    def require(self, stage: str, key: str) -> Manifest:
        """A step that earlier stages must have made."""
        manifest = self.store.find(stage, key)
        if manifest is None:
            raise StoreError(
                f"{self.store.uri}: {stage} {key[:12]} was there and is not any more; run again: it will be made anew"
            )
        return manifest

    @cached_property
    def dataset(self) -> Dataset:
        dataset = read_dataset(self.store, self.require("data", self.experiment.data.key))
        problems = (*dataset.train, *dataset.heldout)
        self.judge.check([p.problem for p in problems])
        limit, drawn = self.spec.rollout.max_prompt_tokens, self.spec.rollout.problems
        if drawn is not None and drawn > len(dataset.train):
            there = len(dataset.train)
            raise DataError(
                f"rollout.problems is {drawn}, but there are only {there} training problems: lower it, or leave it out to draw from all"
            )
        for problem in problems:  # the limit is in no key: it changes no payload
            if len(problem.prompt_ids) > limit:
                raise too_long(problem, limit)
        return dataset

    @property
    def stand_ins(self) -> Path | None:
        """The folder that stands in for the hub's suites, where the spec names one."""
        return stand_ins(self.spec)

    def suite_data(self, name: str) -> SuiteData:
        """The problems of a suite, as the policy sees them, checked by their verifier."""
        if name not in self._suite_data:
            step = self.experiment.suite(name)
            if step is None:
                self._suite_data[name] = heldout(self.dataset)
            else:
                problems = from_bytes(self.store.read(self.require("suite", step.key), "problems.jsonl"))
                self.judge.check([each.problem for each in problems])
                template = self.experiment.sampling(name)["template"]
                self._suite_data[name] = encoded(
                    name, problems, template, self.dataset.tokenizer, self.spec.rollout.max_prompt_tokens
                )
        return self._suite_data[name]

    @cached_property
    def judge(self) -> Judge:
        reward = self.spec.reward
        return Judge(
            math_deadline_s=reward.math.deadline_s,
            math_workers=reward.math.workers,
            code=CodeSettings(**reward.code.model_dump()),
        )

    def rollouts(self, keys: Sequence[str]) -> list[Rollout]:
        """The rollouts of an iteration, all shards in order, verified."""
        rows: list[Rollout] = []
        with self.scratch_folder("rollouts") as folder:
            for key in keys:
                manifest = self.require("rollout", key)
                path = folder / f"{key[:16]}.parquet"
                path.write_bytes(self.store.read(manifest, "rollouts.parquet"))
                rows += read_rollouts(path)
        return rows

    def verdicts(self, key: str) -> list[Verdict]:
        return [
            verdict_of(row)
            for row in table.from_bytes(self.store.read(self.require("verdict", key), "verdicts.parquet"))
        ]

    @contextlib.contextmanager
    def scratch_folder(self, name: str) -> Iterator[Path]:
        folder = self._scratch / f"{name}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # -- policies ----------------------------------------------------------------------------------------------------

    def can_evaluate(self, iteration: int, suite: str) -> bool:
        """Whether an evaluation after `iteration` iterations is there (or was, before it was damaged), or needs no training step to be repeated for it
        alone: its policy is at hand, or its samples are stored, or it is where the run goes on from."""
        step = self.experiment.evaluation(iteration, suite)
        lineage = self.experiment.lineage(iteration)
        return (
            self.store.known(step.stage, step.key)
            or lineage in (self.trainer.state, self.roller.state)
            or self.policies.stored(lineage) is not None
            or iteration == self.spec.train.iterations
            or not self.store.known("train", self.experiment.lineage(iteration + 1))
            or not self.lacks_samples(step)
        )

    def lacks_samples(self, step: Step) -> bool:
        """Whether an evaluation has samples to draw."""
        part = step.inputs["part"]
        stored = SampleSet(self.store.files, self.experiment.sample_set(step)).read()
        return missing(stored, self.suite_data(step.inputs["suite"]).first(part["problems"]).encoded, part["samples"])

    @property
    def _adamw(self) -> dict[str, Any]:
        return adamw_settings(self.experiment.train(0).inputs["part"])

    def engine_for(self, lineage: str) -> None:
        """The rollout engine holds `lineage` afterwards, and what judges its samples stands ready: that is tried first."""
        self.judge.start(p.problem for p in (*self.dataset.train, *self.dataset.heldout))
        self._bring(self.policies.on_roller, lineage)

    def trainer_for(self, lineage: str) -> None:
        """The training ranks hold `lineage` afterwards."""
        self._bring(self.policies.on_trainer, lineage)

    def _bring(self, onto: Callable[[str, dict[str, Any]], None], lineage: str) -> None:
        """Weights are verified when they are loaded, not when the store is asked for them: a first policy that turns out to be damaged then is made
        again, as a later one is replayed."""
        try:
            onto(lineage, self._adamw)
        except StoreError:
            if self.policies.stored(self.experiment.lineage(0)) is not None:
                raise
            start.fn(self)
            onto(lineage, self._adamw)

    def train_on(self, becomes: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """One training step from stored rollouts and verdicts; `recorded` in its result is for its manifest."""
        return self._train(becomes, inputs, self.spec.train.token_budget, self.trainer.budget)

    def _replay(self, step: Manifest) -> dict[str, Any]:
        return self._train(step.key, step.inputs, step.recorded["token_budget"], self._replay_budget)

    def _train(
        self, becomes: str, inputs: Mapping[str, Any], token_budget: int, fitting: TokenBudget
    ) -> dict[str, Any]:
        part, audit = inputs["part"], self.spec.audit
        spec = step_settings(
            part,
            token_budget=token_budget,
            audit_max_mean=audit.max_mean.of(part["dtype"]),
            audit_min_effective_share=audit.min_effective_sample_share,
        )
        batch = group_batch(
            self._problems(inputs["data"]), self.rollouts(inputs["rollouts"]), self.verdicts(inputs["verdicts"])
        )

        def attempt(budget: int) -> dict[str, Any]:
            self.policies.on_trainer(inputs["policy"], adamw_settings(part))
            return self.trainer.train(becomes, batch, replace(spec, token_budget=budget), inputs["iteration"])

        done, recorded = fitting.run(
            attempt, lambda: batch.passes(spec.minibatch_prompts), self.trainer.options.ranks, token_budget
        )
        return {**done, "recorded": recorded}

    def _problems(self, data: str) -> Mapping[str, EncodedProblem]:
        """Those of the data step `data`: not this experiment's own where a fork replays what its source trained on."""
        return (
            self.dataset if data == self.experiment.data.key else read_dataset(self.store, self.require("data", data))
        ).by_id

    def make_start(self, folder: Path) -> tuple[dict[str, Path], dict[str, Any], dict[str, Any]]:
        """Files of the first policy, numbers about the warm start, and how it was really computed."""
        experiment, spec = self.experiment, self.spec
        given = folder / "given"
        given.mkdir()
        if experiment.model is not None:
            source, files = experiment.model, given_files(experiment.model)
        else:
            tokenizer = self.dataset.tokenizer
            architecture = (spec.policy.architecture or Architecture()).model_dump()
            write_scratch_model(
                given,
                architecture,
                len(tokenizer),
                int(tokenizer.eos_token_id),
                int(tokenizer.pad_token_id),
                spec.policy.dtype,
                spec.seed,
            )
            write_tokenizer(self.store, self.require("data", experiment.data.key), given)
            source, files = given, {p.name: p for p in sorted(given.iterdir())}
        if spec.warm_start is None:
            return files, {}, {}
        total, began = spec.warm_start.steps, time.monotonic()

        def progress(done: int, numbers: dict[str, float]) -> None:
            spent = time.monotonic() - began
            if done == total or done % 100 == 0:
                log.info(
                    "warm start  step %4d/%d  loss %.3f  %.0f s left",
                    done,
                    total,
                    numbers["loss"],
                    spent / done * (total - done),
                )

        demonstrator = Demonstrator(self.dataset.train, self.dataset.tokenizer, spec.seed)
        result, recorded = warm_start(
            self.trainer, source, demonstrator, spec.warm_start.model_dump(), spec.train.token_budget, progress
        )
        made = folder / "made"
        self.trainer.save(made, optimizer=False)
        others = {name: path for name, path in files.items() if not name.startswith("model")}
        return (
            {**others, **{p.name: p for p in sorted(made.iterdir())}},
            result,
            {**self.trainer.environment, **recorded},
        )

    # -- checkpoints -------------------------------------------------------------------------------------------------

    def save_policy(self, iteration: int) -> Checkpoint | None:
        """The policy after `iteration` iterations on the local disk; None where the store has it, or has it now because a replay came by it."""
        lineage = self.experiment.lineage(iteration)
        if not self.policies.stored(lineage):
            self.trainer_for(lineage)
        if self.policies.stored(lineage):
            return None
        self._uploading.add(lineage)
        return self.policies.save(lineage, self._adamw)

    def commit_policy(self, checkpoint: Checkpoint, stop: threading.Event | None = None) -> Manifest:
        """A saved checkpoint into the store; older ones go. `stop`: as Store.commit's."""
        self.still_ours()
        manifest = self.policies.commit(checkpoint, stop)
        self._uploading.discard(checkpoint.lineage)
        self.made += 1
        self.retain()
        return manifest

    def _passed(self, lineage: str, target: int) -> None:
        """A replay makes again what a crash kept from being saved: those of its checkpoints that retention would have kept."""
        if lineage in self._uploading or self.policies.stored(lineage):
            return
        forks = pinned(self.store)
        kept = self.experiment.kept_checkpoints(
            target, [i for i in range(target + 1) if self.experiment.lineage(i) in forks]
        )
        iteration = next((i for i in kept if self.experiment.lineage(i) == lineage), None)
        if iteration is not None:
            log.info("the checkpoint after iteration %d was lost with an earlier start; it is saved now", iteration)
            self.commit_policy(self.policies.save(lineage, self._adamw))

    def retain(self) -> None:
        """Drops this run's older checkpoints: all that are whole but the first, the last, those that an evaluation or a fork names, and the newest
        `checkpoint.keep` of the others. One that is damaged does not count, so the newest that is whole is never dropped."""
        last = self.spec.train.iterations
        named = {0, last, *self.experiment.evaluated_iterations()}
        there = set(self.store.files.list(f"steps/{POLICY_STAGE}")) - pinned(self.store)
        lineages = {i: self.experiment.lineage(i) for i in range(last) if i not in named}
        whole = [i for i, lineage in lineages.items() if lineage in there and self.policies.stored(lineage)]
        for old in whole[: -self.spec.checkpoint.keep]:
            self.store.drop(POLICY_STAGE, self.experiment.lineage(old))
