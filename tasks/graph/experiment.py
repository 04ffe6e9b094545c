"""Every step of an experiment and its key, known before anything runs.

This is the one place that says which steps there are and what each takes from. `Experiment.steps()` yields them in
the order of the loop (flows/arm_train.py); plan, listing, study cells, run records and status read it. A new stage is
a method that makes its step, and a line of `steps()`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from infra.caching import Step
from infra.store import Store
from specs.base import USE
from specs.identity import (
    adapter_part,
    asked_part,
    evaluate_part,
    heldout_sampling,
    rollout_part,
    sampling_part,
    warm_start_part,
)
from specs.policy import Fork
from specs.rewards import OwnTerm, Term, VerifierTerm
from specs.schema import Spec
from tasks.checkpoint.adapter import check_targets
from tasks.checkpoint.fork import ForkOrigin, find_source
from tasks.checkpoint.weights import (
    BASE,
    POLICY_STAGE,
    POLICY_VERSION,
    TRAIN_STAGE,
    model_folder,
    policy_step,
    weights_digest,
)
from tasks.data.dataset import source_fingerprint, tokenizer_of
from tasks.data.encode import content_key_part
from tasks.data.end_tokens import end_tokens
from tasks.data.prompts import PromptFormat
from tasks.data.sources.registry import data_key_part, source_of
from tasks.data.tokenizer import tokenizer_digest
from tasks.evaluate.samples import set_key
from tasks.graph.asked import declarations, suite_step
from tasks.graph.node import Node
from tasks.graph.run_name import find_name, parts_of
from tasks.reward.responses import thinking_key_part
from tasks.reward.terms.registry import term_key_part
from tasks.reward.verifiers.registry import verifiers_key_part
from tasks.rollout.shards import shard_count
from tasks.train.catalogue import train_key_part

#: The version of each stage, by the name that it has in the store. Raise it when the same inputs would give another
#: payload; tests/tasks/test_stage_versions.py notices.
VERSIONS: Mapping[str, int] = {
    "data": 1,
    "columns": 1,
    "suite": 1,
    "contamination": 1,
    "policy": POLICY_VERSION,
    "adapter": 1,
    "rollout": 1,
    "verdict": 1,
    "train": 1,
    "evaluate": 2,
}


class Experiment:
    """The steps of one spec. Iteration k takes policy `lineage(k)` to `lineage(k + 1)`."""

    def __init__(self, spec: Spec, *, download: bool = True, store: Store | None = None) -> None:
        """Read the data source's and the model's fingerprints, fetching a hub's model unless told not to.

        Of a fork, read what its store has of the source. `store`: the spec's, where it is open already. Raises
        DataError, SpecError, StoreError.
        """
        self.spec, self._store = spec, store
        #: Declarations of the suites by name; a suite of the user's own is named in its file.
        self.declared = declarations(spec.evaluate.suites)
        for declared in self.declared.values():
            if declared is not None:
                declared.note_own_code()
        #: Names of the suites, in the order of the spec.
        self.suites = tuple(self.declared)
        start = warm_start_part(spec)
        # Before a model is fetched: what is wrong with the data, or with a user's own file, is said in seconds.
        data, fingerprint = data_key_part(spec), source_fingerprint(spec.data)
        #: The run and iteration that this one goes on from.
        self.source: ForkOrigin | None = (
            find_source(spec, store or Store(spec.store)) if isinstance(spec.policy.init, Fork) else None
        )
        #: The folder with the policy's configuration and tokenizer (and, but for a fork, weights); None for one made
        #: on the spot.
        self.model: Path | None = (
            self.source.folder if self.source else model_folder(start["policy"], download=download)
        )
        if spec.policy.adapter is not None:
            check_targets(self.model, spec.policy.adapter)
        tokenizer = tokenizer_of(self.model)
        self._tokenizer = tokenizer_digest(tokenizer)
        self._thinking = thinking_key_part(tokenizer, PromptFormat.of(spec.data))
        #: The tokens that end a response. In keys where they are not the tokenizer's eos_token alone.
        self.end_tokens = end_tokens(tokenizer, self.model, spec.data.chat_template_kwargs)
        self._ends = {"end_tokens": list(self.end_tokens)} if len(self.end_tokens) > 1 else {}
        inputs = {
            "part": data,
            "source": fingerprint,
            "tokenizer": self._tokenizer,
            **content_key_part(tokenizer),
        }
        self.data = Step("data", VERSIONS["data"], inputs)
        #: The rows of the problems, which users' own reward functions read; None without such functions.
        own = [term for term in spec.reward.terms.values() if isinstance(term, OwnTerm)]
        columns = {"data": self.data.key}
        self.columns = Step("columns", VERSIONS["columns"], columns, (self.data.reference,)) if own else None
        #: The policy that training begins with, and the weights that its adapter is trained beside: None where there is
        #: no adapter, and of a fork, whose source has them.
        self.start, self.base = (self.source.step, None) if self.source else self._made_start(start)
        self._root = self.source.root if self.source else self.start.key
        self._rollout = rollout_part(spec)
        # Of the verifiers' settings, those of the verifiers that these problems name.
        self._verifiers = source_of(spec.data).verifiers
        self._lineages = [self.start.key]
        self._lock = threading.RLock()  # checkpoints are committed beside the loop
        self._suites = {
            name: suite_step(each, spec, VERSIONS["suite"]) for name, each in self.declared.items() if each is not None
        }

    def _terms(self, functions: Mapping[str, Term], verifiers: Mapping[str, VerifierTerm]) -> dict[str, Any]:
        """Return the part of a key that terms of the reward make; nothing where there is none.

        `verifiers`: the terms that are a verifier's score beside another outcome. Its settings stand elsewhere.
        """
        limit = self.spec.rollout.max_response_tokens
        parts = {name: term_key_part(term, limit) for name, term in functions.items()}
        parts |= {name: {USE: term.use} for name, term in verifiers.items()}
        own = any(isinstance(term, OwnTerm) for term in functions.values())
        columns = {"columns": self.columns.key} if self.columns is not None and own else {}
        outcome = {"outcome": self.spec.reward.outcome} if self.spec.reward.outcome in functions else {}
        return {"terms": parts, **outcome, **columns} if parts else {}

    def _made_start(self, part: dict[str, Any]) -> tuple[Step, Step | None]:
        weights = weights_digest(self.model) if self.model else None
        part["policy"] = {key: value for key, value in part["policy"].items() if key not in ("model", "revision")}
        data = self.data if self.spec.warm_start else None
        inputs = {
            "part": part,
            "weights": weights,
            "tokenizer": self._tokenizer,
            "data": data.key if data else None,
        }
        whole = Step(POLICY_STAGE, VERSIONS["policy"], inputs, (data.reference,) if data else ())
        if (adapter := adapter_part(self.spec)) is None:
            return whole, None
        inputs = {BASE: whole.key, **adapter}
        return Step(POLICY_STAGE, VERSIONS["adapter"], inputs, (whole.reference,)), whole

    @cached_property
    def run(self) -> str:
        """Return the run's name in the store, `<name>/<8 hex>`. Raises StoreError."""
        parts = parts_of(self.spec, self.data, self.base or self.start, self._rollout)
        return find_name(self.spec, parts, self.lineage, lambda: self._store or Store(self.spec.store))

    @cached_property
    def _train_part(self) -> dict[str, Any]:
        """Return the training part of keys, made where a training step is named.

        A policy of a run is evaluated without its estimator's file.
        """
        return train_key_part(self.spec)

    @cached_property
    def _reward(self) -> dict[str, Any]:
        """Return the reward part of keys, made where a verdict is named, as the training part is."""
        reward = self.spec.reward
        judged = reward.own_outcome is None or reward.verifier_beside
        return {
            "truncated": reward.truncated,
            **(verifiers_key_part(self._verifiers, reward) if judged else {}),
            **self._terms(reward.functions, reward.verifier_beside),
        }

    # -- the graph -------------------------------------------------------------------------------------------------

    def steps(self) -> Iterator[Node]:
        """Yield every step in the order of the loop."""
        evaluated, saved = self.evaluated_iterations(), self.spec.checkpointed_iterations()

        def evaluations(iteration: int) -> Iterator[Node]:
            for name in self.suites if iteration in evaluated else ():
                step = self.evaluation(iteration, name)
                yield Node("evaluate", step, (*step.references, self._policy(iteration)), iteration, name)

        yield Node("data", self.data)
        if self.columns is not None:
            yield Node("columns", self.columns, self.columns.references)
        for name in self.suites:
            if (suite := self.suite(name)) is not None:
                yield Node("suite", suite, suite=name)
            overlap = self.contamination(name)
            yield Node("contamination", overlap, overlap.references, suite=name)
        if self.base is not None:
            yield Node("start", self.base, self.base.references)
            yield Node("adapter", self.start, self.start.references)
        else:
            yield Node("start", self.start, self.start.references)
        yield from evaluations(0)
        for k in range(self.spec.train.iterations):
            for shard, step in enumerate(self.rollouts(k)):
                yield Node("rollout", step, step.references, k, shard=shard)
            reward, train = self.reward(k), self.train(k)
            yield Node("reward", reward, reward.references, k)
            yield Node("train", train, train.references, k)
            if k + 1 in saved:
                policy = self.checkpoint(k + 1)
                yield Node("checkpoint", policy, policy.references, k + 1)
            yield from evaluations(k + 1)

    def roots(self) -> list[str]:
        """Return what gc keeps for the run: references to every step, every policy's weights, every set of samples."""
        policies = [f"{POLICY_STAGE}/{self.lineage(i)}" for i in range(self.spec.train.iterations + 1)]
        steps = [each for node in self.steps() for each in (node.step.reference, *node.step.references)]
        return list(dict.fromkeys([*steps, *policies]))

    def lineage(self, iteration: int) -> str:
        """Return the name of the policy after `iteration` iterations."""
        with self._lock:
            while len(self._lineages) <= iteration:
                self._lineages.append(self.train(len(self._lineages) - 1).key)
            return self._lineages[iteration]

    def _policy(self, iteration: int) -> str:
        """Return the reference of the step that makes the policy after `iteration` iterations."""
        return f"{TRAIN_STAGE if iteration else POLICY_STAGE}/{self.lineage(iteration)}"

    def rollouts(self, iteration: int) -> list[Step]:
        """Return a step for each shard of an iteration's rollouts."""
        common = {
            "policy": self.lineage(iteration),
            "data": self.data.key,
            "part": self._rollout,
            "iteration": iteration,
            **self._ends,
        }
        references = (self.data.reference, self._policy(iteration))
        shards = range(shard_count(self.spec.rollout))
        return [Step("rollout", VERSIONS["rollout"], {**common, "shard": shard}, references) for shard in shards]

    def reward(self, iteration: int) -> Step:
        """Return the step that gives each rollout of an iteration its verdict."""
        rollouts = self.rollouts(iteration)
        inputs = {
            "rollouts": [step.key for step in rollouts],
            "data": self.data.key,
            "part": self._reward,
            # Verdicts are scores; the step also counts distinct correct answers, which the threshold decides.
            "correct_at": self.spec.reward.correct_at,
            **self._thinking,
        }
        references = (self.data.reference, *self._columns_read(), *(step.reference for step in rollouts))
        return Step("verdict", VERSIONS["verdict"], inputs, references)

    def _columns_read(self) -> tuple[str, ...]:
        return () if self.columns is None else (self.columns.reference,)

    def train(self, iteration: int) -> Step:
        """Return the step of an iteration's optimizer steps. Its key is the lineage of the policy that it makes."""
        rollouts, reward = self.rollouts(iteration), self.reward(iteration)
        reference = self.reference(iteration)
        inputs: dict[str, Any] = {
            "policy": self.lineage(iteration),
            "root": self._root,
            "iteration": iteration,
            "data": self.data.key,
            "rollouts": [step.key for step in rollouts],
            "verdicts": reward.key,
            "part": self._train_part,
            **({} if reference is None else {"reference": reference}),
        }
        references = (
            self.data.reference,
            self._policy(iteration),
            *(step.reference for step in rollouts),
            reward.reference,
            f"{POLICY_STAGE}/{self._root}",
            *(() if reference is None else (f"{POLICY_STAGE}/{reference}",)),
        )
        return Step(TRAIN_STAGE, VERSIONS["train"], inputs, tuple(dict.fromkeys(references)))

    def reference(self, iteration: int) -> str | None:
        """Return the lineage of an iteration's reference policy; None where no copy of one is read."""
        at = self.spec.reference_at(iteration)
        return None if at is None else self.lineage(at)

    def checkpoint(self, iteration: int) -> Step:
        """Return the step under which the weights after `iteration` iterations lie: it is named by their lineage."""
        if iteration == 0:
            return self.start
        return policy_step(self.lineage(iteration), self._root)

    def suite(self, name: str) -> Step | None:
        """Return the step that keeps a suite's problems; None for the held-out ones, which the data step has."""
        return self._suites[name].step if name in self._suites else None

    def contamination(self, name: str) -> Step:
        """Return the step that finds a suite's problems among the training problems."""
        suite = self.suite(name)
        inputs = {"data": self.data.key, "suite": suite.key if suite else None}
        references = (self.data.reference, *((suite.reference,) if suite else ()))
        return Step("contamination", VERSIONS["contamination"], inputs, references)

    def evaluation(self, iteration: int, suite: str) -> Step:
        """Return the evaluation of the policy after `iteration` iterations.

        The policy is in the key, its iteration is not.
        """
        return self.evaluation_of(self.lineage(iteration), suite)

    def evaluation_of(self, policy: str, suite: str, *, served: bool = False) -> Step:
        """Return the evaluation of a policy by its lineage.

        `served`: by a server that somebody else runs, in its own precision.
        """
        part = self.sampling(suite)
        if served:
            part = {**part, "engine": "server", "dtype": None}
        own = self._suites.get(suite)
        # An evaluation judges everything, so `truncated` is not read.
        outcome = self.spec.reward.own_outcome if own is None else None
        if outcome is not None:
            settings = self._terms({self.spec.reward.outcome: outcome}, {})
        else:
            settings = verifiers_key_part((own.verifier,) if own else self._verifiers, self.spec.reward)
        about = {"policy": policy, "problems": self._asked(suite), "suite": suite, "part": part}
        problems = own.step if own else self.data
        samples = set_key(about)
        inputs = {
            "policy": policy,
            "data": problems.key,
            "suite": suite,
            "part": {**part, **evaluate_part(self.spec)},
            "reward": {"verifier": VERSIONS["verdict"], **settings},
            "set": samples,
            **self._thinking,
        }
        read = self._columns_read() if outcome is not None else ()
        references = (problems.reference, *read, self.contamination(suite).reference, f"samples/{samples}")
        return Step("evaluate", VERSIONS["evaluate"], inputs, references)

    def sample_set(self, step: Step) -> dict[str, Any]:
        """Return what the samples of an evaluation depend on: the `about` of tasks.evaluate.samples.SampleSet."""
        part = {key: value for key, value in step.inputs["part"].items() if key not in evaluate_part(self.spec)}
        suite = step.inputs["suite"]
        return {"policy": step.inputs["policy"], "problems": self._asked(suite), "suite": suite, "part": part}

    def _asked(self, suite: str) -> Any:
        """Return the digest of what the policy is asked.

        It is made of a suite's problems without what only their verifier reads: another verifier draws nothing anew.
        """
        own = self._suites.get(suite)
        return own.step.inputs["source"]["asked"] if own else self.data.key

    def sampling(self, suite: str) -> dict[str, Any]:
        """Return how a suite is sampled, its prompt template included."""
        if (own := self._suites.get(suite)) is not None:
            sampling = {**sampling_part(self.spec, own.sampling), **self._ends}
            asked = asked_part(self.spec.data)
            return {**sampling, "template": own.template, "tokenizer": self._tokenizer, **asked}
        return {**sampling_part(self.spec, heldout_sampling(self.spec)), **self._ends}

    # -- which iterations are evaluated and saved --------------------------------------------------------------------

    def evaluated_iterations(self) -> list[int]:
        """Return after how many iterations the policy is evaluated: start, every so many, end."""
        last, every = self.spec.train.iterations, self.spec.evaluate.every
        return sorted({0, last, *(range(every, last, every) if every else ())}) if self.spec.evaluate.suites else []

    def pinned_checkpoints(self) -> set[int]:
        """Return after how many iterations a checkpoint is never dropped.

        The first, the last, those evaluated, and those of reference policies, which a replay wants too.
        """
        evaluated, references = self.evaluated_iterations(), self.spec.reference_iterations()
        return {0, self.spec.train.iterations, *evaluated, *references}

    def kept_checkpoints(self, iteration: int, forked: Iterable[int] = ()) -> list[int]:
        """Return the checkpoints that the run has once it has done `iteration` iterations.

        Never dropped are the pinned ones and those that, in `forked`, a fork names; of the others the newest
        `checkpoint.keep` stay.
        """
        saved = [i for i in self.spec.checkpointed_iterations() if i <= iteration]
        pinned = {*self.pinned_checkpoints(), *forked}
        others = [i for i in saved if i not in pinned]
        return sorted({*saved} - {*others[: -self.spec.checkpoint.keep]})
