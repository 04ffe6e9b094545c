"""Why a stage would run: the inputs of its first missing step against those of the nearest one that the store has.

A step's key is the content that it depends on, so two keys differ where an input does: settings that the stage reads,
files, weights or tokenizer that a name points to, the version of the stage, or the steps that it takes from. Of these
the one furthest upstream is named, and no more: the root cause stands once, at the stage that has it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from infra.store import Manifest
from specs.base import USE
from specs.checks import HELDOUT
from specs.sources import parts_of
from tasks.graph.experiment import Experiment
from tasks.graph.listing import Listing
from tasks.graph.node import Node
from tasks.graph.previous_runs import PreviousRun, flat
from tasks.graph.simulate import Simulation

#: Inputs that differ only where others do: the policy that training began with, and the name of an evaluation's
#: samples.
DERIVED = {"root", "set"}
SOURCE = ".source"  # ends the key of the digest of a user's own code
#: Settings that stages keep under another name than the spec does; all others stand below the stage's section.
ELSEWHERE = {"dtype": "policy.dtype", "seed": "seed", "correct_at": "reward.correct_at", "engine": "rollout.engine"}
ELSEWHERE |= {"max_prompt_tokens": "rollout.max_prompt_tokens", "max_response_tokens": "rollout.max_response_tokens"}
#: The section of the spec whose settings a stage keeps without its name; of other stages the settings have it.
SECTIONS = {"data": "data.", "rollout": "rollout.", "reward": "reward.", "suite": "evaluate.", "evaluate": "evaluate."}


class Reasons:
    """The reasons why stages of a simulated start run."""

    def __init__(
        self, experiment: Experiment, simulation: Simulation, listing: Listing, previous: Sequence[PreviousRun]
    ) -> None:
        self._experiment, self._simulation, self._listing, self._previous = experiment, simulation, listing, previous
        self._running = {node.step.reference: node for nodes in simulation.running.values() for node in nodes}

    def of(self, node: Node) -> str:
        """Return why `node`, the first of its stage to run, is not in the store."""
        if self._listing.begun(node.step.stage, node.step.key):
            return (
                "the store has it, but not whole: what is there is damaged, or an earlier start was stopped in the "
                "midst of it"
            )
        for run in self._compared(node):
            if (found := run.counterpart(node, self._listing)) is not None and (changes := self._changes(node, found)):
                return "; ".join(changes) + ("" if changes[0].startswith("because") else f"   (against run {run.name})")
        if (upstream := self._upstream(node)) is not None:
            return f"because {upstream.label} runs"
        if self._lost(node):
            return "it was in the store and is not any more: later ones are"
        return self._not_yet(node)

    def _compared(self, node: Node) -> Sequence[PreviousRun]:
        """Return the previous runs to compare with: only this one, where it was started before and goes on."""
        at = node.iteration or 0
        for run in self._previous[:1]:
            if (
                run.name == self._experiment.run
                and at < len(run.lineages)
                and run.lineages[at] == self._experiment.lineage(at)
            ):
                return [run]
        return self._previous

    def _changes(self, node: Node, found: Manifest) -> list[str]:
        """Return what differs between the step and the one that was found in its place."""
        mine, its = dict(node.step.inputs), dict(found.inputs)
        changes = []
        if node.step.version != found.version:
            changes.append(f"version of the stage: {found.version} -> {node.step.version}")
        upstream = _dependencies(node, found)
        for name in sorted({*mine, *its} - {*upstream, *DERIVED}):
            if mine.get(name) != its.get(name):
                changes += _differences(node, name, its.get(name), mine.get(name), self._experiment)
        for name in upstream:
            # A start without supervised steps takes no data: that it has or has none is a setting, and said above.
            if mine.get(name) != its.get(name) and None not in (mine.get(name), its.get(name)):
                runs = self._upstream(node)
                changes.append(f"because {runs.label} runs" if runs else f"{name}: another, which the store has")
                break
        return changes

    def _upstream(self, node: Node) -> Node | None:
        """Return the first step that `node` takes from and that will run too."""
        return next((self._running[each] for each in node.takes if each in self._running), None)

    def _lost(self, node: Node) -> bool:
        """Return True if later steps of its stage are there, which could not have been made without it."""
        stage = "train" if node.iteration is None else node.stage  # all training steps come after what is made once
        nodes = self._simulation.nodes[stage]
        running = {each.step.key for each in self._simulation.running[stage]}
        later = nodes if stage != node.stage else nodes[nodes.index(node) + 1 :]
        return node.suite is None and any(each.step.key not in running for each in later)

    def _not_yet(self, node: Node) -> str:
        """Return the reason where no run of the name has such a step."""
        name = self._experiment.spec.name
        if not self._previous:
            return f"this store has no run of the name {name}"
        this = self._previous[0] if self._previous[0].name == self._experiment.run else None
        if this is None:
            nearest = self._previous[0]
            return f"{settings(nearest.differing) or 'not made yet'}   (against run {nearest.name})"
        changed = {
            key: pair
            for key, pair in this.differing.items()
            if key == "train.iterations" or key.startswith("evaluate.")
        }
        if node.suite is None or "train.iterations" in changed:
            changed = {key: pair for key, pair in changed.items() if key == "train.iterations"}
        beyond = (node.iteration or 0) >= this.iterations + (node.stage == "evaluate")
        if changed and (beyond or node.suite is not None):
            return f"new: {settings(changed)}"
        return "not made yet: the run goes on from here"


def settings(differing: Mapping[str, tuple[Any, Any]]) -> str:
    """Return `train.learning_rate: 1e-06 -> 2e-06; ...`."""
    return "; ".join(f"{key}: {json.dumps(then)} -> {json.dumps(now)}" for key, (then, now) in differing.items())


def _dependencies(node: Node, found: Manifest) -> list[str]:
    """Return the names of the inputs that are keys of other steps, of the step or of `found`, upstream first."""
    takes = [each.rpartition("/")[2] for each in (*node.takes, *(found.references or ()))]
    places: dict[str, int] = {}
    for inputs in (node.step.inputs, found.inputs):
        for name, value in inputs.items():
            keys = value if isinstance(value, list) else [value]
            if name not in places and name not in DERIVED and keys and all(key in takes for key in keys):
                places[name] = takes.index(keys[0])
    return sorted(places, key=lambda name: places[name])


def _difference(key: str, then: Any, now: Any) -> str:
    """Return how a setting differs; of a user's own code the digest of its source stands in the key `source`."""
    if key.endswith(SOURCE) and None not in (then, now):
        return f"{key.removesuffix(SOURCE)}.{USE}: its file was edited ({str(then)[:12]} -> {str(now)[:12]})"
    return f"{key}: {json.dumps(then)} -> {json.dumps(now)}"


