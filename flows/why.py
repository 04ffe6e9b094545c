"""Why a stage would run: the inputs of its first missing step against those of the nearest one that the store has.

A step's key is its content (design rule 3), so two keys differ where an input does: settings that the stage reads, what names point to (files,
weights, tokenizer), the version of the stage, or the steps that it takes from. Of the last, the one furthest upstream is named, and no more: the
root cause stands once, at the stage that has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from flows.course import Course, Entry
from flows.earlier import Earlier, flat
from flows.holdings import Holdings
from infra.store import Manifest
from tasks.evaluate.problems import HELDOUT
from tasks.experiment import Experiment

#: Inputs that are keys of other steps, upstream first.
DEPENDENCIES = ("data", "suite", "policy", "rollouts", "verdicts")
#: Inputs that differ only where others do: the policy that training began with, and the name of an evaluation's samples.
DERIVED = {"root", "set"}
#: Settings that stages keep under another name than the spec does; all others stand below the stage's section.
ELSEWHERE = {"dtype": "policy.dtype", "seed": "seed", "correct_at": "reward.correct_at", "engine": "rollout.engine"}
ELSEWHERE |= {"max_prompt_tokens": "rollout.max_prompt_tokens", "max_response_tokens": "rollout.max_response_tokens"}
#: Stages that have a step for each suite.
OF_SUITES = ("suite", "contamination", "evaluate")
SECTIONS = {"data": "data.", "rollout": "rollout.", "judge": "reward.", "suite": "evaluate.", "evaluate": "evaluate."}
SECTIONS |= {"contamination": "", "start": "", "train": ""}


class Reasons:
    """Says of a course's stages why they run."""

    def __init__(self, experiment: Experiment, course: Course, holdings: Holdings, earlier: Sequence[Earlier]) -> None:
        self._experiment, self._course, self._holdings, self._earlier = experiment, course, holdings, earlier
        self._running = {entry.step.key: entry for entries in course.running.values() for entry in entries}

    def of(self, entry: Entry) -> str:
        """Why `entry`, the first of its stage to run, is not in the store."""
        if self._holdings.begun(entry.step.stage, entry.step.key):
            return "the store has it, but not whole: what is there is damaged, or an earlier start was stopped in the midst of it"
        for run in self._compared(entry):
            if (found := run.counterpart(entry, self._holdings)) is not None and (
                changes := self._changes(entry, found)
            ):
                return "; ".join(changes) + ("" if changes[0].startswith("because") else f"   (against run {run.name})")
        if (upstream := self._upstream(entry)) is not None:
            return f"because {upstream.label} runs"
        if self._lost(entry):
            return "it was in the store and is not any more: later ones are"
        return self._not_yet(entry)

    def _compared(self, entry: Entry) -> Sequence[Earlier]:
        """The runs that may tell. Where this very run was here before and only goes on, no other run's settings are to blame."""
        at = entry.iteration or 0
        for run in self._earlier[:1]:
            if (
                run.name == self._experiment.run
                and at < len(run.lineages)
                and run.lineages[at] == self._experiment.lineage(at)
            ):
                return [run]
        return self._earlier

    def _changes(self, entry: Entry, found: Manifest) -> list[str]:
        """What differs between the step and the one that was found in its place."""
        mine, its = dict(entry.step.inputs), dict(found.inputs)
        changes = []
        if entry.step.version != found.version:
            changes.append(f"version of the stage: {found.version} -> {entry.step.version}")
        for name in sorted({*mine, *its} - {*DEPENDENCIES, *DERIVED}):
            if mine.get(name) != its.get(name):
                changes += _differences(entry, name, its.get(name), mine.get(name), self._experiment)
        for name in DEPENDENCIES:
            # A start without supervised steps takes no data: that it has or has none is a setting, and said above.
            if mine.get(name) != its.get(name) and None not in (mine.get(name), its.get(name)):
                upstream = self._upstream(entry)
                changes.append(
                    f"because {upstream.label} runs" if upstream else f"{name}: another, which the store has"
                )
                break
        return changes

    def _upstream(self, entry: Entry) -> Entry | None:
        """The first step that `entry` takes from and that will run too."""
        for name in DEPENDENCIES:
            keys = entry.step.inputs.get(name) or ()
            for key in (keys,) if isinstance(keys, str) else keys:
                if key in self._running:
                    return self._running[key]
        return None

    def _lost(self, entry: Entry) -> bool:
        """Whether later steps of its stage are there, which could not have been made without it."""
        entries = self._course.entries[entry.stage]
        running = {each.step.key for each in self._course.running[entry.stage]}
        later = entries[entries.index(entry) + 1 :]
        if entry.stage in ("data", "start"):
            later = self._course.entries["train"]
            running = {each.step.key for each in self._course.running["train"]}
        return entry.stage not in OF_SUITES and any(each.step.key not in running for each in later)

    def _not_yet(self, entry: Entry) -> str:
        """No run of the name has such a step."""
        name = self._experiment.spec.name
        if not self._earlier:
            return f"this store has no run of the name {name}"
        this = self._earlier[0] if self._earlier[0].name == self._experiment.run else None
        if this is None:
            nearest = self._earlier[0]
            return f"{settings(nearest.differing) or 'not made yet'}   (against run {nearest.name})"
        changed = {
            key: pair
            for key, pair in this.differing.items()
            if key == "train.iterations" or key.startswith("evaluate.")
        }
        if entry.stage not in OF_SUITES or "train.iterations" in changed:
            changed = {key: pair for key, pair in changed.items() if key == "train.iterations"}
        beyond = (entry.iteration or 0) >= this.iterations + (entry.stage == "evaluate")
        if changed and (beyond or entry.stage in OF_SUITES):
            return f"new: {settings(changed)}"
        return "not made yet: the run goes on from here"


