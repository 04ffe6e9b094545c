"""The plan: what a start would do with what a store has, why, and in how many look-ups.

Steps are stood for by their manifests.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterable
from pathlib import Path

import pytest

from flows.cli.plan import plan
from infra.errors import StoreError
from infra.store import Manifest, Store
from specs.load import Loaded, load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.checkpoint.weights import policy_step, write_scratch_model
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.evaluate.samples import Sample, SampleSet
from tasks.graph import listing
from tasks.graph.experiment import Experiment
from tasks.graph.simulate import Replay, Simulation, simulate
from tasks.records import FinishReason
from tests.one_line import one_line

SPEC = """\
name: planned
policy: {init: scratch, dtype: float32}
warm_start: {}
data: {train: "puzzle:countdown", heldout: 8}
rollout: {engine: transformers, prompts: 4, samples: 4, shard_prompts: 2, max_prompt_tokens: 16,
  max_response_tokens: 12}
train: {iterations: 10, minibatch_prompts: 2}
checkpoint: {every: 5}
evaluate: {suites: [heldout], samples: 4, ks: [1]}
"""


def load(folder: Path, *overrides: str, text: str = SPEC) -> Loaded:
    path = folder / "planned.yaml"
    path.write_text(text)
    return load_spec(path, [*overrides, f"store={(folder / 'store').as_uri()}"], {})


def fill(loaded: Loaded, trained: int, weights: Iterable[int], evaluated: Iterable[int]) -> tuple[Store, Experiment]:
    """The store after `trained` iterations."""
    store, experiment = Store(loaded.spec.store), Experiment(loaded.spec)
    steps = [experiment.data, experiment.contamination("heldout"), experiment.start]
    for k in range(trained):
        steps += [*experiment.rollouts(k), experiment.reward(k), experiment.train(k)]
    steps += [experiment.evaluation(i, "heldout") for i in evaluated]
    for step in steps:
        store.commit(step, {"payload": b"bytes"}, kind="rows")
    for i in set(weights) - {0}:
        store.commit(policy_step(experiment.lineage(i)), {"payload": b"bytes"}, kind="weights")
    last = loaded.spec.train.iterations
    record = {
        "run": experiment.run,
        "state": "running",
        "iterations": last,
        "lineages": [experiment.lineage(k) for k in range(last + 1)],
    }
    rows = [
        {"iteration": i, "suite": "heldout", "artifact": experiment.evaluation(i, "heldout").key, "pass_at": {}}
        for i in evaluated
    ]
    store.files.write(f"runs/{experiment.run}/run.json", json.dumps(record).encode())
    store.files.write(f"runs/{experiment.run}/spec.yaml", loaded.text.encode())
    store.files.write(f"runs/{experiment.run}/evaluations.json", json.dumps(rows).encode())
    return store, experiment


def foreseen(loaded: Loaded, store: Store, *, replay: bool = False) -> Simulation:
    experiment = Experiment(loaded.spec)
    had = listing.Listing(store, experiment)
    return simulate(experiment, had.has, had.begun, had.drawn, replay=replay)


def reason(loaded: Loaded, store: Store, stage: str) -> str:
    """What the plan says below the stage's row."""
    lines = plan(loaded, store).splitlines()
    return lines[next(i for i, line in enumerate(lines) if line.startswith(f"{stage} ")) + 1].strip()


# -- what would be done
# ------------------------------------------------------------------------------------------------------------


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    store, _ = fill(loaded, trained=8, weights=(0, 5), evaluated=(0,))
    will = foreseen(loaded, store)
    assert will.replays == [Replay(5, 8)] and will.saved == [10] and will.stored == [0, 5]
    assert will.first is not None and will.first.label == "rollout of iteration 8, shard 0"
    assert {stage: len(nodes) for stage, nodes in will.running.items() if nodes} == {
        "rollout": 4,
        "reward": 2,
        "train": 2,
        "evaluate": 1,
    }
    text = plan(loaded, store)
    assert (
        "weights after 8 iterations: repeating 3 training steps from those after 5; nothing is sampled or judged again"
        in text
    )
    assert "not made yet: the run goes on from here" in text and "(against" not in text


