"""What a change runs again, and what it leaves: for every key of a spec by the steps' keys, for a sample by real runs
over a store that has one.

A row says which stage a change reaches first; what follows from it follows from the table of dependencies here, not
from the code.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli.plan import plan
from infra.paths import HOME, LOGS
from infra.store import Store
from specs.load import Loaded, load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.checkpoint.weights import write_scratch_model
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.engines.engines import Engines
from tasks.engines.open_run import OpenRun
from tasks.graph.experiment import VERSIONS, Experiment
from tasks.graph.listing import Listing
from tasks.graph.simulate import Simulation, simulate
from tasks.run.record import RunRecord
from tasks.run.session import Session
from tasks.stage import value
from tasks.stages import contamination, data, remake_start
from tests.specs.test_identity import HUB, MODEL, PUZZLE, TABLE, WARM
from tests.tasks.small_run import SETTINGS, evaluation, iterate

#: Stage -> the stages that take from it, in the same iteration. `start` takes from `data` only with a warm start.
AFTER = {
    "data": "rollout",
    "start": "rollout",
    "rollout": "reward",
    "reward": "train",
    "train": "",
    "none": "",
    "evaluate": "",
}
#: Section of a spec -> the first stage that a change of it reaches.
FIRST = {
    "name": "none",
    "control": "none",
    "seed": "start",
    "policy": "start",
    "warm_start": "start",
    "data": "data",
    "rollout": "rollout",
    "reward": "reward",
    "advantage": "train",
    "objective": "train",
    "train": "train",
    "audit": "none",
    "store": "none",
    "checkpoint": "none",
    "placement": "none",
    "evaluate": "evaluate",
    "schedule": "none",
}
DROPS = PUZZLE.replace("heldout: 8", "heldout: 8, drop_long_prompts: true")
FORMAT = PUZZLE + "reward: {terms: {format: {use: format}}}\n"
#: (base, override) -> the first stage, where the section does not say it.
OTHERWISE = {
    (MODEL, "seed=3"): "rollout",  # nothing of a given model is random
    (
        MODEL,
        "policy.revision=abc",
    ): "none",  # the weights' digest is in the key: a name for the same content is no change
    (HUB, "data.revision=abc"): "none",  # likewise the commit, which this base states
    (PUZZLE, "evaluate.suites=[heldout]"): "none",  # another suite is another step
    (DROPS, "rollout.max_prompt_tokens=17"): "data",  # which problems are dropped
    # A puzzle is judged by its own rule.
    (PUZZLE, "reward.math.deadline_s=3.0"): "none",
    (PUZZLE, "reward.code.cpu_s=3.0"): "none",
    (PUZZLE, "reward.code.memory_mb=3"): "none",
    # Verdicts hold each term by itself; how they make a reward, training alone asks.
    (FORMAT, "reward.terms.format.weight=0.5"): "train",
    (FORMAT, "reward.aggregate=normalize_then_sum"): "train",
}
COMMIT = "a" * 40
CODE = MODEL.replace("verifier: math", "verifier: code")
#: Rows beyond those of tests/specs/test_identity.py, which has one for each key: (base, override, first stage).
MORE = [
    (MODEL, "reward.math.deadline_s=3.0", "reward"),
    (MODEL, "reward.math.workers=3", "none"),
    (MODEL, "reward.code.cpu_s=3.0", "none"),
    (CODE, "reward.code.cpu_s=3.0", "reward"),
    (CODE, "reward.code.memory_mb=700", "reward"),
    (MODEL, "data.train=same/problems.jsonl", "none"),
    (MODEL, "data.train=other/problems.jsonl", "data"),
    (HUB, f"data.train=hf://a/b@{'b' * 40}", "data"),
]


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Puts models and files of this machine where the texts of test_identity.py name ones of the hub."""
    folder = tmp_path_factory.mktemp("places")
    tokenizer = puzzle_tokenizer()
    architecture = {
        "hidden": 8,
        "layers": 1,
        "heads": 2,
        "intermediate": 8,
        "max_positions": 16384,
        "tie_embeddings": False,
    }
    for name, seed in (("7B", 1), ("32B", 2)):
        write_scratch_model(
            folder / name,
            architecture,
            len(tokenizer),
            int(tokenizer.eos_token_id),
            int(tokenizer.pad_token_id),
            "float32",
            seed,
        )
        tokenizer.save_pretrained(folder / name)
    for name, answer in (("some", 2), ("same", 2), ("other", 3)):
        (folder / name).mkdir()
        (folder / name / "problems.jsonl").write_text(json.dumps({"prompt": "1 + 1", "answer": str(answer)}) + "\n")

    def translate(text: str) -> str:
        for name, here in (
            ("Qwen/Qwen2.5-7B", folder / "7B"),
            ("Qwen/Qwen2.5-32B", folder / "32B"),
            ("hf://a/b", f"hf://a/b@{COMMIT}"),
            *((f"{each}/problems.jsonl", folder / each / "problems.jsonl") for each in ("some", "same", "other")),
        ):
            text = text.replace(name, str(here)) if f"{name}@" not in text else text
        return text

    return translate


