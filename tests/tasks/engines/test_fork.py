"""Going on from another run: the first policy is the source's own, with its optimizer; and what makes it impossible is
one line.
"""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path

import pytest
from safetensors import safe_open

from infra.errors import StoreError
from infra.store import Manifest, Store
from specs.errors import SpecError
from specs.load import Loaded, load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.schema import Spec
from tasks.checkpoint.fork import find_source, pin, pinned
from tasks.checkpoint.weights import policy_step
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import Experiment
from tasks.run.record import RunRecord
from tasks.train.schedule import learning_rate
from tests.tasks.engines.conftest import Copy
from tests.tasks.engines.test_policies import alter, expected, held, steps_of
from tests.tasks.small_run import SETTINGS, iterate, opened

WARM_UP = 10  # steps, by default


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of three iterations of two optimizer steps: weights after 0, 2 and 3."""
    folder = tmp_path_factory.mktemp("made") / "store"
    with opened(folder) as active:
        iterate(active, 3)
        record(active)
    return folder


@pytest.fixture()
def drawn(tmp_path: Path) -> Path:
    """The same store as far as a plan looks at it: no weights in the weights."""
    folder = tmp_path / "drawn"
    puzzle_tokenizer().save_pretrained(tmp_path / "line")
    (tmp_path / "line" / "config.json").write_text('{"max_position_embeddings": 128, "num_attention_heads": 4}')
    with opened(folder) as active:
        for iteration in (0, 2, 3):
            lineage = active.experiment.lineage(iteration)
            step = policy_step(lineage) if iteration else active.experiment.start
            files = {"model.safetensors": b"weights", **{path.name: path for path in (tmp_path / "line").iterdir()}}
            active.store.commit(step, files, kind="weights")
        for iteration in range(3):
            active.store.commit(active.experiment.train(iteration), {}, kind="metrics")
        record(active)
    return folder


def record(active: OpenRun) -> None:
    """The run's run.json, as the flow writes it when a run begins."""
    writer = RunRecord(active.session, active.experiment, Loaded(active.spec, {}, Path("small.yaml"), "", None))
    active.store.files.write(f"runs/{writer.name}/run.json", writer.run_json("finished"))


def source_run(store: Path) -> str:
    (identity,) = [folder.name for folder in (store / "runs" / "small").iterdir()]
    return f"small/{identity}"


def fork(run: str, iteration: int, *overrides: str, name: str = "more") -> list[str]:
    return [
        "warm_start=null",
        f"policy.init={{run: {run}, iteration: {iteration}}}",
        f"name={name}",
        "seed=3",
        "train.iterations=1",
        *overrides,
    ]


def spec_of(store: Path, *overrides: str) -> Spec:
    return load_spec(
        ROOT / "specs" / "quickstart.yaml", [*SETTINGS, *overrides, f"store={store.as_uri()}"], environ={}
    ).spec


def stored(active: OpenRun, iteration: int) -> Manifest:
    manifest = active.policies.stored(active.experiment.lineage(iteration))
    assert manifest is not None
    return manifest


def steps_taken(active: OpenRun, manifest: Manifest, folder: Path) -> int:
    active.store.fetch(manifest, folder)
    with safe_open(folder / "optimizer.safetensors", "pt") as tensors:
        return int(tensors.metadata()["steps"])


