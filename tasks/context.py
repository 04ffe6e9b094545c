"""What a running experiment holds: store, engines, data, judge. The stages' tasks work through it; the flow owns it."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import socket
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.errors import EngineError, StoreError
from infra.paths import LOGS
from infra.scratch import large_folder
from infra.store import Manifest, Store
from specs.schema import Architecture, Placement, Spec
from tasks import table
from tasks.checkpoint.policies import Policies, policy_step
from tasks.checkpoint.weights import given_files, write_scratch_model
from tasks.data.dataset import Dataset, read_dataset, write_tokenizer
from tasks.data.encode import too_long
from tasks.experiment import Experiment
from tasks.records import Rollout, Verdict
from tasks.reward.code import CodeSettings
from tasks.reward.judge import Judge, verdict_of
from tasks.rollout.client import Roller
from tasks.rollout.table import read_rollouts
from tasks.train.client import Trainer, TrainerOptions
from tasks.train.inputs import adamw_settings, group_batch, step_spec
from tasks.train.memory import TokenBudget
from tasks.train.warm_start import Demonstrator, warm_start

log = logging.getLogger("armature")


def _devices(placement: Placement) -> tuple[str | None, str | None]:
    """CUDA_VISIBLE_DEVICES of the trainer and of the engine: the same GPUs where they are colocated, else the trainer's first."""
    if not placement.gpus:
        return None, None
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    gpus = given.split(",") if given else [str(i) for i in range(placement.gpus)]
    if len(gpus) < placement.gpus:
        raise EngineError(f"placement.gpus is {placement.gpus}, but CUDA_VISIBLE_DEVICES={given} gives {len(gpus)}: lower one or raise the other")
    gpus = gpus[: placement.gpus]
    split = placement.ranks if placement.layout == "separate" else 0
    return ",".join(gpus[:split] or gpus), ",".join(gpus[split:])


