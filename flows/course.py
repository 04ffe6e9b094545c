"""What a start of a run would do, step by step: the loop of flows/arm_train.py played through on what the store has, with nothing run.

Pure: `has(stage, key)` says what is in the store, `known(stage, key)` what was committed, whatever became of its payload. Iterations are counted as
everywhere: iteration k takes policy k to policy k + 1, and policy i is the one after i iterations.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.caching import Step
from tasks.checkpoint.weights import POLICY_STAGE
from tasks.experiment import Experiment

Has = Callable[[str, str], bool]
#: The stages as a reader knows them, in the order in which a plan shows them.
STAGES = ("data", "suite", "contamination", "start", "rollout", "judge", "train", "evaluate")


@dataclass(frozen=True)
class Entry:
    """One step of the experiment. `iteration` is None for what is made once; of an evaluation it is the policy's."""

    stage: str
    where: str
    step: Step
    iteration: int | None = None
    suite: str | None = None
    shard: int | None = None

    @property
    def label(self) -> str:
        """`rollout of iteration 3, shard 1`."""
        return (
            f"{self.stage} {'after' if self.stage == 'evaluate' else 'of'} {self.where}" if self.where else self.stage
        )


@dataclass(frozen=True)
class Replay:
    """Training steps that are repeated from stored rollouts and verdicts, to have policy `to` from policy `start`."""

    start: int
    to: int

    @property
    def steps(self) -> int:
        return self.to - self.start


@dataclass
class Course:
    """Every step by stage, those that will run, the first of them in the order of the loop, and what becomes of weights. `stored`, `saved`: policies
    whose weights the store has, and gets. `left_out`: evaluations whose weights were not kept."""

    entries: dict[str, list[Entry]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    running: dict[str, list[Entry]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    first: Entry | None = None
    left_out: list[Entry] = field(default_factory=list)
    stored: list[int] = field(default_factory=list)
    saved: list[int] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)

    @property
    def idle(self) -> bool:
        """Whether nothing would be made."""
        return not any(self.running.values()) and not self.saved


class _Engines:
    """Which policy the trainer and the rollout engine hold, as tasks/checkpoint/policies.py brings them there."""

    def __init__(self, experiment: Experiment, course: Course) -> None:
        self._experiment, self._course = experiment, course
        self.weights = {0, *course.stored}  # the first is there once the start has run
        self.trainer: int | None = None
        self.roller: int | None = None

    def on_trainer(self, policy: int) -> None:
        start = policy
        while start != self.trainer and start not in self.weights:
            start -= 1
        if start != policy:
            self._course.replays.append(Replay(start, policy))
            for passed in sorted({*self._experiment.kept_checkpoints(policy)} & {*range(start + 1, policy + 1)}):
                self.save(passed)
        self.trainer = policy

    def on_roller(self, policy: int) -> None:
        if self.roller != policy and policy not in self.weights:
            self.on_trainer(policy)
        self.roller = policy

    def save(self, policy: int) -> None:
        if policy not in self.weights:
            self.weights.add(policy)
            self._course.saved.append(policy)


def course(experiment: Experiment, has: Has, known: Has, drawn: Callable[[Step], bool], *, replay: bool) -> Course:
    """`drawn(step)`: whether an evaluation's samples are stored; `replay`: as the command's --replay, evaluations of weights that were not kept run."""
    last = experiment.spec.train.iterations
    made = Course()
    made.stored = [i for i in range(last + 1) if has(POLICY_STAGE, experiment.lineage(i))]
    engines = _Engines(experiment, made)
    due, saved = experiment.evaluated_iterations(), experiment.checkpointed_iterations()

    def runs(entry: Entry) -> bool:
        made.entries[entry.stage].append(entry)
        if has(entry.step.stage, entry.step.key):
            return False
        made.running[entry.stage].append(entry)
        made.first = made.first or entry
        return True

    def evaluate(policy: int) -> None:
        for suite in experiment.spec.evaluate.suites if policy in due else ():
            step = experiment.evaluation(policy, suite)
            entry = Entry("evaluate", f"iteration {policy}, {suite}", step, policy, suite)
            at_hand = policy in engines.weights or policy in (engines.trainer, engines.roller)
            front = policy == last or not known("train", experiment.lineage(policy + 1))
            stored = not has(step.stage, step.key) and drawn(step)
            if has(step.stage, step.key) or known(step.stage, step.key) or replay or at_hand or front or stored:
                if runs(entry) and not stored:
                    engines.on_roller(policy)
            else:
                made.entries["evaluate"].append(entry)
                made.left_out.append(entry)

    runs(Entry("data", "", experiment.data))
    for name in experiment.spec.evaluate.suites:
        if (suite := experiment.suite(name)) is not None:
            runs(Entry("suite", name, suite, suite=name))
        runs(Entry("contamination", name, experiment.contamination(name), suite=name))
    runs(Entry("start", "", experiment.start))
    evaluate(0)
    for k in range(last):
        shards = [
            Entry("rollout", f"iteration {k}, shard {s}", step, k, shard=s)
            for s, step in enumerate(experiment.rollouts(k))
        ]
        if [shard for shard in shards if runs(shard)]:
            engines.on_roller(k)
        runs(Entry("judge", f"iteration {k}", experiment.verdicts(k), k))
        if fresh := runs(Entry("train", f"iteration {k}", experiment.train(k), k)):
            engines.on_trainer(k)
            engines.trainer = k + 1
        if k + 1 in saved and (fresh or k + 1 == last) and k + 1 not in engines.weights:
            engines.on_trainer(k + 1)
            engines.save(k + 1)
        evaluate(k + 1)
    return made