def _differences(node: Node, name: str, then: Any, now: Any, experiment: Experiment) -> list[str]:
    """Return how one input that is no key of a step differs, in keys of the spec."""
    if name in ("part", "reward", "correct_at"):
        section = "reward." if name == "reward" else SECTIONS.get(node.stage, "")
        names = {**ELSEWHERE, "temperature": "rollout.temperature"} if node.stage == "train" else dict(ELSEWHERE)
        if node.stage == "evaluate" and (node.suite != HELDOUT or experiment.spec.evaluate.max_response_tokens):
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
        return [_difference(_spec_key(section, key, names), before.get(key), after.get(key)) for key in changed]
    if name == "source":
        data = experiment.spec.data
        if not data.weights:
            return _changed_content("data.train", data.source, then, now)
        before, after = _by_part(then), _by_part(now)
        return [
            line
            for part in parts_of(data)
            if part.name in before and before[part.name] != after[part.name]
            for line in _changed_content(part.key, part.data.source, before[part.name], after[part.name])
        ]
    if name == "weights":
        return [f"policy.model: the content of the weights changed ({experiment.spec.policy.model})"]
    if name == "tokenizer":
        return ["tokenizer: another (vocabulary, special tokens or chat template)"]
    return [f"{name}: {json.dumps(then)} -> {json.dumps(now)}"]


def _spec_key(section: str, key: str, names: Mapping[str, str]) -> str:
    """Return the key of the spec for that of a setting; a mixture's weights and settings stand below its parts."""
    if key.startswith("mixture."):
        name, _, setting = key.removeprefix("mixture.").partition(".")
        return f"data.train.{name}.{setting or 'weight'}"
    return names.get(key, section + key)


def _changed_content(key: str, source: str, then: object, now: object) -> list[str]:
    """Return the line for a source whose fingerprint changed."""
    if now == source:
        return []  # the source's own words, which `part` holds
    if str(now).startswith("hf:"):
        return [f"{key}: commit of {source}: {str(then).rpartition('@')[2]} -> {str(now).rpartition('@')[2]}"]
    return [f"{key}: the content of {source} changed"]


def _by_part(fingerprint: Any) -> dict[str, str]:
    """Return the fingerprints of a mixture's parts; nothing of one source."""
    try:
        found = json.loads(str(fingerprint))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
