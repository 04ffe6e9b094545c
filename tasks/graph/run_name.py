"""The name of a run, `<name>/<8 hex>`: the spec's name, and a digest of what the experiment is made of.

Where a spec names something (a model, a file of problems, a user's own code), the content stands in the place of its
name, as in the keys of steps: other weights under the same path are another run, whose record and steps stay apart, and
the same weights under another path are the same run, which one process at a time works on. A puzzle and a policy made
on the spot are their names.

Versions before this took the names of models and files themselves. A run that one of them began is found by its
lineages, and keeps its name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from infra.caching import Step
from infra.files import MissingError
from infra.store import Store
from specs.identity import Part, data_part, identity, reward_part, train_part, warm_start_part
from specs.schema import Spec

_VERSIONS = ("source_version", "reader_version")  # of code, as those of stages: no part of what a run is


def parts_of(spec: Spec, data: Step, start: Step, rollout: Part) -> list[Part]:
    """Return what an experiment is made of, in the order of `specs.identity`: content in the place of names.

    `data` and `start` (of whole weights) are its first steps, `rollout` is the rollouts' part of a key.
    """
    problems, policy = data_part(spec), warm_start_part(spec)
    given = spec.policy.model is not None
    if given or data.inputs["source"] != spec.data.train:
        part = {key: value for key, value in data.inputs["part"].items() if key not in _VERSIONS}
        problems = {**data.inputs, "part": part}
    if given:
        policy = {**start.inputs["part"], "weights": start.inputs["weights"]}
    return [problems, policy, rollout, reward_part(spec), train_part(spec)]


def find_name(spec: Spec, parts: Sequence[Part], lineage: Callable[[int], str], store: Callable[[], Store]) -> str:
    """Return the run's name: that under which the store has it, if it was begun under an old one.

    `lineage(k)` is its policy after k iterations; `store` is only opened where an old name is possible.
    """
    by_settings, by_content = identity(spec), identity(spec, parts)
    if by_content != by_settings:
        files, folder = store().files, f"runs/{spec.name}"
        there = files.list(folder)
        for each in () if by_content in there else sorted(there, key=lambda each: each != by_settings):
            try:
                record = json.loads(files.read(f"{folder}/{each}/run.json"))
            except (MissingError, ValueError, RecursionError):  # a lock, or damaged: plan and gc say so
                continue
            if _agree(record, lineage, spec.train.iterations):
                return f"{spec.name}/{each}"
    return f"{spec.name}/{by_content}"


def _agree(record: Any, lineage: Callable[[int], str], iterations: int) -> bool:
    """Return True for the record of the same experiment, be it longer or shorter.

    Each lineage follows from the one before it.
    """
    lineages = record.get("lineages") if isinstance(record, dict) else None
    if not isinstance(lineages, list):
        return False
    last = min(len(lineages) - 1, iterations)
    return last > 0 and bool(lineages[last] == lineage(last))
