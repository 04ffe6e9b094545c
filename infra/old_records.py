"""Records, manifests and sets of samples of versions that listed no references: what they lead to, from their inputs.

This is the one module of infra that knows names of stages and inputs. It reads what stores hold already, and nothing
new is added to it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from infra.caching import Reference, parse_reference
from infra.manifest import Manifest

Steps = Mapping[Reference, bool]  # of each step in the store: whether it has a manifest
Find = Callable[[str, str], Manifest | None]


def is_old(name: str, record: Mapping[str, Any]) -> bool:
    """Return True for a run.json that lists no roots."""
    return name.endswith("/run.json") and "roots" not in record


def references(manifest: Manifest) -> list[Reference]:
    """Return what a manifest without references refers to.

    A training step: the step before it, its rollouts, verdicts and data, and the policy where its line began. Weights
    in between are not named: they can be made again.
    """
    inputs = manifest.inputs
    found = [("rollout", key) for key in inputs.get("rollouts", ())]
    found += [(stage, inputs[name]) for stage, name in _BY_NAME if isinstance(inputs.get(name), str)]
    if manifest.stage in ("train", "policy") and isinstance(inputs.get("policy"), str):
        found.append(("train", inputs["policy"]))
    if manifest.stage == "evaluate":
        found.append(("suite", str(inputs.get("data"))))
    return found


_BY_NAME = (("verdict", "verdicts"), ("data", "data"), ("policy", "root"), ("samples", "set"))


def made_of(sample_set: Mapping[str, Any]) -> list[Reference]:
    """Return the steps that a set of samples was made of. Raises KeyError, TypeError where it is not a set's record."""
    return [("policy", str(sample_set["policy"]))]


def roots(
    record: Mapping[str, Any], evaluations: Sequence[Mapping[str, Any]], steps: Steps, find: Find
) -> list[Reference]:
    """Return the roots of a run whose record lists none: its policies, its evaluations, what else it names.

    A run that is not finished also keeps what was made from its newest policy, and what was evaluated so far. Raises
    KeyError, TypeError, ValueError where it is not a run's record.
    """
    lineages = [str(each) for each in record["lineages"]]
    finished = record["state"] == "finished"
    found = [(stage, lineage) for lineage in lineages for stage in ("policy", "train")]
    found += [("evaluate", str(row["artifact"])) for row in evaluations]
    found += [parse_reference(each) for each in record.get("steps", ())]
    return [*found, *([] if finished else _unfinished(lineages, steps, find))]


def contaminations(kept: Collection[Reference], steps: Steps, find: Find) -> list[Reference]:
    """Return the contamination steps of data that is kept, of the versions in which no evaluation referred to them."""
    found = [(at, find(*at)) for at in steps if at[0] == "contamination"]
    return [
        at
        for at, step in found
        if step is not None and step.references is None and ("data", step.inputs.get("data")) in kept
    ]


def _unfinished(lineages: Sequence[str], steps: Steps, find: Find) -> list[Reference]:
    trained = [k for k, lineage in enumerate(lineages) if steps.get(("train", lineage))]
    front = lineages[max(trained, default=0)] if lineages else ""

    def those(stage: str, belongs: Callable[[Mapping[str, Any]], bool]) -> list[Reference]:
        return [at for at in steps if at[0] == stage and (step := find(*at)) is not None and belongs(step.inputs)]

    rollouts = those("rollout", lambda inputs: inputs.get("policy") == front)
    keys = {key for _, key in rollouts}
    verdicts = those("verdict", lambda inputs: {*inputs.get("rollouts", ())} <= keys)
    return [*rollouts, *verdicts, *those("evaluate", lambda inputs: inputs.get("policy") in lineages)]