@pytest.mark.slow()
@pytest.mark.turn
def test_a_fork_goes_on_with_weights_moments_and_step_count_of_its_source(
    copy: Copy, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = copy()
    run = source_run(store)
    with opened(store) as active:
        source = active.experiment
        lineage = source.lineage(2)
    before = steps_of(Store(store.as_uri()), "data", "policy", "rollout", "verdict", "train")
    with opened(store, *fork(run, 2)) as active, caplog.at_level(logging.INFO, "armature"):
        experiment = active.experiment
        assert experiment.lineage(0) == lineage and experiment.start.key == lineage, (
            "no copy: its first policy is the source's"
        )
        assert experiment.data.key == source.data.key, "the tokenizer is the source's, and so is the data step"
        iterate(active, 1)
        record(active)
        assert f"goes on from run {run} after 2 iterations (policy {lineage[:12]})" in caplog.text
        assert active.policies.replayed == 0 and "bit-identical" not in caplog.text
        step = active.store.find("train", experiment.lineage(1))
        assert step is not None and step.inputs["root"] == source.lineage(0) and step.inputs["iteration"] == 0
        rates = [
            learning_rate(k, peak=1e-4, warmup_steps=WARM_UP, schedule="constant", decay_steps=None, min_ratio=0.0)
            for k in (4, 5)
        ]
        assert step.result["metrics"]["learning_rate"] == pytest.approx(rates[-1]), "four steps were taken before"
        last = stored(active, 1)
        assert steps_taken(active, last, tmp_path / "last") == 6
        assert {"config.json", "tokenizer.json", "model.safetensors"} <= set(last.files)
        new = set(steps_of(active.store, "data", "policy", "rollout", "verdict", "train")) - set(before)
        assert sorted(each.partition("/")[0] for each in new) == ["policy", "rollout", "rollout", "train", "verdict"]
        own = json.loads(active.store.files.read(f"runs/{experiment.run}/run.json"))
        assert own["fork"] == {"run": run, "iteration": 2, "lineage": lineage} and own["lineages"] == [
            lineage,
            experiment.lineage(1),
        ]
        fork_run, end = experiment.run, experiment.lineage(1)

    with opened(store, *fork(fork_run, 1, name="still-more")) as active:
        assert active.experiment.lineage(0) == end and active.experiment.train(0).inputs["root"] == source.lineage(0)
        iterate(active, 1)
        assert steps_taken(active, stored(active, 1), tmp_path / "still-more") == 8
    # A source whose record was removed is not needed by a fork that has begun, and is by one that has not.
    shutil.rmtree(store / "runs" / "small")
    with opened(store, *fork(run, 2, "train.iterations=2")) as active:
        assert active.experiment.lineage(1) == end
    with pytest.raises(SpecError, match=r"no run small/\w{8} in"):
        find_source(spec_of(store, *fork(run, 2, name="another")), Store(store.as_uri()))


@pytest.mark.slow()
@pytest.mark.turn
def test_a_fork_whose_first_weights_were_lost_has_them_again_from_its_source_bit_by_bit(
    copy: Copy, tmp_path: Path
) -> None:
    """With another data set and other settings of AdamW than the source, and a KL from where it began:
    each side of the border is repeated with its own.
    """
    store = copy()
    changes = (
        "data.heldout=6",
        "train.betas=[0.5,0.9]",
        "train.weight_decay=0.5",
        "train.max_grad_norm=0.1",
        "objective.kl.coefficient=0.1",
        "train.iterations=2",
        "checkpoint.every=1",
    )
    overrides = fork(source_run(store), 2, *changes)
    with opened(store, *overrides) as active:
        iterate(active, 2)
        record(active)
        first, last = stored(active, 0), stored(active, 2)
        steps = [active.session.require("train", active.experiment.lineage(k)) for k in (1, 2)]
        assert [step.inputs["reference"] for step in steps] == [first.key] * 2
        assert expected(stored(active, 1)) != expected(first)
    with opened(store, *overrides) as active:
        alter(active.store, first, "optimizer.safetensors")
        for iteration in (1, 2):
            active.store.drop("policy", active.experiment.lineage(iteration))
        active.policies.on_trainer(last.key)
        assert active.policies.replayed == 4, "two iterations of the source, from its start, and two of the fork"
        assert held(active, tmp_path / "held") == expected(last)
        again = stored(active, 0)
        assert again.sha256 == first.sha256 and again.folder != first.folder


def test_what_retention_of_the_source_keeps_for_its_forks(tmp_path: Path) -> None:
    settings = ("train.iterations=6", "checkpoint.every=1", "checkpoint.keep=1", "evaluate.suites=[]")
    with opened(tmp_path / "store", *settings) as active:
        store, experiment = active.store, active.experiment

        def save(iteration: int) -> None:
            lineage = experiment.lineage(iteration)
            step = policy_step(lineage) if iteration else experiment.start
            store.commit(step, {"model.safetensors": b"weights", "config.json": b"{}"}, kind="weights")
            if iteration:
                store.commit(experiment.train(iteration - 1), {}, kind="metrics")
            active.checkpoints.retain()

        for iteration in range(4):
            save(iteration)
        record(active)
        pin(store, find_source(spec_of(tmp_path / "store", *fork(experiment.run, 3)), store), "more/01234567")
        assert pinned(store) == {experiment.lineage(3)}
        for iteration in range(4, 7):
            save(iteration)
        assert [k for k in range(7) if active.policies.stored(experiment.lineage(k))] == [0, 3, 5, 6]


# -- what is refused before anything starts
# ------------------------------------------------------------------------------------


def refused(store: Path, *overrides: str) -> str:
    with pytest.raises((SpecError, StoreError)) as caught:
        Experiment(spec_of(store, *overrides), download=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_no_such_run(drawn: Path, tmp_path: Path) -> None:
    run = source_run(drawn)
    line = refused(drawn, *fork("smal/01234567", 2))
    assert (
        line.startswith("policy.init.run: no run smal/01234567 in") and "there are small" in line and "store:" in line
    )
    assert run in refused(drawn, *fork("small", 2)), (
        "a name alone may come to mean another run: the whole names are offered"
    )
    assert run in refused(drawn, *fork("small/01234567", 2))
    assert "there are none" in refused(tmp_path / "another", *fork(run, 2))


def test_no_such_iteration_or_no_weights_of_it(drawn: Path) -> None:
    run = source_run(drawn)
    assert "iterations 0 to 3" in refused(drawn, *fork(run, 4))
    line = refused(drawn, *fork(run, 1))
    assert (
        line.startswith("policy.init.iteration: the weights of")
        and "those after 0, 2, 3" in line
        and "--replay" in line
    )


def test_what_does_not_fit_the_source(drawn: Path) -> None:
    run = source_run(drawn)
    line = refused(drawn, *fork(run, 2, "policy.dtype=bfloat16", "train.zero_stage=1"))
    assert f"policy.dtype: got bfloat16, but run {run}" in line and "has float32" in line
    assert f"model's window of 128 (policy.init: run {run})" in refused(
        drawn, *fork(run, 2, "rollout.max_response_tokens=65")
    )
    assert "model" in refused(drawn, *fork(run, 2, "policy.model=some/where"))
    assert "set it to null" in refused(drawn, *fork(run, 2, "warm_start={}"))
    line = refused(
        drawn,
        *fork(
            run,
            2,
            "data.train=specs/data/first_programs.jsonl",
            "data.heldout=0",
            "data.verifier=code",
            "evaluate.suites=[]",
        ),
    )
    assert line.startswith("policy.init: the policy of") and "puzzle" in line


def test_a_record_that_cannot_be_read_names_itself(drawn: Path) -> None:
    run = source_run(drawn)
    (drawn / "runs" / run / "run.json").write_text("{")
    assert f"runs/{run}/run.json: is not JSON" in refused(drawn, *fork(run, 2))


def test_a_source_whose_first_weights_are_gone(drawn: Path) -> None:
    """Configuration and tokenizer of the line lie with them."""
    run = source_run(drawn)
    lineages = json.loads((drawn / "runs" / run / "run.json").read_text())["lineages"]
    Store(drawn.as_uri()).drop("policy", lineages[0])
    assert f"weights of policy {lineages[0][:12]}" in refused(drawn, *fork(run, 2))


def test_every_key_of_a_fork_is_known_before_it_runs(drawn: Path) -> None:
    run = source_run(drawn)
    source, begun = Experiment(spec_of(drawn)), Experiment(spec_of(drawn, *fork(run, 2)))
    assert begun.lineage(0) == source.lineage(2) and begun.data.key == source.data.key
    # From the start, with all else equal, it is the same experiment: whatever the source made is the fork's.
    same = Experiment(spec_of(drawn, "warm_start=null", f"policy.init={{run: {run}, iteration: 0}}", "name=again"))
    assert [same.lineage(k) for k in range(4)] == [source.lineage(k) for k in range(4)] and same.run.partition("/")[
        2
    ] != source.run.partition("/")[2]
    elsewhere = [Experiment(spec_of(drawn, *fork(run, iteration))).run for iteration in (0, 2, 3)]
    assert len(set(elsewhere)) == 3
