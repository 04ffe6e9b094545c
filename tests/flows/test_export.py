"""Exports: whole or not there, one line where they cannot be; and a real vLLM that loads one by itself."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.errors import StoreError
from infra.store import Manifest, Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.checkpoint.weights import policy_step
from tasks.run.export import export_policy
from tests.flows.runs import NAME, Finished

RUN = "small/01234567"
LINEAGES = [digit * 64 for digit in "abc"]
FILES = {
    "model.safetensors": b"weights",
    "config.json": b"{}",
    "tokenizer.json": b"{}",
    "optimizer.safetensors": b"moments",
}


@pytest.fixture()
def store(tmp_path: Path) -> Store:
    """A run of two iterations as an export sees it: weights after 0 and 2."""
    store = Store((tmp_path / "store").as_uri())
    store.files.write(
        f"runs/{RUN}/run.json",
        json.dumps({"run": RUN, "state": "running", "iterations": 2, "lineages": LINEAGES}).encode(),
    )
    for iteration in (0, 2):
        store.commit(policy_step(LINEAGES[iteration]), FILES, kind="weights")
    return store


def newest(store: Store) -> Manifest:
    manifest = store.find("policy", LINEAGES[2])
    assert manifest is not None
    return manifest


def payload(store: Store, file: str) -> str:
    return f"steps/policy/{LINEAGES[2]}/{newest(store).folder}/{file}"


def refused(store: Store, folder: Path, iteration: int | None = None) -> str:
    with pytest.raises(StoreError) as caught:
        export_policy(store, "small", folder, iteration)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_export_has_the_newest_weights_and_no_optimizer(store: Store, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for folder in (tmp_path / "empty", tmp_path / "new" / "model"):
        assert "after 2 iterations" in export_policy(store, "small", folder, None)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            n: b for n, b in FILES.items() if not n.startswith("optimizer")
        }
        assert not list(folder.parent.glob(".*")), "nothing beside it"


def test_what_cannot_be_exported_is_one_line_and_leaves_nothing(store: Store, tmp_path: Path) -> None:
    out = tmp_path / "out"
    line = refused(store, out, 1)
    assert "weights after iterations 0, 2, not after 1" in line
    assert "not after 7" in refused(store, out, 7)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    assert "something in it" in refused(store, tmp_path / "full")
    assert "something in it" in refused(store, tmp_path / "full" / "notes.txt")
    assert "cannot be written" in refused(store, tmp_path / "full" / "notes.txt" / "model")
    store.files.write(payload(store, "model.safetensors"), b"Weights")
    line = refused(store, out)
    assert "model.safetensors" in line and "sha256" in line and "nothing was exported" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "store"]


def test_weights_that_a_run_drops_while_they_are_exported(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = store.fetch

    def drops(manifest: Manifest, folder: Path, but: str | None = None) -> None:
        store.drop("policy", LINEAGES[2])
        whole(manifest, folder, but)

    monkeypatch.setattr(store, "fetch", drops)
    line = refused(store, tmp_path / "out")
    assert "not there any more" in line and "checkpoint.keep" in line and "export again" in line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store"]


@pytest.mark.slow
@pytest.mark.turn
def test_a_killed_export_leaves_no_folder_and_the_next_one_tidies_up(store: Store, tmp_path: Path) -> None:
    """Killed in the middle of a file."""
    program = f"""
import pathlib, time
from tasks.run.export import export_policy
from infra import store as stores
def fetch(manifest, folder, but=None):
    (folder / "model.safetensors").write_bytes(b"half")
    print("in the middle", flush=True)
    time.sleep(600)
opened = stores.Store({store.uri!r})
opened.fetch = fetch
export_policy(opened, "small", pathlib.Path({str(tmp_path / "out")!r}), None)
"""
    process = subprocess.Popen([sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "in the middle\n"
    process.send_signal(signal.SIGKILL)
    process.wait()
    left, lock = sorted(path.name for path in tmp_path.iterdir() if path.name != "store")
    assert left.startswith(f".out.partial-{process.pid}-") and lock == f"{left}.lock"
    export_policy(store, "small", tmp_path / "out", None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "store"]


_VLLM = """
import json, os, sys
os.environ.update(VLLM_ENABLE_V1_MULTIPROCESSING="0", VLLM_NO_USAGE_STATS="1", VLLM_LOGGING_LEVEL="WARNING")
import torch, vllm
torch._dynamo.config.disable = True  # else 20 s of g++
folder, request = sys.argv[1], json.loads(sys.argv[2])
llm = vllm.LLM(
    model=folder, dtype="float32", max_model_len=96, enforce_eager=True, block_size=32, kv_cache_memory_bytes=2**27
)
parameters = vllm.SamplingParams(temperature=0.0, max_tokens=1, prompt_logprobs=0)
outputs = llm.generate([{"prompt_token_ids": ids} for ids in request["ids"]], parameters, use_tqdm=False)
def logprobs(output):
    return [at[token].logprob for token, at in list(zip(output.prompt_token_ids, output.prompt_logprobs))[1:]]

print("RESULT" + json.dumps({
    "logprobs": [logprobs(output) for output in outputs],
    "text": llm.get_tokenizer().decode(request["ids"][0]),
}))
"""


@pytest.mark.vllm()
@pytest.mark.slow()
@pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed (extra `cpu`)")
@pytest.mark.turn
def test_vllm_loads_an_export_by_itself_and_agrees_with_transformers(
    finished: Finished, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from tests.flows.test_run import _rows, record

    folder = tmp_path / "model"
    export_policy(finished.store, NAME, folder, None)
    step = finished.store.find("train", record(finished.store)["lineages"][3])
    assert step is not None
    ids = [
        [*row["prompt_ids"], *row["response_ids"]]
        for row in _rows(finished.store, "rollout", step.inputs["rollouts"][0])[:6]
    ]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", _VLLM, str(folder), json.dumps({"ids": ids})],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )
    lines = [line.removeprefix("RESULT") for line in done.stdout.splitlines() if line.startswith("RESULT")]
    assert done.returncode == 0 and len(lines) == 1, done.stdout[-2000:] + done.stderr[-4000:]
    answer = json.loads(lines[0])

    model, tokenizer = (
        AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32),
        AutoTokenizer.from_pretrained(folder),
    )
    assert answer["text"] == tokenizer.decode(ids[0])
    away = 0.0
    for row, given in zip(ids, answer["logprobs"], strict=True):
        with torch.inference_mode():
            log_probs = (
                model(torch.tensor([row])).logits.log_softmax(-1)[0, :-1].gather(-1, torch.tensor(row)[1:, None])[:, 0]
            )
        assert len(given) == len(row) - 1 and log_probs.min() < -0.1
        away = max(away, float((torch.tensor(given) - log_probs).abs().max()))
    record_property("nats between vLLM and transformers, at most", away)
    assert away < 5e-4