@pytest.mark.parametrize(
    ("overrides", "line"),
    [
        ((), "engine and trainer on the CPU"),
        (("placement.gpus=1",), "engine and trainer on the same 1 GPU; the engine sleeps while the trainer works"),
        (("placement={gpus: 2, sleep: none}",), "engine and trainer on the same 2 GPUs; the engine keeps its memory"),
        (("placement={gpus: 2, layout: separate}",), "engine and trainer each on their own of 2 GPUs"),
    ],
)
def test_the_placement_is_said_in_words(tmp_path: Path, overrides: tuple[str, ...], line: str) -> None:
    loaded = load(tmp_path, *overrides)
    assert f"  placement: {line}\n" in plan(loaded, Store(loaded.spec.store))


def test_a_recipe_is_sized_where_the_hub_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for loaded in [load_spec(path, [f"store={tmp_path}"], {}) for path in (ROOT / "specs" / "recipes").glob("*.yaml")]:
        text = plan(loaded, Store(loaded.spec.store), check=True)
        assert re.search(r"  fits a GPU of \d\d.0 GiB\n\nstages: what the store has is not known until", text), text


def test_the_plan_says_what_a_reference_policy_costs(tmp_path: Path) -> None:
    loaded = load(tmp_path, "objective={kl: {}, reference: {reset_every: 4}}", "placement.ranks=2")
    text = plan(loaded, Store(loaded.spec.store))
    assert "the reference policy: the policy at the start, a new one every 4 iterations" in text
    # In float32, a share for each of the two ranks.
    assert re.search(r"reference +829\.2 KiB", text), text
    assert "weights that will be saved: after 4, 5, 8, 10 iterations" in text
    adapter = load(tmp_path, "objective={kl: {}}", "policy.adapter={}")
    assert "at the start; objective.reference.policy: base is the same" in plan(adapter, Store(adapter.spec.store))
    plain = load(tmp_path)
    assert "reference policy" not in plan(plain, Store(plain.spec.store))


def test_a_reference_that_is_lost_is_repeated_before_the_step_that_reads_it(tmp_path: Path) -> None:
    loaded = load(tmp_path, "objective={kl: {}, reference: {reset_every: 4}}")
    store, _ = fill(loaded, trained=8, weights=(0, 5, 8), evaluated=(0,))
    assert foreseen(loaded, store).replays == [], "the steps that will run read the policy after 8 iterations"
    store, experiment = fill(loaded, trained=6, weights=(0, 5), evaluated=(0,))
    for k in range(6, 8):
        store.drop("train", experiment.lineage(k + 1))
    will = foreseen(loaded, store)
    assert will.replays[:2] == [Replay(0, 4), Replay(5, 6)] and 4 in will.saved


