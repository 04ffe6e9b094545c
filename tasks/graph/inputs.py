"""What a start reads and checks before it samples anything: the problems, by the verifiers that will judge them.

A run does it as it goes; a plan does it without making anything, so that it fails as the run would.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

from infra.errors import StoreError
from infra.store import Store
from specs.schema import Spec
from specs.sections import Data
from specs.sources import declared_source, parts_of
from tasks.data.dataset import Dataset, load_dataset, read_dataset, tokenizer_of
from tasks.data.encode import too_long
from tasks.data.order import check_enough
from tasks.data.prompts import PromptFormat
from tasks.data.sources.registry import source_of
from tasks.errors import DataError, NotFetchedError
from tasks.evaluate.problems import encoded
from tasks.evaluate.suites.load import load_declared
from tasks.graph.asked import stand_ins
from tasks.graph.experiment import Experiment
from tasks.reward.verification import Verifiers
from tasks.reward.verifiers.registry import reader_of
from tasks.rollout.shards import check_mixture


def check_dataset(dataset: Dataset, spec: Spec, verifiers: Verifiers) -> None:
    """Raise DataError or VerifierError where a spec cannot train on a data set."""
    problems = (*dataset.train, *dataset.heldout)
    verifiers.check([each.problem for each in problems])
    limit, drawn = spec.rollout.max_prompt_tokens, spec.rollout.problems
    if drawn is not None and drawn > len(dataset.train):
        raise DataError(
            f"rollout.problems is {drawn}, but there are only {len(dataset.train)} training problems: "
            "lower it, or leave it out to draw from all"
        )
    if spec.data.weights:
        check_mixture(dataset.train, spec.rollout, spec.data.weights, spec.train.iterations)
    else:
        check_enough(spec.rollout.drawn, len(dataset.train))
    for problem in problems:  # the limit is in no key: it changes no payload
        if len(problem.prompt_ids) > limit:
            raise too_long(problem, limit)


def check_inputs(experiment: Experiment, store: Store) -> None:
    """Raise what a start of the experiment would raise for its problems and those of its suites.

    What lies on the hub is left to the start, which fetches it.
    """
    spec = experiment.spec
    with contextlib.closing(Verifiers(spec.reward)) as verifiers:
        if (dataset := _dataset(experiment, store)) is not None:
            check_dataset(dataset, spec, verifiers)
        tokenizer, limit = tokenizer_of(experiment.model), spec.rollout.max_prompt_tokens
        for name, declared in experiment.declared.items():
            step, folder = experiment.suite(name), stand_ins(spec)
            if declared is None or step is None or store.find(step.stage, step.key) is not None:
                continue
            if _is_here(declared.source.at) or (folder is not None and declared.stand_in is not None):
                form = PromptFormat.of(spec.data, declared.prompt)
                encoded(name, load_declared(declared, folder).problems, form, tokenizer, limit)


def check_starts(specs: Iterable[Spec]) -> None:
    """Raise what a start of any of these experiments would raise; problems that several share are read once."""
    checked: set[str] = set()
    for spec in specs:
        try:
            experiment = Experiment(spec, download=False)
        except NotFetchedError:
            check_problems(spec)
            continue
        if experiment.data.key not in checked:
            check_inputs(experiment, Store(spec.store))
            checked.add(experiment.data.key)


def check_problems(spec: Spec) -> None:
    """Raise what a start would raise for rows and verifier, of a spec whose tokenizer is not here yet."""
    source = source_of(spec.data)
    with contextlib.closing(Verifiers(spec.reward)) as verifiers:
        for name in source.verifiers:
            reader_of(name)
        for split in ("train", "heldout") if spec.data.heldout else ("train",):
            if _all_here(spec.data):
                verifiers.check(source.problems(split).problems)


def _dataset(experiment: Experiment, store: Store) -> Dataset | None:
    """Return the data set of the store, or else as the data step would make it; None where that has to be fetched."""
    step, spec = experiment.data, experiment.spec
    with contextlib.suppress(StoreError):  # damaged: a start makes it again
        if (manifest := store.find(step.stage, step.key)) is not None:
            return read_dataset(store, manifest)
    if not _all_here(spec.data):
        return None
    tokenizer, limit = tokenizer_of(experiment.model), spec.rollout.max_prompt_tokens
    return load_dataset(spec.data, step.inputs["source"], tokenizer, limit)


def _all_here(data: Data) -> bool:
    return all(_is_here(part.data.source) for part in parts_of(data))


def _is_here(source: str) -> bool:
    """Return whether a source's rows are read without fetching a data set."""
    return not declared_source(source).hub or source.startswith(("hf:///", "hf://./", "hf://../"))
