"""Times a whole iteration against TRL's GRPOTrainer: the same model, prompts, numbers of samples and tokens.

    python -m tests.benchmarks.trl_iteration MODEL [--dtype float32] [--shape 4x8x64] [--pairs 5] [--environment FOLDER]

MODEL: a folder in Hugging Face format (tests/models/smollm2.py makes SmolLM2-135M). FOLDER gets a virtual environment
with TRL if it has none. Shape: prompts x samples x tokens of each response, which never ends before. Both train every
weight by one AdamW step an iteration, on two threads. Ours samples with vLLM and its iteration is rollout, training and
the hand-over of the new weights; TRL's samples with transformers' generate, since colocated vLLM fails in TRL on a CPU.
A pair is one iteration of each; the ratio is TRL's seconds to ours, the first pair is not counted.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from transformers import AutoTokenizer

from infra.paths import HOME
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient
from tasks.rollout.protocol import PromptGroup, Sampling
from tests.benchmarks.adapter import ADAMW, PROMPTS, group_batch_of
from tests.benchmarks.trl_differential import TRL, environment
from tests.tasks.train.tools import OPTIONS, SPEC, changed

RESULTS = Path(__file__).parent / "results" / "trl_iteration.json"
THREADS = 2


class Ours:
    """Ranks and a vLLM that take iterations in turn, as a run does."""

    def __init__(self, model: Path, folder: Path, dtype: str, samples: int, tokens: int) -> None:
        self.model, self.folder = model, folder
        tokenizer = AutoTokenizer.from_pretrained(model)
        self.prompts = [tuple(tokenizer(text)["input_ids"]) for text in PROMPTS]
        self.samples, self.sampling = samples, Sampling(temperature=1.0, max_tokens=tokens, stop_token_ids=())
        self.settings = changed(SPEC, learning_rate=1e-6, token_budget=8192)
        self.trainer = TrainerClient(replace(OPTIONS, dtype=dtype, threads=THREADS), folder / "trainer.log")
        options = {"max_model_len": 512, "dtype": dtype, "tensor_parallel_size": 1, "kv_cache_gib": 1.0}
        self.engine = RolloutClient(
            "vllm", options, threads=THREADS, devices=None, log=folder / "vllm.log", deadline_s=3600
        )
        self.trainer.load("policy 0", model, None, ADAMW)
        self.engine.load("policy 0", model)
        self.number = 0

    def iteration(self) -> dict[str, float]:
        """Run one iteration; return the seconds of its phases."""
        marks = [time.perf_counter()]
        groups = [
            PromptGroup(ids, tuple(10_000 * self.number + 100 * g + s for s in range(self.samples)))
            for g, ids in enumerate(self.prompts)
        ]
        done = self.engine.generate(groups, self.sampling)
        marks.append(time.perf_counter())
        batch = group_batch_of(self.prompts, done, [float(s % 2) for s in range(self.samples)])
        self.number += 1
        self.trainer.train(f"policy {self.number}", batch, self.settings, self.number)
        marks.append(time.perf_counter())
        folder = self.folder / f"policy-{self.number % 2}"
        self.trainer.save(folder, optimizer=False)
        (folder / "config.json").write_bytes((self.model / "config.json").read_bytes())
        self.engine.load(f"policy {self.number}", folder)
        marks.append(time.perf_counter())
        names = ("rollout", "train", "hand_over")
        seconds = {name: end - start for name, start, end in zip(names, marks, marks[1:], strict=True)}
        return {**seconds, "iteration": marks[-1] - marks[0]}

    def close(self) -> None:
        """End the processes."""
        self.trainer.close()
        self.engine.close()


def measured(model: Path, dtype: str, shape: tuple[int, int, int], pairs: int, python: Path) -> dict[str, Any]:
    """Return both sides' seconds of `pairs` iterations and the ratio of each pair."""
    prompts, samples, tokens = shape
    if prompts != len(PROMPTS):
        raise SystemExit(f"--shape: {len(PROMPTS)} prompts are there, not {prompts}")
    asked = {
        "model": str(model.resolve()),
        "prompts": PROMPTS,
        "samples": samples,
        "tokens": tokens,
        "dtype": dtype,
        "steps": pairs + 1,
    }
    variables = {
        **os.environ,
        "OMP_NUM_THREADS": str(THREADS),
        "HF_HUB_OFFLINE": "1",
        "PYTHONPATH": "",
        "PYTHONWARNINGS": "ignore",
        "TRL_EXPERIMENTAL_SILENCE": "1",
    }
    side = subprocess.Popen(
        [python, Path(__file__).with_name("trl_iteration_side.py"), json.dumps(asked)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=variables,
    )
    assert side.stdin is not None and side.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        ours = Ours(model, Path(folder), dtype, samples, tokens)
        rows: list[dict[str, float]] = []
        theirs: list[float] = []
        try:
            for pair in range(pairs + 1):
                rows.append(ours.iteration())
                side.stdin.write("step\n")
                side.stdin.flush()
                theirs.append(float(side.stdout.readline()))
                print(f"pair {pair}: TRL {theirs[-1]:.1f} s, ours {json.dumps(rows[-1])}", file=sys.stderr, flush=True)
        finally:
            ours.close()
            side.kill()
    rows, theirs = rows[1:], theirs[1:]
    ratios = [trl / row["iteration"] for trl, row in zip(theirs, rows, strict=True)]
    return {
        "ratio": statistics.median(ratios),
        "ratios": ratios,
        "trl_s": statistics.median(theirs),
        "ours_s": {name: statistics.median(row[name] for row in rows) for name in rows[0]},
    }


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--dtype", default="float32")
    parser.add_argument("--shape", default="4x8x64")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--environment", type=Path, default=HOME / f"trl-{TRL}")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    prompts, samples, tokens = map(int, options.shape.split("x"))
    python = environment(options.environment)
    found = measured(options.model, options.dtype, (prompts, samples, tokens), options.pairs, python)
    known = json.loads(options.results.read_text()) if options.results.exists() else {}
    known[f"{options.shape}, {options.dtype}"] = {"trl": TRL, "cores": os.cpu_count(), **found}
    options.results.write_text(json.dumps(known, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