class Engines:
    """The resident children of one flow: training ranks and rollout engine. On the CPU one of them computes at a time. Experiments of one
    flow (a run and its control) share them, where they place them alike."""

    def __init__(self, spec: Spec) -> None:
        cores = len(os.sched_getaffinity(0))
        placement, gpus = spec.placement, spec.placement.gpus > 0
        trainer_gpus, engine_gpus = _devices(placement)
        logs = LOGS / f"{spec.name}-{os.getpid()}"
        self.trainer = Trainer(
            TrainerOptions(
                ranks=placement.ranks,
                threads=placement.threads or max(1, cores // placement.ranks),
                devices=trainer_gpus,
                dtype=spec.policy.dtype,
                zero_stage=spec.train.zero_stage,
                offload_optimizer=placement.offload_optimizer == "cpu",
                gradient_checkpointing=spec.train.gradient_checkpointing,
                step_deadline_s=placement.deadline_s,
            ),
            logs / "trainer.log",
        )
        options: dict[str, Any] = {"dtype": spec.policy.dtype}
        if spec.rollout.engine == "vllm":
            options |= {
                "max_model_len": spec.rollout.max_prompt_tokens + spec.rollout.max_response_tokens,
                "tensor_parallel_size": placement.tensor_parallel,
            }
            if placement.layout == "colocated":
                options["gpu_memory_utilization"] = 0.5  # the trainer's weights and optimizer stay on the same GPU
        elif gpus:
            options["device"] = "cuda"
        threads = placement.threads or cores
        self.roller = Roller(
            spec.rollout.engine, options, threads=threads, devices=engine_gpus, log=logs / "rollout.log", deadline_s=placement.deadline_s
        )
        self.sleeps = gpus and placement.yields == "rollout"

    def close(self) -> None:
        self.roller.stop()
        self.trainer.stop()


class Context:
    """One experiment in one flow run. `found` and `made` count the steps that the store had and those that ran."""

    def __init__(self, spec: Spec, store: Store, engines: Engines) -> None:
        self.spec, self.store = spec, store
        self.experiment = Experiment(spec)
        self.trainer, self.roller = engines.trainer, engines.roller
        self._scratch = large_folder()
        self.policies = Policies(store, self.trainer, self.roller, self._scratch, self._replay)
        self.policies.yields = engines.sleeps
        self._replay_budget = TokenBudget()  # of its own: a replay takes the recorded budget, which fitted once, as long as it fits
        self.found = self.made = 0

    def close(self) -> None:
        if "judge" in self.__dict__:
            self.judge.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    # -- the store ---------------------------------------------------------------------------------------------------

    def find(self, step: Step) -> Manifest | None:
        """The step's manifest, where its payload is there and whole."""
        manifest = self.store.find(step.stage, step.key)
        # Weights may be tens of gigabytes: their digests are verified when they are loaded.
        if manifest is not None and (manifest.kind == "weights" or self.store.intact(manifest)):
            self.found += 1
            return manifest
        return None

    def commit(self, step: Step, files: Mapping[str, Path | bytes], *, seconds: float, parts: Mapping[str, float] | None = None, **about: Any) -> Manifest:
        """Commits a step that ran; times go to its ledger."""
        ledger = {"seconds": seconds, "parts": dict(parts or {}), "host": socket.gethostname()}
        manifest = self.store.commit(step, files, ledger=ledger, **about)
        self.made += 1
        return manifest

    def require(self, stage: str, key: str) -> Manifest:
        """A step that earlier stages must have made."""
        manifest = self.store.find(stage, key)
        if manifest is None:
            raise StoreError(f"{self.store.uri}: {stage} {key[:12]} was there and is not any more; run again: it will be made anew")
        return manifest

    @cached_property
    def dataset(self) -> Dataset:
        dataset = read_dataset(self.store, self.require("data", self.experiment.data.key))
        problems = (*dataset.train, *dataset.heldout)
        self.judge.check([p.problem for p in problems])
        limit = self.spec.rollout.max_prompt_tokens
        for problem in problems:  # the limit is in no key: it changes no payload
            if len(problem.prompt_ids) > limit:
                raise too_long(problem, limit)
        return dataset

    @cached_property
    def judge(self) -> Judge:
        reward = self.spec.reward
        return Judge(math_deadline_s=reward.math.deadline_s, math_workers=reward.math.workers, code=CodeSettings(**reward.code.model_dump()))

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
        return [verdict_of(row) for row in table.from_bytes(self.store.read(self.require("verdict", key), "verdicts.parquet"))]

    @contextlib.contextmanager
    def scratch_folder(self, name: str) -> Iterator[Path]:
        folder = self._scratch / f"{name}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(parents=True)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    # -- policies ----------------------------------------------------------------------------------------------------

    @property
    def _adamw(self) -> dict[str, Any]:
        return adamw_settings(self.experiment.train(0).inputs["part"])

    def engine_for(self, lineage: str) -> None:
        """The rollout engine holds `lineage` afterwards, and what judges its samples stands ready: that is tried first."""
        self.judge.start(p.problem for p in (*self.dataset.train, *self.dataset.heldout))
        self.policies.on_roller(lineage, self._adamw)

    def trainer_for(self, lineage: str) -> None:
        """The training ranks hold `lineage` afterwards."""
        self.policies.on_trainer(lineage, self._adamw)

    def train_on(self, becomes: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """One training step from stored rollouts and verdicts; `recorded` in its result is for its manifest."""
        return self._train(becomes, inputs, self.spec.train.token_budget, self.trainer.budget)

    def _replay(self, step: Manifest) -> dict[str, Any]:
        return self._train(step.key, step.inputs, step.recorded["token_budget"], self._replay_budget)

    def _train(self, becomes: str, inputs: Mapping[str, Any], token_budget: int, fitting: TokenBudget) -> dict[str, Any]:
        part, audit = inputs["part"], self.spec.audit
        spec = step_spec(
            part,
            token_budget=token_budget,
            audit_max_mean=audit.max_mean.of(part["dtype"]),
            audit_min_effective_share=audit.min_effective_sample_share,
        )
        batch = group_batch(self.dataset.by_id, self.rollouts(inputs["rollouts"]), self.verdicts(inputs["verdicts"]))

        def attempt(budget: int) -> dict[str, Any]:
            self.trainer_for(inputs["policy"])
            return self.trainer.train(becomes, batch, replace(spec, token_budget=budget), inputs["iteration"])

        done, recorded = fitting.run(attempt, lambda: batch.passes(spec.minibatch_prompts), self.trainer.options.ranks, token_budget)
        return {**done, "recorded": recorded}

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
                given, architecture, len(tokenizer), int(tokenizer.eos_token_id), int(tokenizer.pad_token_id), spec.policy.dtype, spec.seed
            )
            write_tokenizer(self.store, self.require("data", experiment.data.key), given)
            source, files = given, {p.name: p for p in sorted(given.iterdir())}
        if spec.warm_start is None:
            return files, {}, {}
        total, began = spec.warm_start.steps, time.monotonic()

        def progress(done: int, numbers: dict[str, float]) -> None:
            spent = time.monotonic() - began
            if done == total or done % 100 == 0:
                log.info("warm start  step %4d/%d  loss %.3f  %.0f s left", done, total, numbers["loss"], spent / done * (total - done))

        demonstrator = Demonstrator(self.dataset.train, self.dataset.tokenizer, spec.seed)
        result, recorded = warm_start(self.trainer, source, demonstrator, spec.warm_start.model_dump(), spec.train.token_budget, progress)
        made = folder / "made"
        self.trainer.save(made, optimizer=False)
        others = {name: path for name, path in files.items() if not name.startswith("model")}
        return {**others, **{p.name: p for p in sorted(made.iterdir())}}, result, {**self.trainer.environment, **recorded}

    def save_policy(self, lineage: str) -> Manifest:
        """A checkpoint of `lineage`."""
        manifest = self.policies.checkpoint(policy_step(lineage), lineage, self._adamw)
        self.made += 1
        return manifest

    def retain(self, iteration: int) -> None:
        """Drops this run's older checkpoints: all but the newest `checkpoint.keep`, the first, the last and those that an evaluation names."""
        pinned = {0, self.spec.train.iterations, *self.experiment.evaluated_iterations()}
        due = [i for i in self.experiment.checkpointed_iterations() if i <= iteration and i not in pinned]
        for old in due[: -self.spec.checkpoint.keep]:
            self.store.drop("policy", self.experiment.lineage(old))