def test_a_replay_saves_what_a_crash_kept_from_being_saved(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    store, _ = fill(loaded, trained=8, weights=(0,), evaluated=(0,))
    will = foreseen(loaded, store)
    assert will.replays == [Replay(0, 8)] and will.saved == [5, 10]


def test_an_evaluation_of_weights_that_were_not_kept_waits_for_replay(tmp_path: Path) -> None:
    store, _ = fill(load(tmp_path), trained=10, weights=(0, 5, 10), evaluated=(0, 10))
    more = load(tmp_path, "evaluate.every=2")
    will = foreseen(more, store)
    assert will.idle and [node.iteration for node in will.left_out] == [2, 4, 6, 8] and will.replays == []
    text = plan(more, store)
    assert (
        "weights not kept: evaluations after 2, 4, 6, 8 iterations are left out; --replay makes their weights again"
        in text
    )
    will = foreseen(more, store, replay=True)
    assert not will.left_out and [node.iteration for node in will.running["evaluate"]] == [2, 4, 6, 8]
    assert will.replays == [Replay(0, 2), Replay(2, 4), Replay(5, 6), Replay(6, 8)], (
        "from what the trainer holds, or from nearer weights"
    )
    assert "weights after 8 iterations: repeating 2 training steps from those after 6" in plan(more, store, replay=True)


def test_an_evaluation_whose_samples_are_stored_needs_no_weights(tmp_path: Path) -> None:
    store, experiment = fill(load(tmp_path), trained=10, weights=(0, 5, 10), evaluated=(0, 10))
    data = store.find("data", experiment.data.key)
    assert data is not None
    store.drop("data", data.key)
    store.commit(experiment.data, {"payload": b"bytes"}, kind="rows", result={"heldout": {"problems": 8}})
    more = load(tmp_path, "evaluate.every=4")
    step = Experiment(more.spec).evaluation(4, "heldout")

    def sample(problem: int, index: int) -> Sample:
        return Sample(f"p{problem}", index, (1, 2), (-0.5, -0.25), FinishReason.STOP, None, 0)

    samples = SampleSet(store.files, Experiment(more.spec).sample_set(step))
    samples.append([sample(p, s) for p in range(8) for s in range(4) if (p, s) != (7, 3)])
    assert 4 in [node.iteration for node in foreseen(more, store).left_out], "one is missing"
    samples.append([sample(7, 3)])
    will = foreseen(more, store)
    assert 4 in [node.iteration for node in will.running["evaluate"]] and not any(
        replay.to == 4 for replay in will.replays
    )


def test_a_damaged_evaluation_is_made_again_though_its_weights_were_not_kept(tmp_path: Path) -> None:
    loaded = load(tmp_path, "evaluate.every=2")
    store, experiment = fill(loaded, trained=10, weights=(0, 5, 10), evaluated=(0, 2, 4, 6, 8, 10))
    manifest = store.find("evaluate", experiment.evaluation(4, "heldout").key)
    assert manifest is not None
    store.files.write(f"steps/evaluate/{manifest.key}/{manifest.folder}/payload", b"byte")
    will = foreseen(loaded, store)
    assert (
        not will.left_out
        and [node.iteration for node in will.running["evaluate"]] == [4]
        and will.replays == [Replay(0, 4)]
    )
    assert "not whole" in reason(loaded, store, "evaluate")


def test_the_front_of_a_run_and_its_end_are_always_evaluated(tmp_path: Path) -> None:
    store, _ = fill(load(tmp_path), trained=7, weights=(0, 5), evaluated=(0,))
    will = foreseen(load(tmp_path, "evaluate.every=1"), store)
    assert [node.iteration for node in will.running["evaluate"]] == [5, 7, 8, 9, 10], (
        "5 has weights, 7 is where the run goes on, the others are new"
    )
    assert [node.iteration for node in will.left_out] == [1, 2, 3, 4, 6]
    shorter = foreseen(load(tmp_path, "train.iterations=4"), store)
    assert shorter.replays == [Replay(0, 4)] and shorter.saved == [4]
    assert [node.iteration for node in shorter.running["evaluate"]] == [4] and not shorter.running["train"]


# -- why
# ----------------------------------------------------------------------------------------------------------


def test_a_store_of_other_runs_is_told_from_an_empty_one(tmp_path: Path) -> None:
    store, _ = fill(load(tmp_path), trained=10, weights=(0, 5, 10), evaluated=(0, 10))
    text = plan(load(tmp_path, "name=another", "train.learning_rate=1e-5"), store)
    assert "this store has no run of the name another: what it has was made by others" in text
    assert (
        reason(load(tmp_path, "name=another", "train.learning_rate=1e-5"), store, "train")
        == "this store has no run of the name another"
    )


def test_the_nearest_run_is_compared(tmp_path: Path) -> None:
    fill(load(tmp_path), trained=10, weights=(0, 10), evaluated=(0, 10))
    store, near = fill(
        load(tmp_path, "train.learning_rate=1e-5", "train.weight_decay=0.2"),
        trained=10,
        weights=(0, 10),
        evaluated=(0, 10),
    )
    wanted = load(tmp_path, "train.learning_rate=2e-5", "train.weight_decay=0.2")
    assert reason(wanted, store, "train") == f"train.learning_rate: 1e-05 -> 2e-05   (against run {near.run})"


def test_what_is_half_there_or_lost_is_said(tmp_path: Path) -> None:
    loaded = load(tmp_path)
    store, experiment = fill(loaded, trained=10, weights=(0, 5, 10), evaluated=(0, 10))
    store.files.remove(f"steps/verdict/{experiment.reward(9).key}/MANIFEST.json")
    assert "not whole" in reason(loaded, store, "reward")
    store.drop("train", experiment.lineage(4))
    assert reason(loaded, store, "train") == "it was in the store and is not any more: later ones are"
    store.files.write(f"runs/{experiment.run}/run.json", b"{")
    with one_line(StoreError, f"runs/{experiment.run}/run.json: is not JSON .*; remove it"):
        plan(loaded, store)


@pytest.fixture()
def model(tmp_path: Path) -> Path:
    tokenizer, folder = puzzle_tokenizer(), tmp_path / "model"
    architecture = {
        "hidden": 8,
        "layers": 1,
        "heads": 2,
        "intermediate": 8,
        "max_positions": 64,
        "tie_embeddings": False,
    }
    write_scratch_model(
        folder, architecture, len(tokenizer), int(tokenizer.eos_token_id), int(tokenizer.pad_token_id), "float32", 1
    )
    tokenizer.save_pretrained(folder)
    (tmp_path / "problems.jsonl").write_text('{"prompt": "1 + 1", "answer": "2"}\n')
    return folder


def test_content_behind_a_name_is_told(model: Path, tmp_path: Path) -> None:
    text = SPEC.replace("{init: scratch, dtype: float32}", f"{{model: {model}, dtype: float32}}").replace(
        "warm_start: {}\n", ""
    )
    text = text.replace(
        '{train: "puzzle:countdown", heldout: 8}', f"{{train: {tmp_path}/problems.jsonl, verifier: math}}"
    ).replace("suites: [heldout], ", "")
    loaded = load(tmp_path, text=text)
    store, experiment = fill(loaded, trained=10, weights=(0, 10), evaluated=())
    assert "nothing to do" in plan(loaded, store)
    (tmp_path / "problems.jsonl").write_text('{"prompt": "1 + 1", "answer": "3"}\n')
    assert (
        reason(loaded, store, "data")
        == f"data.train: the content of {tmp_path}/problems.jsonl changed   (against run {experiment.run})"
    )
    assert reason(loaded, store, "rollout") == "because data runs"
    (tmp_path / "problems.jsonl").write_text('{"prompt": "1 + 1", "answer": "2"}\n')
    weights = model / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert (
        reason(loaded, store, "start")
        == f"policy.model: the content of the weights changed ({model})   (against run {experiment.run})"
    )
    assert reason(loaded, store, "train") == "because start runs"


# -- look-ups
# ----------------------------------------------------------------------------------------------------------------------


class Counting(Store):
    """Counts what it is asked."""

    asked = 0

    def find(self, stage: str, key: str) -> Manifest | None:
        self.asked += 1
        return super().find(stage, key)


def test_over_a_network_old_steps_are_taken_as_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = load(tmp_path)
    _, experiment = fill(loaded, trained=10, weights=(0, 5, 10), evaluated=(0, 10))
    store = Counting(loaded.spec.store)
    text = plan(loaded, store)
    assert store.asked == 47 and "as the store lists them" not in text, (
        "data, contamination, 20 rollouts, 10 verdicts, 10 trained, 3 weights, 2 evaluations"
    )
    monkeypatch.setattr(listing, "NEWEST", 3)
    store = Counting(loaded.spec.store)
    store.files.local = False
    text = plan(loaded, store)
    assert store.asked == 1 + 1 + 3 + 3 + 3 + 3 + 2
    assert "31 older steps are taken as the store lists them" in text and "nothing to do" in text
    # Where a crash leaves its traces, each is looked up.
    store.files.remove(f"steps/rollout/{experiment.rollouts(9)[1].key}/MANIFEST.json")
    assert reason(loaded, store, "rollout").startswith("the store has it, but not whole")
