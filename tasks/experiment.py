"""Which steps an experiment consists of. Every key, and so every policy's lineage, is known before anything runs."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.paths import resolve
from infra.store import Store
from specs.errors import SpecError
from specs.identity import (
    evaluate_part,
    heldout_sampling,
    rollout_part,
    run_name,
    sampling_part,
    train_part,
    warm_start_part,
)
from specs.schema import Fork, Spec
from tasks.checkpoint.fork import Source, find_source
from tasks.checkpoint.weights import POLICY_STAGE, model_folder, weights_digest
from tasks.data.dataset import source_fingerprint, tokenizer_of
from tasks.data.sources.registry import data_key_part, source_of
from tasks.data.task import VERSION as DATA
from tasks.data.tokenizer import tokenizer_digest
from tasks.errors import DataError
from tasks.evaluate.problems import HELDOUT
from tasks.evaluate.samples import set_key
from tasks.evaluate.suites.declare import SuiteDeclaration, read_suite
from tasks.evaluate.suites.load import suite_fingerprint
from tasks.evaluate.task import CONTAMINATION_VERSION as CONTAMINATION
from tasks.evaluate.task import SUITE_VERSION as SUITE
from tasks.evaluate.task import VERSION as EVALUATE
from tasks.reward.task import VERSION as REWARD
from tasks.reward.verifiers.registry import verifier_key_part
from tasks.rollout.engines import engine_key_part
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
        declared = {name: _declared(name) for name in spec.evaluate.suites if name != HELDOUT}
        start = warm_start_part(spec)
        #: The run and iteration that this one goes on from.
        self.source: Source | None = (
            find_source(spec, Store(spec.store)) if isinstance(spec.policy.init, Fork) else None
        )
        #: The folder with the policy's configuration and tokenizer (and, but for a fork, weights); None for one made on the spot.
        self.model: Path | None = (
            self.source.folder if self.source else model_folder(start["policy"], download=download)
        )
        tokens = tokenizer_digest(tokenizer_of(self.model))
        source = source_fingerprint(spec.data)
        self.data = Step("data", DATA, {"part": data_key_part(spec), "source": source, "tokenizer": tokens})
        self.start = self.source.step if self.source else self._made_start(start, tokens)
        self._root = self.source.root if self.source else self.start.key
        self._rollout, self._train = {**rollout_part(spec), **engine_key_part(spec.rollout.engine)}, train_part(spec)
        # Of the verifiers' settings, those of the verifier that these problems name.
        self._verifier = source_of(spec.data).verifier
        self._reward = {"truncated": spec.reward.truncated, **verifier_key_part(self._verifier, spec.reward)}
        self._lineages = [self.start.key]
        self._lock = threading.RLock()  # checkpoints are committed beside the loop
        self._tokenizer = tokens
        self._suites = {name: _suite(suite, spec) for name, suite in declared.items()}

    def _made_start(self, part: dict[str, Any], tokenizer: str) -> Step:
        weights = weights_digest(self.model) if self.model else None
        part["policy"] = {key: value for key, value in part["policy"].items() if key not in ("model", "revision")}
        inputs = {
            "part": part,
            "weights": weights,
            "tokenizer": tokenizer,
            "data": self.data.key if self.spec.warm_start else None,
        }
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
        common = {
            "policy": self.lineage(iteration),
            "data": self.data.key,
            "part": self._rollout,
            "iteration": iteration,
        }
        return [Step("rollout", ROLLOUT, {**common, "shard": shard}) for shard in range(shard_count(self.spec.rollout))]

    def verdicts(self, iteration: int) -> Step:
        keys = [step.key for step in self.rollouts(iteration)]
        # Verdicts are scores; the step also counts distinct correct answers, which a score's threshold decides.
        inputs = {
            "rollouts": keys,
            "data": self.data.key,
            "part": self._reward,
            "correct_at": self.spec.reward.correct_at,
        }
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

    def suite(self, name: str) -> Step | None:
        """The step that keeps a suite's problems; None for the held-out ones, which the data step has."""
        return self._suites[name].step if name in self._suites else None

    def contamination(self, name: str) -> Step:
        """How much of a suite the training problems hold."""
        suite = self.suite(name)
        return Step("contamination", CONTAMINATION, {"data": self.data.key, "suite": suite.key if suite else None})

    def evaluation(self, iteration: int, suite: str) -> Step:
        """Evaluation of the policy after `iteration` iterations. The policy is in the key, its iteration is not."""
        return self.evaluation_of(self.lineage(iteration), suite)

    def evaluation_of(self, policy: str, suite: str, *, served: bool = False) -> Step:
        """Evaluation of a policy by its lineage. `served`: by a server that somebody else runs, in a precision of its own."""
        part = {**self.sampling(suite), "engine": "server", "dtype": None} if served else self.sampling(suite)
        own = self._suites.get(suite)
        verifier = own.verifier if own else self._verifier
        # An evaluation judges everything, so `truncated` is not read.
        reward = {"verifier": REWARD, **verifier_key_part(verifier, self.spec.reward)}
        problems = own.step.key if own else self.data.key
        about = {"policy": policy, "problems": self._asked(suite), "suite": suite, "part": part}
        inputs = {
            "policy": policy,
            "data": problems,
            "suite": suite,
            "part": {**part, **evaluate_part(self.spec)},
            "reward": reward,
            "set": set_key(about),
        }
        return Step("evaluate", EVALUATE, inputs)

    def sample_set(self, step: Step) -> dict[str, Any]:
        """What the samples of an evaluation depend on: tasks.evaluate.samples.SampleSet's `about`."""
        part = {key: value for key, value in step.inputs["part"].items() if key not in evaluate_part(self.spec)}
        return {
            "policy": step.inputs["policy"],
            "problems": self._asked(step.inputs["suite"]),
            "suite": step.inputs["suite"],
            "part": part,
        }

    def _asked(self, suite: str) -> Any:
        """What the policy is asked: a suite's problems without what only their verifier reads, so that judging otherwise draws nothing."""
        own = self._suites.get(suite)
        return own.step.inputs["source"]["asked"] if own else self.data.key

    def sampling(self, suite: str) -> dict[str, Any]:
        """How a suite is sampled, its prompt included."""
        if (own := self._suites.get(suite)) is not None:
            return {**sampling_part(self.spec, own.sampling), "template": own.template, "tokenizer": self._tokenizer}
        return sampling_part(self.spec, heldout_sampling(self.spec))

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


