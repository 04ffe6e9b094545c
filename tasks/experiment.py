"""Which steps an experiment consists of. Every key, and so every policy's lineage, is known before anything runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.store import Store
from specs.identity import data_part, evaluate_part, reward_part, rollout_part, run_name, train_part, warm_start_part
from specs.schema import Fork, Spec
from tasks.checkpoint.fork import Source, find_source
from tasks.checkpoint.weights import POLICY_STAGE, model_folder, weights_digest
from tasks.data.dataset import source_fingerprint, tokenizer_of
from tasks.data.task import VERSION as DATA
from tasks.data.tokenizer import tokenizer_digest
from tasks.evaluate.task import VERSION as EVALUATE
from tasks.reward.task import VERSION as REWARD
from tasks.rollout.shards import shard_count
from tasks.rollout.task import VERSION as ROLLOUT
from tasks.train.task import START_VERSION
from tasks.train.task import VERSION as TRAIN


class Experiment:
    """The steps of one spec. Iteration k takes policy `lineage(k)` to `lineage(k + 1)`."""

    def __init__(self, spec: Spec, *, download: bool = True) -> None:
        """Reads the data source's and the model's fingerprints, fetching a hub's model unless told not to; of a fork, what its store has of
        the source. Raises DataError, SpecError, StoreError."""
        self.spec = spec
        start = warm_start_part(spec)
        #: The run and iteration that this one goes on from.
        self.source: Source | None = find_source(spec, Store(spec.store)) if isinstance(spec.policy.init, Fork) else None
        #: The folder with the policy's configuration and tokenizer (and, but for a fork, weights); None for one made on the spot.
        self.model: Path | None = self.source.folder if self.source else model_folder(start["policy"], download=download)
        tokens = tokenizer_digest(tokenizer_of(self.model))
        self.data_settings = data_part(spec)
        source = source_fingerprint(self.data_settings)
        self.data = Step("data", DATA, {"part": _data_key_part(self.data_settings), "source": source, "tokenizer": tokens})
        self.start = self.source.step if self.source else self._made_start(start, tokens)
        self._root = self.source.root if self.source else self.start.key
        self._rollout, self._train = rollout_part(spec), train_part(spec)
        # Of the verifiers' settings, those of the verifier that these problems name.
        self._reward = {key: value for key, value in reward_part(spec).items() if key == "truncated" or key == spec.data.verifier}
        self._lineages = [self.start.key]
        self._lock = threading.RLock()  # checkpoints are committed beside the loop

    def _made_start(self, part: dict[str, Any], tokenizer: str) -> Step:
        weights = weights_digest(self.model) if self.model else None
        part["policy"] = {key: value for key, value in part["policy"].items() if key not in ("model", "revision")}
        inputs = {"part": part, "weights": weights, "tokenizer": tokenizer, "data": self.data.key if self.spec.warm_start else None}
        return Step(POLICY_STAGE, START_VERSION, inputs)

    @property
    def run(self) -> str:
        """`<name>/<8 hex of identity>`."""
        return run_name(self.spec)

    def lineage(self, iteration: int) -> str:
        """The policy after `iteration` iterations."""
        with self._lock:
            while len(self._lineages) <= iteration:
                self._lineages.append(self.train(len(self._lineages) - 1).key)
            return self._lineages[iteration]

    def rollouts(self, iteration: int) -> list[Step]:
        """One step a shard."""
        common = {"policy": self.lineage(iteration), "data": self.data.key, "part": self._rollout, "iteration": iteration}
        return [Step("rollout", ROLLOUT, {**common, "shard": shard}) for shard in range(shard_count(self._rollout))]

    def verdicts(self, iteration: int) -> Step:
        keys = [step.key for step in self.rollouts(iteration)]
        # Verdicts are scores; the step also counts distinct correct answers, which a score's threshold decides.
        inputs = {"rollouts": keys, "data": self.data.key, "part": self._reward, "correct_at": self.spec.reward.correct_at}
        return Step("verdict", REWARD, inputs)

    def train(self, iteration: int) -> Step:
        inputs: dict[str, Any] = {
            "policy": self.lineage(iteration),
            "root": self._root,
            "iteration": iteration,
            "data": self.data.key,
            "rollouts": [step.key for step in self.rollouts(iteration)],
            "verdicts": self.verdicts(iteration).key,
            "part": self._train,
        }
        return Step("train", TRAIN, inputs)

    def evaluation(self, iteration: int, suite: str) -> Step:
        """Evaluation of the policy after `iteration` iterations. The policy is in the key, its iteration is not."""
        part = {key: value for key, value in evaluate_part(self.spec).items() if key != "suites"}
        reward = {key: value for key, value in self._reward.items() if key != "truncated"}  # an evaluation judges everything
        inputs = {"policy": self.lineage(iteration), "data": self.data.key, "suite": suite, "part": part, "reward": reward}
        return Step("evaluate", EVALUATE, inputs)

    def evaluated_iterations(self) -> list[int]:
        """After how many iterations the policy is evaluated: start, every so many, end."""
        last, every = self.spec.train.iterations, self.spec.evaluate.every
        return sorted({0, last, *(range(every, last, every) if every else ())}) if self.spec.evaluate.suites else []

    def checkpointed_iterations(self) -> list[int]:
        """After how many iterations the policy is saved: start, every so many, end."""
        last = self.spec.train.iterations
        return sorted({0, last, *range(self.spec.checkpoint.every, last, self.spec.checkpoint.every)})

    def kept_checkpoints(self, iteration: int, named: Iterable[int] = ()) -> list[int]:
        """The checkpoints that the run has once it has done `iteration` iterations: those that are never dropped (the first, the last, those that an
        evaluation or, in `named`, a fork names) and the newest `checkpoint.keep` of the others."""
        saved = [i for i in self.checkpointed_iterations() if i <= iteration]
        pinned = {0, self.spec.train.iterations, *self.evaluated_iterations(), *named}
        others = [i for i in saved if i not in pinned]
        return sorted({*saved} - {*others[: -self.spec.checkpoint.keep]})


def _data_key_part(part: dict[str, Any]) -> dict[str, Any]:
    """Of the data settings, those that the payload depends on: names whose content is in the key by its digest are left out, so that
    moving a file or pinning the revision that was used anyway runs nothing again."""
    if part["train"].startswith("puzzle:"):
        return {key: part[key] for key in ("train", "heldout", "prompt", "drop_long_prompts", "max_prompt_tokens")}
    by_digest = {"tokenizer", "revision"} | (set() if part["train"].startswith("hf://") else {"train", "split", "subset"})
    return {key: value for key, value in part.items() if key not in by_digest}
