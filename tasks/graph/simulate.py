"""What a start of a run would do, step by step: the loop played through on what the store has, with nothing run.

Pure: `has(stage, key)` says what is in the store, `known(stage, key)` what was committed, whatever became of its
payload. Iteration k takes policy k to policy k + 1; policy i is the one after i iterations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from infra.caching import Step
from tasks.checkpoint.weights import POLICY_STAGE, TRAIN_STAGE
from tasks.graph.experiment import Experiment
from tasks.graph.node import Node, stages_of

Has = Callable[[str, str], bool]


@dataclass(frozen=True)
class Replay:
    """Training steps that are repeated from stored rollouts and verdicts, to have policy `to` from policy `start`."""

    start: int
    to: int

    @property
    def steps(self) -> int:
        """Return the number of training steps."""
        return self.to - self.start


@dataclass
class Simulation:
    """The steps by stage, those that will run, and the first of them in the order of the loop.

    The stages are those that the experiment has steps of, but for checkpoints, which a plan lists apart.
    `stored` and `saved` are the policies whose weights the store has, and will get. `left_out` are evaluations of
    weights that were not kept.
    """

    nodes: dict[str, list[Node]]
    running: dict[str, list[Node]]
    first: Node | None = None
    left_out: list[Node] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Return True if nothing would be made."""
        return not any(self.running.values()) and not self.saved

    def runs(self, node: Node, found: bool) -> bool:
        """Count a step; return True if it will run."""
        self.nodes[node.stage].append(node)
        if not found:
            self.running[node.stage].append(node)
            self.first = self.first or node
        return not found


class _Engines:
    """The policies that trainer and rollout engine hold, as tasks/engines/policies.py brings them there."""

    def __init__(self, experiment: Experiment, simulation: Simulation) -> None:
        self._experiment, self._simulation = experiment, simulation
        self.weights = {0, *simulation.stored}  # the first is there once the start has run
        self.trainer: int | None = None
        self.rollout: int | None = None
        self.copy: int | None = None  # the reference policy

    def train(self, policy: int) -> None:
        self.on_trainer(policy)
        self._refer(policy)
        self.trainer = policy + 1

    def _refer(self, policy: int) -> None:
        """Have the reference of the step from `policy`, which the trainer holds, as a copy beside it."""
        wanted = self._experiment.spec.reference_at(policy)
        if wanted is not None and wanted not in (self.copy, policy) and wanted not in self.weights:
            self.on_trainer(wanted)
            self.on_trainer(policy)
        self.copy = wanted

    def on_trainer(self, policy: int) -> None:
        start = policy
        while start != self.trainer and start not in self.weights:
            start -= 1
        if start != policy:
            self._refer(start)
            self._simulation.replays.append(Replay(start, policy))
            for passed in sorted({*self._experiment.kept_checkpoints(policy)} & {*range(start + 1, policy + 1)}):
                self.save(passed)
        self.trainer = policy

    def on_rollout(self, policy: int) -> None:
        if self.rollout != policy and policy not in self.weights:
            self.on_trainer(policy)
        self.rollout = policy

    def save(self, policy: int) -> None:
        if policy not in self.weights:
            self.weights.add(policy)
            self._simulation.saved.append(policy)

    def hold(self, policy: int) -> bool:
        """Return True if the policy is at hand without a training step."""
        return policy in self.weights or policy in (self.trainer, self.rollout)


def needs_no_replay(
    experiment: Experiment, at: int, step: Step, known: Has, held: Callable[[], bool], drawn: Callable[[], bool]
) -> bool:
    """Return True if the evaluation `step` after `at` iterations needs no training step to be repeated for it alone.

    It is there (or was, before it was damaged), its policy is at hand (`held`), its samples are stored (`drawn`), or it
    is where the run goes on from.
    """
    return (
        known(step.stage, step.key)
        or held()
        or at == experiment.spec.train.iterations
        or not known(TRAIN_STAGE, experiment.lineage(at + 1))
        or drawn()
    )


def simulate(
    experiment: Experiment, has: Has, known: Has, drawn: Callable[[Step], bool], *, replay: bool
) -> Simulation:
    """Play an experiment through.

    `drawn(step)` says whether an evaluation's samples are stored. With `replay`, evaluations of weights that were not
    kept run, as with the command's --replay.
    """
    last = experiment.spec.train.iterations
    nodes = list(experiment.steps())
    shown = [stage for stage in stages_of(nodes) if stage != "checkpoint"]
    stored = [i for i in range(last + 1) if has(POLICY_STAGE, experiment.lineage(i))]
    made = Simulation({stage: [] for stage in shown}, {stage: [] for stage in shown}, stored=stored)
    engines = _Engines(experiment, made)
    trained = False  # whether the iteration's training step runs
    for node in nodes:
        step, at = node.step, node.iteration or 0
        found = has(step.stage, step.key)
        match node.stage:
            case "rollout":
                if made.runs(node, found):
                    engines.on_rollout(at)
            case "train":
                if trained := made.runs(node, found):
                    engines.train(at)
            case "checkpoint":
                # One that retention dropped is not made again when its iteration comes from the store.
                if (trained or at == last) and at not in engines.weights:
                    engines.on_trainer(at)
                    engines.save(at)
            case "evaluate":
                if replay or needs_no_replay(
                    experiment, at, step, known, partial(engines.hold, at), partial(drawn, step)
                ):
                    if made.runs(node, found) and not drawn(step):
                        engines.on_rollout(at)
                else:
                    made.nodes["evaluate"].append(node)
                    made.left_out.append(node)
            case _:
                made.runs(node, found)
    return made