@dataclass(frozen=True)
class _Suite:
    """What of a suite's declaration decides its evaluation."""

    step: Step
    template: str
    verifier: str
    sampling: Mapping[str, Any]


def _declared(name: str) -> SuiteDeclaration:
    try:
        return read_suite(name)
    except DataError as error:
        raise SpecError(f"evaluate.suites: {error}") from None


def _suite(declared: SuiteDeclaration, spec: Spec) -> _Suite:
    inputs = {"suite": declared.name, "source": suite_fingerprint(declared, stand_ins(spec))}
    return _Suite(Step("suite", SUITE, inputs), declared.prompt, declared.verifier, declared.sampling.model_dump())


def longest_response(spec: Spec) -> int:
    """Tokens that a response may have, in training or in an evaluation: the engine must hold it."""
    own = [read_suite(name).sampling.max_response_tokens for name in spec.evaluate.suites if name != HELDOUT]
    return max(
        spec.rollout.max_response_tokens,
        *([spec.evaluate.max_response_tokens or 0] if spec.evaluate.max_response_tokens else own),
        0,
    )


def stand_ins(spec: Spec) -> Path | None:
    """The folder that stands in for the hub, where the spec names one."""
    return None if spec.evaluate.stand_ins is None else Path(resolve(spec.evaluate.stand_ins))
