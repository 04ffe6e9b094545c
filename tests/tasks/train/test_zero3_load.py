"""Under ZeRO-3 a rank loads its share: it never holds the whole model, and what it computes is what it always was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from tests.tasks.train.tools import llama

ROOT = Path(__file__).parents[3]
BEGIN = """
import faulthandler, json, os, sys
from pathlib import Path
faulthandler.dump_traceback_later(500, exit=True)
import deepspeed, torch
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
torch.set_num_threads(1)
torch.use_deterministic_algorithms(True)
deepspeed.init_distributed(dist_backend="gloo")
import torch.distributed as dist
weights = Path(sys.argv[1])
def leave(**found):
    if dist.get_rank() == 0:
        print(json.dumps(found), flush=True)
    dist.barrier()
    os._exit(0)  # gloo may abort at an orderly exit
"""
MEMORY = """
import threading, time
from tasks.train.reference import ReferencePolicy
def held():  # memory of this process alone: pages of a mapped file are not counted
    [line] = [line for line in open("/proc/self/status") if line.startswith("RssAnon:")]
    return int(line.split()[1]) * 1024
def watch():
    while True:
        peak[0] = max(peak[0], held())
        time.sleep(0.002)
first, peak = held(), [0]
threading.Thread(target=watch, daemon=True).start()
reference = ReferencePolicy(weights, None, torch.bfloat16, torch.device("cpu"))
most = [None] * dist.get_world_size()
dist.all_gather_object(most, peak[0] - first)
leave(peak=max(most))
"""
STEP = """
from transformers import AutoModelForCausalLM
from tasks.train import deepspeed_engine
from tasks.train.batch import GroupBatch, rank_micro_batches
from tasks.train.layout import Row
from tasks.train.settings import AdamWSettings, OptimizerOptions
def whole(weights, adapter, dtype, ranks, stage):
    return AutoModelForCausalLM.from_pretrained(weights, dtype=dtype, attn_implementation="sdpa")
def digest(load):
    deepspeed_engine.language_model = load
    options = OptimizerOptions(AdamWSettings((0.9, 0.999), 1e-8, 0.0, 1e9), 3, False, False)
    engine = deepspeed_engine.TrainingEngine(weights, None, sys.argv[2], options)
    responses, log_probs = [[[7] * 5], [[8] * 9]], [[[0.0] * 5], [[0.0] * 9]]
    batch = GroupBatch(["a", "b"], [[2, 5, 6, 4]] * 2, [[1, 2]] * 2, responses, log_probs, [[1.0], [1.0]])
    (micro,) = rank_micro_batches([[[Row(0, (0,), 9)]], [[Row(1, (0,), 13)]]], dist.get_rank(), batch)
    engine.accumulate([lambda: -engine.forward(**micro.inputs(engine.device)).log_probs.sum() / 14])
    norm = engine.apply(1e-2)
    buffers = {n: (str(b.dtype), b.double().sum().item()) for n, b in engine._engine.module.named_buffers()}
    parameters = {n: engine._full(p, None).double().sum().item() for n, p in engine._named_parameters()}
    return [norm, buffers, parameters]
shared = digest(deepspeed_engine.language_model)
leave(shared=shared, whole=digest(whole))
"""


def on_two_ranks(program: str, folder: Path, *arguments: str) -> Any:
    (folder / "rank.py").write_text(BEGIN + program)
    done = subprocess.run(
        [sys.executable, *["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"], folder / "rank.py"]
        + [str(each) for each in arguments],
        # Large blocks go back to the system when they are freed, so that what is measured is what is held.
        env={**os.environ, "PYTHONPATH": str(ROOT), "DS_ACCELERATOR": "cpu", "MALLOC_MMAP_THRESHOLD_": "65536"},
        capture_output=True,
        text=True,
        timeout=550,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))


@pytest.mark.slow
def test_no_rank_holds_the_whole_model(tmp_path: Path) -> None:
    config = LlamaConfig(
        vocab_size=4096,
        hidden_size=1024,
        num_hidden_layers=6,
        num_attention_heads=8,
        intermediate_size=2816,
        max_position_embeddings=128,
    )
    model = AutoModelForCausalLM.from_config(config).to(torch.bfloat16)
    model.save_pretrained(tmp_path / "model")
    size = sum(parameter.nbytes for parameter in model.parameters())
    peak = on_two_ranks(MEMORY, tmp_path, str(tmp_path / "model"))["peak"]
    assert size > 150e6
    assert peak < 0.95 * size, "half of it is the rank's share; the rest is a layer, and what DeepSpeed allocates"


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_a_step_has_the_bits_that_it_has_after_loading_the_whole_model(dtype: str, tmp_path: Path) -> None:
    llama(seed=3).save_pretrained(tmp_path / "model")
    found = on_two_ranks(STEP, tmp_path, str(tmp_path / "model"), dtype)
    assert found["shared"] == found["whole"]
