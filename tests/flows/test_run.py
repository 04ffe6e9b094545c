"""Training runs end to end as real processes: what the store has is not made again; a killed run ends with the same."""

from __future__ import annotations

import json
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.paths import SCRATCH
from infra.store import Manifest, Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks import table
from tests.flows.runs import (
    NAME,
    TINY,
    Finished,
    Run,
    Server,
    clean_environment,
    command,
    kill_tree,
    settings,
    status_of,
    tree,
)

SPEC = "specs/quickstart.yaml"
OVERRIDES = settings(*TINY, f"name={NAME}", "advantage.alpha=0")
ALONE = [*OVERRIDES, *settings("control=null")]


@pytest.fixture()
def front_door(capsys: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """The command line in this process, for what starts no flow. It sets up logging; that is undone."""
    logger = logging.getLogger("armature")
    before = (logger.handlers[:], logger.level, logger.propagate)

    def call(*arguments: str) -> str:
        assert status_of(*arguments) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    yield call
    logger.handlers[:], logger.level, logger.propagate = before


def records(store: Store) -> dict[str, dict[str, Any]]:
    """Run name -> run.json."""
    names = [f"{name}/{each}" for name in store.files.list("runs") for each in store.files.list(f"runs/{name}")]
    return {name: json.loads(store.files.read(f"runs/{name}/run.json")) for name in names}


def record(store: Store, name: str = NAME) -> dict[str, Any]:
    (found,) = [value for key, value in records(store).items() if key.startswith(f"{name}/")]
    return found


def manifests(store: Store) -> dict[str, Manifest]:
    """stage/key -> manifest, of every committed step."""
    found = {}
    for stage in store.files.list("steps"):
        for key in store.files.list(f"steps/{stage}"):
            if (manifest := store.find(stage, key)) is not None:
                found[f"{stage}/{key}"] = manifest
    return found


def digests(store: Store) -> dict[str, str]:
    return {name: manifest.sha256 for name, manifest in manifests(store).items()}


def policy(store: Store, lineage: str) -> Manifest:
    manifest = store.find("policy", lineage)
    assert manifest is not None
    return manifest


def ended_well(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    return done.stdout


# -- one run
# ---------------------------------------------------------------------------------------------------------------


def test_a_run_prints_a_table_and_its_report(finished: Finished) -> None:
    lines = finished.output.splitlines()
    for name in ("quickstart-grpo", NAME):
        assert [line.split("iteration ")[1].split()[0] for line in lines if line.startswith(f"{name}  iteration")] == [
            "1/3",
            "2/3",
            "3/3",
        ]
    header = next(i for i, line in enumerate(lines) if line.split() == ["start", "GRPO", "ARM"])
    assert lines[header + 2].startswith("Pass@1") and lines[header + 3].startswith("Pass@4")
    uri = next(line for line in lines if line.startswith("report: ")).removeprefix("report: ")
    report = Path(uri.removeprefix("file://"))
    assert report.read_text().lstrip().lower().startswith("<!doctype html") and uri.startswith(finished.store.uri)


def test_a_run_did_learn_something(finished: Finished) -> None:
    """What follows compares bytes: they must not be equal because nothing happened."""
    lineages = record(finished.store)["lineages"]
    first, last = policy(finished.store, lineages[0]), policy(finished.store, lineages[-1])
    assert first.files["model.safetensors"].sha256 != last.files["model.safetensors"].sha256
    rows = [
        json.loads(line)
        for line in finished.store.files.read(f"runs/{record(finished.store)['run']}/metrics.jsonl").splitlines()
    ]
    assert len(rows) == 3 and all(0 < row["reward_mean"] < 1 for row in rows)
    step = finished.store.find("train", lineages[1])
    assert step is not None
    advantages = [row["advantage"] for row in table.from_bytes(finished.store.read(step, "responses.parquet"))]
    assert max(advantages) > 0 > min(advantages)


def test_nothing_is_left_of_a_run(finished: Finished) -> None:
    left = [
        p for p in psutil.process_iter(["cmdline", "environ"]) if any(NAME in word for word in p.info["cmdline"] or [])
    ]
    assert left == []
    assert [folder for folder in SCRATCH.iterdir() if not Path(f"/proc/{folder.name.partition('-')[0]}").exists()] == []


def test_nothing_of_ours_is_left_in_tmpdir(finished: Finished) -> None:
    left = [path.name for path in finished.temporary.iterdir()]
    assert not [name for name in left if name.startswith(("torchelastic_", "armature-"))], left


def test_arm_with_alpha_0_is_grpo_bit_by_bit(finished: Finished) -> None:
    store = finished.store
    arm, grpo = record(store)["lineages"], record(store, "quickstart-grpo")["lineages"]
    assert arm[0] == grpo[0] and not set(arm[1:]) & set(grpo[1:]), "one warm start, two lineages"
    for mine, control in zip(arm[1:], grpo[1:], strict=True):
        steps = [store.find("train", lineage) for lineage in (mine, control)]
        assert steps[0] is not None and steps[1] is not None
        assert steps[0].result == steps[1].result
        assert steps[0].files["responses.parquet"] == steps[1].files["responses.parquet"]
        texts = [
            [[row | {"lineage": None} for row in _rows(store, "rollout", key)] for key in step.inputs["rollouts"]]
            for step in steps
            if step is not None
        ]
        assert texts[0] == texts[1]
    assert policy(store, arm[-1]).files == policy(store, grpo[-1]).files


def _rows(store: Store, stage: str, key: str) -> list[dict[str, Any]]:
    manifest = store.find(stage, key)
    assert manifest is not None
    return table.from_bytes(store.read(manifest, "rollouts.parquet"))


# -- what the store has
# ------------------------------------------------------------------------------------------------------


def test_the_plan_before_and_after(finished: Finished, front_door: Any, tmp_path: Path) -> None:
    def stages(text: str) -> dict[str, list[str]]:
        rows = [line.split() for line in text.splitlines()]
        return {
            row[0]: row[1:4]
            for row in rows
            if row and row[0] in ("data", "start", "rollout", "reward", "train", "evaluate") and len(row) >= 4
        }

    empty = front_door(SPEC, *ALONE, *settings(f"store={(tmp_path / 'empty').as_uri()}"), "--plan")
    expected = {"data": 1, "start": 1, "rollout": 6, "reward": 3, "train": 3, "evaluate": 2}
    assert stages(empty) == {stage: [str(count), "0", str(count)] for stage, count in expected.items()}
    assert "first to run: data" in empty and list((tmp_path / "empty").rglob("*")) == []
    full = front_door(SPEC, *ALONE, *settings(f"store={finished.store.uri}"), "--plan")
    assert stages(full) == {stage: [str(count), str(count), "0"] for stage, count in expected.items()}
    assert "nothing to do: every step is in the store" in full
    changed = front_door(SPEC, *ALONE, *settings(f"store={finished.store.uri}", "train.learning_rate=2e-4"), "--plan")
    assert stages(changed) | {"evaluate": []} == {
        "data": ["1", "1", "0"],
        "start": ["1", "1", "0"],
        "rollout": ["6", "2", "4"],
        "reward": ["3", "1", "2"],
        "train": ["3", "0", "3"],
        "evaluate": [],
    }
    assert "train.learning_rate: 0.0001 -> 0.0002" in changed


def test_ls_and_status(finished: Finished, front_door: Any) -> None:
    listed = front_door("ls", "--store", finished.store.uri)
    assert sorted(line.split()[0] for line in listed.splitlines()) == sorted(records(finished.store))
    assert all(line.split()[1:] == ["finished", "3/3", "iterations"] for line in listed.splitlines())
    status = front_door("status", NAME, "--store", finished.store.uri)
    assert "3 of 3 iterations are in the store; the record says finished" in status
    assert "weights after iterations 0, 2, 3" in status and status.count("on heldout: Pass@1") == 2


def test_exported_weights_load_in_transformers(finished: Finished, front_door: Any, tmp_path: Path) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    out = front_door("export", NAME, str(tmp_path / "model"), "--store", finished.store.uri)
    lineage = record(finished.store)["lineages"][3]
    assert f"after 3 iterations (policy {lineage[:12]})" in out
    assert not list((tmp_path / "model").glob("optimizer*"))
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "model")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "model", dtype=torch.float32)
    (row, *_) = _rows(finished.store, "rollout", finished.store.find("train", lineage).inputs["rollouts"][0])
    ids = torch.tensor([[*row["prompt_ids"], *row["response_ids"]]])
    log_probs = model(ids).logits.log_softmax(-1)[0, :-1].gather(-1, ids[0, 1:, None])[:, 0]
    assert torch.isfinite(log_probs).all() and len(tokenizer) == model.config.vocab_size
    # That row was sampled from the policy one iteration earlier, so from nearly this one.
    start = len(row["prompt_ids"]) - 1
    assert (log_probs[start:] - torch.tensor(row["logprobs"])).abs().max() < 0.5


