"""The cells of a study as steps: what a cell's numbers depend on, and which of its steps other cells share."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from itertools import takewhile

from infra.caching import Step, canonical
from specs.schema import Spec
from specs.study import Study
from tasks.graph.experiment import Experiment


def at_temperature(spec: Spec, temperature: float) -> Spec:
    """Return the spec with another temperature of evaluation."""
    return spec.model_copy(update={"evaluate": spec.evaluate.model_copy(update={"temperature": temperature})})


def experiments_of(study: Study, spec: Spec) -> list[Experiment]:
    """Return the experiment as it is evaluated at each of the study's temperatures."""
    return [Experiment(at_temperature(spec, each), download=False) for each in study.temperatures]


def cell_key(study: Study, spec: Spec) -> str:
    """Return the digest that a cell's numbers depend on: its last policy's lineage and the keys of its evaluations.

    A result with another key is not this study's, and is made again. Raises DataError, SpecError where the data or the
    weights are not here.
    """
    experiments = experiments_of(study, spec)
    evaluations = sorted(node.step.key for each in experiments for node in each.steps() if node.stage == "evaluate")
    text = canonical([experiments[0].lineage(spec.train.iterations), *evaluations])
    return hashlib.sha256(text.encode()).hexdigest()


def shared_steps(experiments: Sequence[Experiment]) -> list[Step]:
    """Return the steps up to the first training step: variants of a seed share them."""
    nodes = [node for each in experiments for node in takewhile(lambda node: node.stage != "train", each.steps())]
    return list({node.step.key: node.step for node in nodes}.values())


def all_steps(experiments: Sequence[Experiment]) -> list[Step]:
    """Return all steps of a cell, but for checkpoints."""
    nodes = [node for each in experiments for node in each.steps() if node.stage != "checkpoint"]
    return list({node.step.key: node.step for node in nodes}.values())
