"""Real input: SmolLM2-135M on real GSM8K problems with vLLM, two iterations, audited."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.flows.runs import run_module, settings
from tests.models.smollm2 import LOCAL_GSM8K, LOCAL_MODEL

ROOT = Path(__file__).parents[2]
MODEL = ROOT / ".armature/models/SmolLM2-135M-Instruct"
GSM8K = ROOT / "../shared/data/math/gsm8k_train.jsonl"


@pytest.mark.slow
@pytest.mark.vllm
@pytest.mark.timeout(1500)
@pytest.mark.skipif(not GSM8K.exists(), reason="no ../shared/data/math/gsm8k_train.jsonl")
@pytest.mark.skipif(not MODEL.exists(), reason="no SmolLM2 weights: make smollm2")
@pytest.mark.turn
def test_two_iterations(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    # A quarter of the spec's responses: an optimizer pass over 160-token ones in float32 takes minutes on two cores.
    small = [
        *LOCAL_MODEL,
        *LOCAL_GSM8K,
        "train.iterations=2",
        "rollout.prompts=2",
        "rollout.shard_prompts=2",
        "train.minibatch_prompts=1",
        "evaluate.problems=2",
        f"store={tmp_path.as_uri()}",
    ]
    done = run_module("flows.arm_train", "specs/smollm2.yaml", *settings(*small), timeout=1400)
    assert done.returncode == 0, done.stderr[-2000:]
    (metrics,) = tmp_path.glob("runs/smollm2/*/metrics.jsonl")
    rows = [json.loads(line) for line in metrics.read_text().splitlines()]
    assert [row["iteration"] for row in rows] == [0, 1]
    for row in rows:
        assert abs(row["loss"]) < 10, "NaN fails this too"
        assert row["audit_mean"] < 1e-3, "engine and trainer in float32"
        assert row["audit_effective_share"] > 0.99
        assert row["responses"] == 16
        assert sum(row["verdicts"].values()) == 16
        assert row["not_judged_share"] == 0
    # The second iteration was sampled from new weights, not from the first ones: had the hand-over failed, the audit
    # would have shown it.
    assert rows[0]["learning_rate"] > 0
    record_property("audit_mean", [row["audit_mean"] for row in rows])
    record_property("reward_mean", [row["reward_mean"] for row in rows])