def settings(differing: Mapping[str, tuple[Any, Any]]) -> str:
    """`train.learning_rate: 1e-06 -> 2e-06; ...`"""
    return "; ".join(f"{key}: {json.dumps(then)} -> {json.dumps(now)}" for key, (then, now) in differing.items())


def _differences(entry: Entry, name: str, then: Any, now: Any, experiment: Experiment) -> list[str]:
    """How one input that is no key of a step differs, in the words of a spec."""
    if name in ("part", "reward", "correct_at"):
        section = "reward." if name == "reward" else SECTIONS[entry.stage]
        names = {**ELSEWHERE, "temperature": "rollout.temperature"} if entry.stage == "train" else dict(ELSEWHERE)
        if entry.stage == "evaluate" and (entry.suite != HELDOUT or experiment.spec.evaluate.max_response_tokens):
            del names["max_response_tokens"]
        before, after = (dict(flat(side if name != "correct_at" else {name: side})) for side in (then, now))
        # A section that is there on one side only (warm_start) is said as such, not field by field.
        for one, other in ((before, after), (after, before)):
            for key in [
                key for key, value in one.items() if value is None and any(each.startswith(f"{key}.") for each in other)
            ]:
                below = {each: other.pop(each) for each in list(other) if each.startswith(f"{key}.")}
                other[key] = {each.removeprefix(f"{key}."): value for each, value in below.items()}
        changed = [key for key in sorted({*before, *after}) if before.get(key) != after.get(key)]
        return [
            f"{names.get(key, section + key)}: {json.dumps(before.get(key))} -> {json.dumps(after.get(key))}"
            for key in changed
        ]
    if name == "source":
        train = experiment.spec.data.train
        if train.startswith("puzzle:"):
            return []  # its name, which `part` holds
        if str(now).startswith("hf:"):
            return [f"data.train: commit of {train}: {str(then).rpartition('@')[2]} -> {str(now).rpartition('@')[2]}"]
        return [f"data.train: the content of {train} changed"]
    if name == "weights":
        return [f"policy.model: the content of the weights changed ({experiment.spec.policy.model})"]
    if name == "tokenizer":
        return ["tokenizer: another (vocabulary, special tokens or chat template)"]
    return [f"{name}: {json.dumps(then)} -> {json.dumps(now)}"]