def keys(experiment: Experiment) -> dict[str, list[str]]:
    """Stage -> keys of the first iteration's steps; of the policies at the start and after it, evaluations."""
    return {
        "data": [experiment.data.key],
        "start": [experiment.start.key],
        "rollout": [step.key for step in experiment.rollouts(0)],
        "reward": [experiment.reward(0).key],
        "train": [experiment.train(0).key],
        "evaluate": [experiment.evaluation(0, "heldout").key],
        "next": [experiment.rollouts(1)[0].key, experiment.evaluation(1, "heldout").key],
    }


def reached(first: str, warm: bool) -> set[str]:
    """The stages of the first iteration that run again with `first`."""
    stages = {first} - {"none", "evaluate"}
    if first == "data" and warm:
        stages.add("start")
    while first := AFTER[first]:
        stages.add(first)
    return stages


ROWS = [
    *(
        (
            base,
            override,
            OTHERWISE.get((base, override), FIRST[override.partition("=")[0].partition(".")[0]] if changed else "none"),
            changed,
        )
        # a fork needs a run: tests/flows/test_fork.py
        for base, override, changed in TABLE
        if "init: {run:" not in override
    ),
    *((base, override, first, "") for base, override, first in MORE),
]


@pytest.mark.parametrize(
    ("base", "override", "first", "parts"), ROWS, ids=[f"{row[1]} reaches {row[2]}" for row in ROWS]
)
def test_a_key_of_the_spec_runs_again_what_it_reaches(
    base: str, override: str, first: str, parts: str, places: Callable[[str], str], tmp_path: Path
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(places(base))
    then, now = (Experiment(load_spec(path, changed, {}).spec, download=False) for changed in ((), (places(override),)))
    before, after = keys(then), keys(now)
    changed = {stage for stage in before if set(before[stage]) != set(after[stage])}
    training = reached(first, warm=then.spec.warm_start is not None)
    # An evaluation reads sampling and reward settings of its own; what training alone reads leaves that of the first
    # policy.
    evaluated = first in ("data", "start", "evaluate") or (
        first == "reward" and not override.startswith(("reward.truncated", "reward.terms"))
    )
    evaluated |= "evaluate" in parts.split() and first != "none"
    assert changed - {"evaluate", "next"} == training
    assert ("evaluate" in changed) == evaluated
    if training:
        assert not set(before["next"]) & set(after["next"]), "the next policy is another"
    elif not evaluated:
        assert before["next"] == after["next"]


#: Name of a stage in the store -> the first stage that a new version reaches.
RAISED = {
    "data": "data",
    "policy": "start",
    "rollout": "rollout",
    "verdict": "reward",
    "train": "train",
    "evaluate": "evaluate",
}


@pytest.mark.parametrize(("name", "first"), RAISED.items())
def test_a_raised_version_runs_its_stage_again_and_what_follows(
    name: str, first: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(WARM)
    before = keys(Experiment(load_spec(path, (), {}).spec))
    monkeypatch.setitem(VERSIONS, name, VERSIONS[name] + 1)  # type: ignore[arg-type]
    after = keys(Experiment(load_spec(path, (), {}).spec))
    changed = {stage for stage in before if set(before[stage]) != set(after[stage])} - {"next"}
    assert changed == reached(first, warm=True) | (
        {"evaluate"} if first in ("data", "start", "reward", "evaluate") else set()
    )


# -- real runs
# -----------------------------------------------------------------------------------------------------------------


def load(store: Path, *overrides: str) -> Loaded:
    return load_spec(
        ROOT / "specs" / "quickstart.yaml",
        [*SETTINGS, "name=caching", "warm_start.batch=16", *overrides, f"store={store.as_uri()}"],
        environ={},
    )


@pytest.fixture(scope="module")
def engines() -> Iterator[Engines]:
    """Shared by all runs here, as a run and its control share them: what they hold has a name, and starting them costs
    most of the time.
    """
    engines = Engines(load(Path("/nowhere")).spec)
    yield engines
    engines.close()
    shutil.rmtree(LOGS / f"caching-{os.getpid()}", ignore_errors=True)


def train(engines: Engines, store: Path, *overrides: str) -> None:
    """What the flow does, without Prefect; evaluations last."""
    loaded = load(store, *overrides)
    left_out = {node.iteration for node in foreseen(store, *overrides).left_out}
    run = OpenRun(loaded.spec, Session(Store(store.as_uri())), engines, remake_start)
    try:
        record = RunRecord(run.session, run.experiment, loaded)
        value(data.plain(run))
        record.suite("heldout", None, value(contamination.plain(run, "heldout")))
        remake_start(run)
        record.begin()
        iterate(run, run.spec.train.iterations)
        for iteration in run.experiment.evaluated_iterations():
            if iteration not in left_out:
                record.evaluation(iteration, "heldout", evaluation(run, iteration))
        record.finish()
    finally:
        run.close()


def foreseen(store: Path, *overrides: str) -> Simulation:
    """What the plan builds on."""
    experiment = Experiment(load(store, *overrides).spec, download=False)
    listing = Listing(Store(store.as_uri()), experiment)
    return simulate(experiment, listing.has, listing.begun, listing.drawn, replay=False)


def will_commit(simulation: Simulation) -> dict[str, int]:
    """Stage of the store -> commits that the plan foresees."""
    counts = Counter(node.step.stage for nodes in simulation.running.values() for node in nodes)
    return dict(counts + Counter({"policy": len(simulation.saved)}))


def commits(store: Path) -> dict[str, str]:
    """stage/key -> the folder that its manifest names: another one where the step was committed again."""
    found = {}
    for stage in ("data", "contamination", "policy", "rollout", "verdict", "train", "evaluate"):
        for path in (store / "steps" / stage).glob("*/MANIFEST.json"):
            manifest = Store(store.as_uri()).find(stage, path.parent.name)
            found[f"{stage}/{path.parent.name}"] = manifest.folder if manifest else ""
    return found


def digests(store: Path) -> dict[str, str]:
    opened_store = Store(store.as_uri())
    found = {name: opened_store.find(*name.split("/")) for name in commits(store)}
    return {name: manifest.sha256 if manifest else "damaged" for name, manifest in found.items()}


@pytest.fixture(scope="module", autouse=True)
def _no_records_left() -> Iterator[None]:
    yield
    for folder in (HOME / "stores").glob("*/runs/caching"):
        shutil.rmtree(folder.parents[1], ignore_errors=True)


@pytest.fixture(scope="module")
def finished(engines: Engines, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a run of three iterations, weights after 0, 2 and 3, evaluated after 0 and 3."""
    store = tmp_path_factory.mktemp("caching") / "store"
    train(engines, store)
    return store


@pytest.fixture()
def copy(finished: Path, tmp_path: Path) -> Path:
    shutil.copytree(finished, tmp_path / "store")
    return tmp_path / "store"


def counts(
    *, data: int = 0, policy: int = 0, rollout: int = 0, verdict: int = 0, train: int = 0, evaluate: int = 0
) -> dict[str, int]:
    """Of two shards, one set of verdicts and one training step an iteration; the start, and a checkpoint after 2 and 3
    of 3; two evaluations. The data's own contamination is looked for where they are made.
    """
    every = {
        "data": data,
        "contamination": data,
        "policy": policy,
        "rollout": rollout,
        "verdict": verdict,
        "train": train,
        "evaluate": evaluate,
    }
    return {stage: count for stage, count in every.items() if count}


AGAIN = counts(
    policy=2, rollout=4, verdict=2, train=3, evaluate=1
)  # training, from the first rollouts and verdicts that are there
SAMPLED = counts(policy=2, rollout=6, verdict=3, train=3, evaluate=1)
EVERYTHING = counts(data=1, policy=3, rollout=6, verdict=3, train=3, evaluate=2)
#: (settings, commits, what the plan says of the cause)
CHANGES: list[tuple[tuple[str, ...], dict[str, int], str]] = [
    ((), {}, "nothing to do"),
    (("schedule.nightly_eval=0 2 * * *", "schedule.timezone=Europe/Zurich"), {}, "nothing to do"),
    (("checkpoint.every=1", "checkpoint.keep=1"), {}, "nothing to do"),
    (("placement.threads=2", "placement.ranks=2"), {}, "nothing to do"),
    (("train.token_budget=4096", "train.zero_stage=2", "train.gradient_checkpointing=true"), {}, "nothing to do"),
    (("evaluate.ks=[2]",), {}, "nothing to do"),
    (("evaluate.samples=4",), counts(evaluate=2), "    evaluate.samples: 2 -> 4   (against run caching/"),
    (("evaluate.temperature=0.8",), counts(evaluate=2), "    evaluate.temperature: 1.0 -> 0.8   (against"),
    (
        ("evaluate.every=1",),
        counts(evaluate=1),
        "    new: evaluate.every: 0 -> 1\n",
    ),  # after 2; weights after 1 were not kept
    (
        ("train.iterations=4",),
        counts(policy=1, rollout=2, verdict=1, train=1, evaluate=1),
        "    new: train.iterations: 3 -> 4\n",
    ),
    (("train.learning_rate=2e-4",), AGAIN, "    train.learning_rate: 0.0001 -> 0.0002   (against"),
    (("advantage.alpha=0.5",), AGAIN, "    advantage.alpha: 1.0 -> 0.5   (against"),
    (("objective.clip_high=0.3",), AGAIN, "    objective.clip_high: 0.28 -> 0.3   (against"),
    (("rollout.temperature=0.9",), SAMPLED, "    rollout.temperature: 1.0 -> 0.9   (against"),
    (
        ("reward.truncated=mask",),
        counts(policy=2, rollout=4, verdict=3, train=3, evaluate=1),
        '    reward.truncated: "judge" -> "mask"   (against',
    ),
    (
        ("warm_start.steps=61",),
        EVERYTHING | {"data": 0, "contamination": 0},
        "    warm_start.steps: 60 -> 61   (against",
    ),
    (("seed=3",), EVERYTHING | {"data": 0, "contamination": 0}, "    seed: 17 -> 3   (against"),
    (("data.heldout=5",), EVERYTHING, "    data.heldout: 4 -> 5   (against"),
    (
        ("policy.architecture.layers=1",),
        EVERYTHING | {"data": 0, "contamination": 0},
        "    policy.architecture.layers: 2 -> 1   (against",
    ),
]
NAMES = [", ".join(row[0]) or "nothing changed" for row in CHANGES]


@pytest.mark.parametrize(("overrides", "expected", "said"), CHANGES, ids=NAMES)
def test_the_plan_says_what_a_change_runs_again_and_why(
    overrides: tuple[str, ...], expected: dict[str, int], said: str, finished: Path
) -> None:
    before = commits(finished)
    text = plan(load(finished, *overrides), Store(finished.as_uri()))
    assert will_commit(foreseen(finished, *overrides)) == {stage: count for stage, count in expected.items() if count}
    assert said in text
    assert text.count(said.strip()) == 1 or said == "    seed: 17 -> 3   (against" or "rollout.temperature" in said, (
        "the cause stands once"
    )
    assert commits(finished) == before


#: Rows that are run; a new start takes its time.
RUN = [
    pytest.param(*row[:2], id=name, marks=pytest.mark.slow() if "policy" in row[1] and row[1]["policy"] == 3 else ())
    for row, name in zip(CHANGES, NAMES, strict=True)
    if name
    not in (
        "checkpoint.every=1, checkpoint.keep=1",
        "placement.threads=2, placement.ranks=2",
        "evaluate.temperature=0.8",
        "policy.architecture.layers=1",
    )
]


@pytest.mark.parametrize(("overrides", "expected"), RUN)
def test_a_change_really_runs_that_again_and_no_more(
    overrides: tuple[str, ...], expected: dict[str, int], copy: Path, engines: Engines
) -> None:
    before = commits(copy)
    train(engines, copy, *overrides)
    after = commits(copy)
    assert dict(Counter(name.partition("/")[0] for name in after.items() - before.items() for name in name[:1])) == {
        k: n for k, n in expected.items() if n
    }
    assert before.items() <= after.items(), "what was there is there, unchanged"
    assert foreseen(copy, *overrides).idle, "and now there is nothing to do"


def test_another_store_runs_everything_and_the_plan_says_so(tmp_path: Path) -> None:
    text = plan(load(tmp_path / "empty"), Store((tmp_path / "empty").as_uri()))
    assert "this store has no run of the name caching: everything runs" in text
    assert will_commit(foreseen(tmp_path / "empty")) == EVERYTHING
    assert [path for path in (tmp_path / "empty").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(("name", "first"), RAISED.items())
def test_the_plan_names_a_version_that_was_raised(
    name: str, first: str, finished: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = VERSIONS[name]
    monkeypatch.setitem(VERSIONS, name, now + 1)  # type: ignore[arg-type]
    text = plan(load(finished), Store(finished.as_uri())).splitlines()
    at = next(i for i, line in enumerate(text) if line.startswith(f"{first} "))
    assert text[at + 1].startswith(f"    version of the stage: {now} -> {now + 1}   (against run caching/")
    assert sum("version of the stage" in line for line in text) == 1
    assert {stage for stage, nodes in foreseen(finished).running.items() if nodes} - {"evaluate"} >= reached(
        first, warm=True
    )


# -- damage
# ----------------------------------------------------------------------------------------------------------------------


def missing(path: Path) -> None:
    path.unlink()


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def payloads(store: Path) -> dict[str, Path]:
    """Stage -> a payload file of one of its steps."""
    experiment = Experiment(load(store).spec)
    steps: dict[str, tuple[str, str, str]] = {
        "data": ("data", experiment.data.key, "train.parquet"),
        "start": ("policy", experiment.lineage(0), "model.safetensors"),
        "rollout": ("rollout", experiment.rollouts(1)[0].key, "rollouts.parquet"),
        "reward": ("verdict", experiment.reward(1).key, "verdicts.parquet"),
        "train": ("train", experiment.train(1).key, "responses.parquet"),
        "checkpoint": ("policy", experiment.lineage(2), "model.safetensors"),
        "evaluate": ("evaluate", experiment.evaluation(3, "heldout").key, "samples.parquet"),
    }
    found = {}
    for name, (stage, key, file) in steps.items():
        manifest = Store(store.as_uri()).find(stage, key)
        assert manifest is not None
        found[name] = store / "steps" / stage / key / manifest.folder / file
    return found


@pytest.fixture
def damaged(stage: str, damage: Callable[[Path], Any], copy: Path) -> str:
    """Damage a payload file of the stage in the copy; return its name."""
    payload = payloads(copy)[stage]
    damage(payload)
    return str(payload.relative_to(copy))


@pytest.mark.parametrize("damage", [missing, truncated, altered])
@pytest.mark.parametrize("stage", ["data", "reward", "rollout", "train", "evaluate"])
def test_a_damaged_step_is_made_again_with_a_warning_that_names_it(
    damaged: str, copy: Path, finished: Path, engines: Engines, caplog: pytest.LogCaptureFixture
) -> None:
    assert warned(engines, copy, caplog) == [damaged]
    assert digests(copy) == digests(finished)


COLD = [(stage, damage) for stage in ("start", "checkpoint") for damage in (missing, truncated, altered)]


# Each starts engines that hold nothing: what they hold is not read from the store. What is missing goes the way of
# what is truncated.
@pytest.mark.parametrize(
    ("stage", "damage"),
    [pytest.param(*row, marks=pytest.mark.slow() if row[1] is altered else pytest.mark.proof()) for row in COLD],
)
def test_damaged_weights_are_made_again_once_they_are_needed(
    stage: str, damaged: str, copy: Path, finished: Path, engines: Engines, caplog: pytest.LogCaptureFixture
) -> None:
    experiment = Experiment(load(copy).spec)
    # The last iteration is lost too, or the first evaluation: altered weights are not read before something takes them.
    lost = (
        [experiment.evaluation(0, "heldout")] if stage == "start" else [experiment.rollouts(2)[0], experiment.train(2)]
    )
    for step in lost:
        Store(copy.as_uri()).drop(step.stage, step.key)
    shutil.rmtree(copy / "samples")  # of which an evaluation is made without any weights
    engines.trainer.stop()  # stopped, not closed: both start again once they are asked
    engines.rollout.stop()
    assert warned(engines, copy, caplog) == [damaged]
    # An older checkpoint is had again by replay; whether it is saved again is the retention's affair.
    older = f"policy/{experiment.lineage(2)}"
    assert digests(copy) | {older: ""} == digests(finished) | {older: ""}


def warned(engines: Engines, store: Path, caplog: pytest.LogCaptureFixture) -> list[str]:
    """A run; the payload files that its warnings name, each once."""
    with caplog.at_level(logging.WARNING, "armature"):
        train(engines, store)
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    return sorted({match for line in said for match in re.findall(r"steps/\w+/\w+/data-\w+/[\w.]+", line)})
