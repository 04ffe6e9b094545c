"""What the runs of a store name: the steps that `gc` keeps.

A run names the policies of its lineages, and by the manifest of each training step the rollouts, verdicts and data that it came from, up to
the policy where all began: everything from which its weights can be had again. What it evaluated it names in evaluations.json, other
steps in run.json's `steps`, and what its nights evaluated in the nights' own records; a comparison (comparisons/) names what it compared, a
study's cell (studies/) what it evaluated. A run that is not finished also names what hangs from its newest policy (rollouts that are not
trained on yet) and what was evaluated of its policies so far. Samples are kept as long as an evaluation names them, or a run their policy.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from infra.errors import StoreError
from infra.files import Files, MissingError
from infra.manifest import Manifest, manifest_name, parse_manifest

log = logging.getLogger("armature.store")

Steps = Mapping[tuple[str, str], bool]  # (stage, key) of each step in the store -> whether it has a manifest


class Marks:
    """`kept`: the steps (stage, key) that some run, night or comparison names; `policies`: the runs' policies; `sets`: the samples that a kept
    evaluation is made of. Raises StoreError where a record cannot be read: what it names would be swept."""

    def __init__(self, files: Files, steps: Steps, runs: list[str], records: Sequence[str] = ()) -> None:
        """`records`: names of the nights' and comparisons' records."""
        self._files, self._steps = files, steps
        self._manifests: dict[tuple[str, str], Manifest | None] = {}
        self.kept: set[tuple[str, str]] = set()
        self.policies: set[str] = set()
        for run in runs:
            self._run(run)
        for record in records:
            self._record(record)
        self.sets: set[str] = set()
        for step in [self.manifest(*at) for at in sorted(self.kept) if at[0] == "evaluate"]:
            self._inputs(step)
            if step is not None and isinstance(step.inputs.get("set"), str):
                self.sets.add(step.inputs["set"])
        self._hanging("contamination", lambda inputs: ("data", inputs.get("data")) in self.kept)

    def _record(self, name: str) -> None:
        record = self._json(name)
        try:
            self.kept |= {self._step(each) for each in record["steps"]}
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._refusal(name, f"not a record of evaluations ({type(error).__name__}: {error})") from error

    def _run(self, run: str) -> None:
        record = self._json(f"runs/{run}/run.json")
        try:
            lineages = [str(each) for each in record["lineages"]]
            finished = record["state"] == "finished"
            self.kept |= {self._step(each) for each in record.get("steps", ())}
            evaluations = self._json(f"runs/{run}/evaluations.json", missing=[])
            self.kept |= {("evaluate", str(row["artifact"])) for row in evaluations}
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise self._refusal(
                f"runs/{run}/run.json", f"not a run's record ({type(error).__name__}: {error})"
            ) from error
        self.policies.update(lineages)
        for lineage in lineages:
            self.kept.add(("policy", lineage))
            self._lineage(lineage)
        if not finished:
            self._unfinished(lineages)

    def _lineage(self, lineage: str) -> None:
        """The training step that made it, what that came from, and so on to the root. Weights in between are not kept: they can be had again."""
        while ("train", lineage) not in self.kept:
            step = self.manifest("train", lineage)
            if step is None:
                self._inputs(self.manifest("policy", lineage))
                return
            self.kept.add(("train", lineage))
            self._inputs(step)
            lineage = step.inputs["policy"]

    def _inputs(self, step: Manifest | None) -> None:
        if step is None:
            return
        inputs = step.inputs
        self.kept |= {("rollout", key) for key in inputs.get("rollouts", ())}
        if step.stage == "evaluate":
            self.kept.add(("suite", str(inputs.get("data"))))
        for stage, name in (("verdict", "verdicts"), ("data", "data"), ("policy", "root")):
            if isinstance(inputs.get(name), str):
                self.kept.add((stage, inputs[name]))

    def _unfinished(self, lineages: list[str]) -> None:
        trained = [k for k, lineage in enumerate(lineages) if self._steps.get(("train", lineage))]
        front = lineages[max(trained, default=0)] if lineages else ""
        self._hanging("rollout", lambda inputs: inputs.get("policy") == front)
        self._hanging("verdict", lambda inputs: {("rollout", key) for key in inputs.get("rollouts", ())} <= self.kept)
        self._hanging("evaluate", lambda inputs: inputs.get("policy") in lineages)

    def _hanging(self, stage: str, belongs: Callable[[Mapping[str, Any]], bool]) -> None:
        """Keeps the other committed steps of a stage whose inputs belong to the run, and what those came from."""
        for at in [at for at, committed in self._steps.items() if at[0] == stage and committed and at not in self.kept]:
            step = self.manifest(*at)
            if step is not None and belongs(step.inputs):
                self.kept.add(at)
                self._inputs(step)

    def manifest(self, stage: str, key: str) -> Manifest | None:
        """A step's, None where it has none."""
        if not self._steps.get((stage, key)):
            return None
        if (stage, key) not in self._manifests:
            self._manifests[stage, key] = self._read_manifest(stage, key)
        return self._manifests[stage, key]

    def _read_manifest(self, stage: str, key: str) -> Manifest | None:
        name = manifest_name(stage, key)
        try:
            return parse_manifest(self._files.read(name))
        except MissingError:
            return None
        except ValueError as error:
            raise self._refusal(name, str(error)) from error

    def _json(self, name: str, missing: Any = None) -> Any:
        try:
            return json.loads(self._files.read(name))
        except MissingError:
            if missing is None:
                raise
            return missing
        except ValueError as error:
            raise self._refusal(name, f"not JSON ({error})") from error

    def _step(self, text: str) -> tuple[str, str]:
        stage, slash, key = text.partition("/")
        if not slash:
            raise ValueError(f"{text} is no stage/key")
        return stage, key

    def _refusal(self, name: str, what: str) -> StoreError:
        advice = "start that run again, which writes it anew, or delete the object, then run gc again"
        return StoreError(f"{self._files.uri}/{name}: {what}; nothing is removed: {advice}")


def records_of(names: list[str]) -> Iterator[str]:
    """The records of nights (runs/<name>/<identity>/nights/<when>/night.json), of comparisons (comparisons/<name>/comparison.json) and of studies' cells
    (studies/<name>/<setting>/<variant>.<seed>.json) among names."""
    for name in names:
        parts = name.split("/")
        if (
            (parts[0] == "runs" and len(parts) == 6 and parts[3] == "nights" and parts[5] == "night.json")
            or (parts[0] == "comparisons" and len(parts) == 3 and parts[2] == "comparison.json")
            or (parts[0] == "studies" and len(parts) == 4 and parts[3].endswith(".json"))
        ):
            yield name


def runs_of(names: list[str]) -> Iterator[str]:
    """`name/identity` of each run.json among the names of objects below runs/."""
    for name in names:
        parts = name.split("/")
        if len(parts) == 4 and parts[0] == "runs" and parts[3] == "run.json":
            yield f"{parts[1]}/{parts[2]}"