def test_a_second_run_has_nothing_to_do(finished: Finished, run: Run, tmp_path: Path) -> None:
    store = finished.copy(tmp_path / "store")
    before = digests(store)
    out = ended_well(run(SPEC, *OVERRIDES, *settings(f"store={store.uri}")))
    assert "nothing to do: all" in out and "warm start" not in out
    assert digests(store) == before
    name = record(store)["run"]
    assert store.files.read(f"runs/{name}/metrics.jsonl") == finished.store.files.read(f"runs/{name}/metrics.jsonl")


@pytest.mark.slow()
@pytest.mark.turn
def test_more_iterations_run_only_what_is_new(finished: Finished, run: Run, tmp_path: Path) -> None:
    store = finished.copy(tmp_path / "store")
    before = digests(store)
    out = ended_well(run(SPEC, *ALONE, *settings(f"store={store.uri}", "train.iterations=4")))
    after = digests(store)
    assert after | before == after, "what was there is there, unchanged"
    new = sorted(name.partition("/")[0] for name in set(after) - set(before))
    assert new == ["evaluate", "policy", "rollout", "rollout", "train", "verdict"]
    assert "iteration 4/4" in out and "iteration 3/4" not in out and "replaying" not in out
    assert record(store)["lineages"][:4] == record(finished.store)["lineages"]


