"""Measures the peak of memory of real trainer ranks, and compares it with the memory model (specs/memory).

    python -m tests.benchmarks.memory_model

SmolLM2-135M by its config.json, with random weights, on the CPU, one thread a rank. How a rank is measured:
tests/benchmarks/memory_side.py. Writes tests/benchmarks/results/memory_model.json after each case; those that are in it
are not run again, so that a run that was stopped goes on. Prints a line for each at the end.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, PretrainedConfig

from specs.memory.activations import MicroBatch
from specs.memory.shapes import Shapes, shapes
from specs.memory.trainer import State, peak
from specs.paths import MODELS, REPOSITORY_ROOT

RESULTS = Path(__file__).parent / "results" / "memory_model.json"
MIB = 2**20
MMAP = str(MIB)  # bytes from which glibc gives a block its own mapping, which leaves when it is freed


@dataclass(frozen=True)
class Case:
    """One measurement: two micro-batches a rank, each of `token_budget` tokens in rows of a prompt and responses."""

    dtype: str = "float32"
    zero_stage: int = 0
    ranks: int = 1
    gradient_checkpointing: bool = False
    token_budget: int = 512
    prompt: int = 64
    responses: int = 1
    length: int = 448
    temperature: float = 1.0

    @property
    def row(self) -> int:
        """Return the tokens of a row."""
        return self.prompt + self.responses * self.length

    @property
    def rows(self) -> int:
        """Return the rows of all ranks."""
        return 2 * self.ranks * (self.token_budget // self.row)

    def predicted(self, model: Shapes) -> dict[str, int]:
        """Return the model's terms, bytes."""
        rows = self.token_budget // self.row
        predictions = rows * (self.row - 1 if self.responses == 1 else self.responses * self.length + self.prompt - 1)
        return peak(
            State(4 if self.dtype == "float32" else 2, self.ranks, self.zero_stage, False, None),
            model,
            MicroBatch(rows * self.row, self.row, predictions, self.responses > 1),
            checkpointed=self.gradient_checkpointing,
            temperature=self.temperature,
            entropy_gradient=False,
            device="cpu",
        )


#: What a rank loads and trains first (tests/benchmarks/memory_side.py).
TINY = LlamaConfig(
    vocab_size=64,
    hidden_size=32,
    intermediate_size=64,
    num_hidden_layers=1,
    num_attention_heads=2,
    num_key_value_heads=1,
    max_position_embeddings=512,
)
SHORT = {"token_budget": 64, "prompt": 16, "length": 48}  # bfloat16 is slow on a CPU without instructions for it
LONG = {"token_budget": 1088, "length": 1024}
CASES = [
    Case(),
    Case(zero_stage=2, ranks=2),
    Case(**SHORT, dtype="bfloat16", zero_stage=2, ranks=2),
    Case(**LONG, gradient_checkpointing=True),
    Case(**SHORT, dtype="bfloat16", zero_stage=1),
    Case(zero_stage=3, ranks=2),
    Case(**SHORT, dtype="bfloat16", zero_stage=3, ranks=2),
    Case(responses=4, length=112, temperature=0.6, zero_stage=1),
    Case(**LONG),
    Case(**SHORT, dtype="bfloat16", zero_stage=2),
    Case(zero_stage=3),
    Case(**SHORT, dtype="bfloat16", zero_stage=1, ranks=2),
]


def write_weights(config: PretrainedConfig, dtype: str, folder: Path) -> Path:
    """Write random weights of a model to `folder`, and return it."""
    AutoModelForCausalLM.from_config(config, dtype=getattr(torch, dtype)).save_pretrained(folder)
    return folder


def measured(case: Case, weights: Path) -> dict[str, int]:
    """Return the largest peaks of the case's ranks above what was resident before the policy was loaded, bytes.

    Raises RuntimeError with the end of a rank's log where one fails; the others are ended then.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = json.dumps({**asdict(case), "rows": case.rows})
    command = [sys.executable, "-m", "tests.benchmarks.memory_side", "--case", text, "--weights", str(weights)]
    shared = {
        **os.environ,
        "WORLD_SIZE": str(case.ranks),
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "DS_ACCELERATOR": "cpu",
        "OMP_NUM_THREADS": "1",
        "MALLOC_MMAP_THRESHOLD_": MMAP,
    }
    with tempfile.TemporaryDirectory() as folder:
        tiny = write_weights(TINY, case.dtype, Path(folder) / "tiny")
        outputs = [Path(folder) / f"{rank}.out" for rank in range(case.ranks)]
        ranks = []
        for rank, output in enumerate(outputs):
            environment = {**shared, "RANK": str(rank), "LOCAL_RANK": str(rank)}
            with output.open("w") as file:
                ranks.append(
                    subprocess.Popen(
                        [*command, "--tiny", str(tiny)],
                        cwd=REPOSITORY_ROOT,
                        env=environment,
                        stdout=file,
                        stderr=subprocess.STDOUT,
                    )
                )
        try:
            while any(rank.poll() is None for rank in ranks) and not any(rank.poll() for rank in ranks):
                time.sleep(0.2)
        finally:
            for process in ranks:
                process.kill()
                process.wait()
        texts = [output.read_text() for output in outputs]
        for process, text in zip(ranks, texts, strict=True):
            if process.returncode > 0:
                raise RuntimeError(f"{case}: {text[-2000:]}")
    peaks: list[dict[str, int]] = [
        json.loads(next(line for line in reversed(text.splitlines()) if line.startswith('{"rank"'))) for text in texts
    ]
    return {name: max(each[name] for each in peaks) for name in peaks[0] if name != "rank"}


def compared(case: Case, model: Shapes, found: Mapping[str, int]) -> dict[str, Any]:
    """Return a line of the results, MiB: what was measured, and the model's terms."""
    terms = {name: round(value / MIB) for name, value in case.predicted(model).items()}
    return {
        "case": asdict(case),
        "measured_mib": dict(found),
        "predicted_mib": sum(terms.values()),
        "terms_mib": terms,
        "difference": round(sum(terms.values()) / found["peak"] - 1, 3),
    }


def main() -> None:
    """Measure the cases that are not in the results yet, and compare all with the model as it is now."""
    config = AutoConfig.from_pretrained(MODELS / "SmolLM2-135M-Instruct.json")
    model = shapes(config)
    known = json.loads(RESULTS.read_text())["cases"] if RESULTS.exists() else []
    peaks: list[tuple[Case, Mapping[str, int]]] = [(Case(**row["case"]), row["measured_mib"]) for row in known]
    with tempfile.TemporaryDirectory() as folder:
        for case in CASES:
            if case not in [each for each, _ in peaks]:
                weights = Path(folder) / case.dtype
                if not weights.exists():
                    write_weights(config, case.dtype, weights)
                found = {name: round(value / MIB) for name, value in measured(case, weights).items()}
                peaks.append((case, found))
            rows = [compared(each, model, found) for each, found in peaks]
            RESULTS.write_text(json.dumps({"model": "SmolLM2-135M", "device": "cpu", "cases": rows}, indent=1) + "\n")
    for row in rows:
        print(f"{row['difference']:+.1%}  {row['predicted_mib']} MiB of {row['measured_mib']['peak']}  {row['case']}")


if __name__ == "__main__":
    main()
