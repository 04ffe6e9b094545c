"""A stage is added in one place: what reads the graph takes a step that it has never heard of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from flows.cli import plan as command
from flows.cli.plan import plan
from infra.caching import Step
from infra.store import Store
from specs.load import Loaded, load_spec
from tasks.graph import listing
from tasks.graph.experiment import Experiment
from tasks.graph.node import Node, stages_of
from tasks.graph.previous_runs import previous_runs
from tasks.graph.reasons import Reasons
from tasks.graph.simulate import simulate
from tasks.run.under_way import UnderWay

SPEC = """\
name: filtered
policy: {init: scratch, dtype: float32}
data: {train: "puzzle:countdown", heldout: 8}
rollout: {engine: transformers, prompts: 4, samples: 4, max_prompt_tokens: 16, max_response_tokens: 12}
train: {iterations: 2, minibatch_prompts: 2}
evaluate: {suites: [heldout], samples: 4, ks: [1]}
"""


class Filtered(Experiment):
    """An experiment with a stage between rollout and reward."""

    LIMIT = 3

    def filter(self, iteration: int) -> Step:
        """Return the step that filters an iteration's rollouts."""
        (rollout,) = self.rollouts(iteration)
        inputs = {"part": {"limit": self.LIMIT}, "unfiltered": rollout.key}
        return Step("filter", 1, inputs, (self.data.reference, rollout.reference))

    def reward(self, iteration: int) -> Step:
        """Return the step that judges what the filter left."""
        step, filtered = super().reward(iteration), self.filter(iteration)
        inputs: dict[str, Any] = {**step.inputs, "filtered": filtered.key}
        return Step(step.stage, step.version, inputs, (*step.references, filtered.reference))

    def steps(self) -> Iterator[Node]:
        """Yield every step in the order of the loop."""
        for node in super().steps():
            if node.stage == "reward":
                step = self.filter(node.iteration or 0)
                yield Node("filter", step, step.references, node.iteration)
            yield node


class Looser(Filtered):
    LIMIT = 4


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    (tmp_path / "filtered.yaml").write_text(SPEC)
    return load_spec(tmp_path / "filtered.yaml", [f"store={(tmp_path / 'store').as_uri()}"], {})


def run(loaded: Loaded, experiment: Experiment) -> Store:
    """The store after a whole run."""
    store = Store(loaded.spec.store)
    for node in experiment.steps():
        store.commit(node.step, {"payload": b"bytes"}, kind="rows")
    last = loaded.spec.train.iterations
    record = {"state": "finished", "iterations": last, "lineages": [experiment.lineage(k) for k in range(last + 1)]}
    rows = [
        {"iteration": node.iteration, "suite": node.suite, "artifact": node.step.key, "pass_at": {}}
        for node in experiment.steps()
        if node.stage == "evaluate"
    ]
    folder = f"runs/{experiment.run}"
    for file, text in (("run.json", json.dumps(record)), ("spec.yaml", loaded.text), ("evaluations.json", rows)):
        store.files.write(f"{folder}/{file}", (text if isinstance(text, str) else json.dumps(text)).encode())
    return store


def test_the_stages_are_those_of_the_steps_in_the_order_of_the_loop(loaded: Loaded) -> None:
    stages = ("data", "contamination", "start", "rollout", "filter", "reward", "train", "checkpoint", "evaluate")
    assert stages_of(Filtered(loaded.spec).steps()) == stages


def test_a_start_on_an_empty_store_runs_the_stage(loaded: Loaded) -> None:
    experiment, store = Filtered(loaded.spec), Store(loaded.spec.store)
    had = listing.Listing(store, experiment)
    will = simulate(experiment, had.has, had.known, had.drawn, replay=False)
    assert [node.iteration for node in will.running["filter"]] == [0, 1]
    (node, _) = will.running["filter"]
    said = Reasons(experiment, will, had, []).of(node)
    assert said == "because data runs"


def test_an_evaluation_under_way_keeps_a_stage_that_is_made_once(loaded: Loaded) -> None:
    class Counted(Experiment):
        def steps(self) -> Iterator[Node]:
            yield Node("count", count)
            yield from super().steps()

    count, store = Step("count", 1, {}), Store(loaded.spec.store)
    experiment, under_way = Counted(loaded.spec), UnderWay(store, "a night")
    under_way.name_steps(experiment)
    (folder,) = store.files.list("comparisons")
    steps = json.loads(store.files.read(f"comparisons/{folder}/comparison.json"))["steps"]
    once = [count, experiment.data, experiment.contamination("heldout"), experiment.start]
    assert steps == [step.reference for step in once]


def test_a_previous_run_has_the_counterpart_of_each_step(loaded: Loaded) -> None:
    experiment = Filtered(loaded.spec)
    store = run(loaded, experiment)
    (previous,) = previous_runs(store, loaded.spec, experiment.run)
    had = listing.Listing(store, experiment)
    for node in experiment.steps():
        if node.stage in ("contamination", "checkpoint"):
            continue
        found = previous.counterpart(node, had)
        assert found is not None and found.key == node.step.key, node.label
    assert previous.counterpart(Node("unseen", Step("unseen", 1, {}), iteration=1), had) is None


def test_a_plan_beside_a_previous_run_names_the_setting_of_the_stage(
    loaded: Loaded, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = run(loaded, Filtered(loaded.spec))
    monkeypatch.setattr(command, "Experiment", Filtered)
    assert "nothing to do: every step is in the store" in plan(loaded, store)
    monkeypatch.setattr(command, "Experiment", Looser)
    lines = plan(loaded, store).splitlines()
    rows = {line.split()[0]: below.strip() for line, below in pairwise(lines) if line.strip()}
    assert rows["filter"].startswith("limit: 3 -> 4")
    assert rows["reward"].startswith("because filter of iteration 0 runs")
    assert rows["train"].startswith("because reward of iteration 0 runs")
