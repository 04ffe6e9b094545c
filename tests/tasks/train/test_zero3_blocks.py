"""Under ZeRO-3 the output head is gathered once in a pass, however many blocks of logits a rank makes of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM, LlamaConfig

ROOT = Path(__file__).parents[3]
VOCABULARY = 112
RANK = """
import faulthandler, os, sys
from pathlib import Path
faulthandler.dump_traceback_later(500, exit=True)
import deepspeed, torch
deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
torch.set_num_threads(1)
deepspeed.init_distributed(dist_backend="gloo")
import torch.distributed as dist
from tasks.train import forward
from tasks.train.batch import GroupBatch, rank_micro_batches
from tasks.train.deepspeed_engine import TrainingEngine
from tasks.train.layout import Row
from tasks.train.settings import AdamWSettings, OptimizerOptions
forward.LOGITS_BLOCK = int(sys.argv[2]) * 112
options = OptimizerOptions(AdamWSettings((0.9, 0.999), 1e-8, 0.0, 1e9), 3, False, False)
engine = TrainingEngine(Path(sys.argv[1]), None, "float32", options)
gather, gathers = deepspeed.comm.allgather_fn, []
def counted(*arguments, **named):
    gathers.append(1)
    return gather(*arguments, **named)
deepspeed.comm.allgather_fn = counted
responses, log_probs = [[[7] * 10], [[8] * 90]], [[[0.0] * 10], [[0.0] * 90]]
batch = GroupBatch(["a", "b"], [[2, 5, 6, 4]] * 2, [[1, 2]] * 2, responses, log_probs, [[1.0], [1.0]])
shares = [[[Row(0, (0,), 14)]], [[Row(1, (0,), 94)]]]  # 10 response tokens on one rank, 90 on the other
(micro,) = rank_micro_batches(shares, dist.get_rank(), batch)
assert engine.accumulate([lambda: -engine.forward(**micro.inputs(engine.device)).log_probs.sum() / 100]) == []
count = len(gathers)
norm = engine.apply(1e-3)
if dist.get_rank() == 0:
    print("found", repr(norm), count, flush=True)
dist.barrier()
os._exit(0)  # gloo may abort at an orderly exit
"""


@pytest.mark.slow
def test_ranks_with_unequal_predictions_gather_the_head_once(tmp_path: Path) -> None:
    # Wide enough that ZeRO-3 really partitions the head (below 1e5 elements it keeps a parameter whole).
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=1024,
        num_hidden_layers=1,
        num_attention_heads=8,
        intermediate_size=64,
        max_position_embeddings=128,
    )
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(tmp_path / "model")
    (tmp_path / "rank.py").write_text(RANK)
    norms, gathers = [], []
    for block in (1000, 20):  # one block for everyone; five for the longer rank
        command = [
            sys.executable,
            "-m",
            "torch.distributed.run",
            "--standalone",
            "--nproc-per-node",
            "2",
            str(tmp_path / "rank.py"),
        ]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "DS_ACCELERATOR": "cpu", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [*command, str(tmp_path / "model"), str(block)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=550,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        [line] = [line for line in done.stdout.splitlines() if line.startswith("found")]
        norms.append(float(line.split()[1]))
        gathers.append(int(line.split()[2]))
    assert norms[1] == pytest.approx(norms[0], rel=1e-6)
    assert gathers[1] == gathers[0] > 0