@pytest.mark.slow()
@pytest.mark.turn
def test_what_was_lost_is_made_again_with_a_warning_and_the_same_bytes(
    finished: Finished, run: Run, tmp_path: Path
) -> None:
    store = finished.copy(tmp_path / "store")
    lineages = record(store)["lineages"]
    step = store.find("train", lineages[2])
    assert step is not None
    shard = store.find("rollout", step.inputs["rollouts"][1])
    assert shard is not None
    payload = f"steps/rollout/{shard.key}/{shard.folder}/rollouts.parquet"
    store.files.remove(payload)
    store.drop("train", lineages[3])
    store.drop("policy", lineages[3])
    out = ended_well(run(SPEC, *ALONE, *settings(f"store={store.uri}")))
    assert f"{payload} is missing; the step runs again" in out
    assert digests(store) == digests(finished.store)
    (summary,) = [line for line in out.splitlines() if "steps ran" in line]
    assert summary.startswith("3 steps ran"), "the shard, the training step, the checkpoint"


# -- kill it anywhere
# ----------------------------------------------------------------------------------------------------------


def start_and_wait_for(
    text: str, store: Path, environment: dict[str, str]
) -> tuple[subprocess.Popen[str], list[psutil.Process]]:
    """A run, and its processes at the moment when it printed `text`."""
    arguments = [SPEC, *ALONE, *settings(f"store={store.as_uri()}")]
    process = subprocess.Popen(
        command(arguments), cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return process, tree(process)
    kill_tree(process)
    raise AssertionError(seen)


@pytest.mark.slow()
@pytest.mark.turn
def test_a_run_killed_twice_ends_with_the_same_bytes(
    finished: Finished, run: Run, prefect_server: Server, tmp_path: Path
) -> None:
    folder = tmp_path / "store"
    # Once the whole tree, as a machine that goes down; once the flow alone, which its children must notice.
    process, _ = start_and_wait_for("evaluation after 0", folder, prefect_server.environment)
    kill_tree(process)
    assert len(record(Store(folder.as_uri()))["lineages"]) == 4
    process, family = start_and_wait_for("iteration 2/3", folder, clean_environment())
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=15)
    commands = [each.cmdline() for each in alive]
    for each in alive:
        each.kill()
    assert commands == [], "children outlived their flow"
    out = ended_well(run(SPEC, *ALONE, *settings(f"store={folder.as_uri()}")))
    assert "iteration 3/3" in out and "warm start" not in out
    store = Store(folder.as_uri())
    wanted = {name: digest for name, digest in digests(finished.store).items() if name in digests(store)}
    assert digests(store) == wanted and len(wanted) == len(manifests(store))
    name = record(store)["run"]
    lineages = record(store)["lineages"]
    assert lineages == record(finished.store)["lineages"] and store.find("train", lineages[3]) is not None
    assert policy(store, lineages[3]).files == policy(finished.store, lineages[3]).files
    assert store.files.read(f"runs/{name}/metrics.jsonl") == finished.store.files.read(f"runs/{name}/metrics.jsonl")
    assert [each for each in SCRATCH.iterdir() if not Path(f"/proc/{each.name.partition('-')[0]}").exists()] == []
