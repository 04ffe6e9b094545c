"""One training rank that measures its own peak of memory: started by tests.benchmarks.memory_model, prints JSON.

The rank is the real one (tasks.train.rank). Its peak is the kernel's high-water mark of resident memory (VmHWM, set
back through /proc/self/clear_refs) above what was resident before the policy was loaded. A tiny policy was loaded and
trained first, so that libraries, threads and their workspaces are there already. The parent sets
MALLOC_MMAP_THRESHOLD_, so that a freed tensor leaves at once; torch fills what it allocates (deterministic mode), so
that a buffer counts from its allocation on, as on a GPU.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tasks.train.batch import GroupBatch
from tasks.train.settings import AdamWSettings, OptimizerOptions
from tests.tasks.train.tools import SPEC

ADAMW = AdamWSettings(betas=(0.9, 0.999), adam_eps=1e-8, weight_decay=0.1, max_grad_norm=1.0)


def batch(rows: int, prompt: int, responses: int, length: int) -> GroupBatch:
    """Return groups that make `rows` rows each of a prompt and `responses` responses of `length` tokens."""
    return GroupBatch(
        problem_ids=[f"p{i}" for i in range(rows)],
        prompt_ids=[[1 + i % 50] * prompt for i in range(rows)],
        content=[list(range(prompt)) for _ in range(rows)],
        response_ids=[[[(i + s) % 60] * length for s in range(responses)] for i in range(rows)],
        engine_log_probs=[[[-1.0] * length for _ in range(responses)] for _ in range(rows)],
        scores=[[float(s % 2) for s in range(responses)] for _ in range(rows)],
    )


def resident(field: str) -> int:
    """Return VmRSS or VmHWM of this process, bytes."""
    text = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{field}:"))


def watched(engine: Any, name: str, peaks: dict[str, int]) -> None:
    """Make the engine's method `name` note the high-water mark of each of its calls."""
    method: Callable[..., Any] = getattr(engine, name)

    def call(*args: Any) -> Any:
        Path("/proc/self/clear_refs").write_text("5")
        result = method(*args)
        peaks[name] = max(peaks.get(name, 0), resident("VmHWM"))
        return result

    setattr(engine, name, call)


def main() -> None:
    """Load the policy that the command line describes, train one iteration, and print what it took."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--case", required=True, type=json.loads)
    parser.add_argument("--weights", required=True, type=Path)
    parser.add_argument("--tiny", required=True, type=Path)
    arguments = parser.parse_args()
    case, weights = arguments.case, arguments.weights

    from tasks.train.rank import TrainingRank

    rank = TrainingRank(threads=1)
    options = OptimizerOptions(ADAMW, case["zero_stage"], False, case["gradient_checkpointing"])

    def load(state: str, folder: Path) -> None:
        rank.load(state=state, weights=str(folder), optimizer=None, dtype=case["dtype"], options=options)

    def train(state: str, groups: GroupBatch, token_budget: int) -> None:
        settings = replace(SPEC, token_budget=token_budget, temperature=case["temperature"])
        rank.train(expected=state, becomes=state, batch=groups, settings=settings, iteration=0)

    load("tiny", arguments.tiny)
    train("tiny", batch(4, 8, 2, 8), 64)
    rank._engine = None
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    before = resident("VmRSS")
    load("policy", weights)
    gc.collect()
    held = resident("VmRSS")
    peaks: dict[str, int] = {}
    for name in ("accumulate", "apply"):
        watched(rank._engine, name, peaks)
    rows = case["rows"]
    train("policy", batch(rows, case["prompt"], case["responses"], case["length"]), case["token_budget"])
    gc.collect()
    numbers = {"loaded": held, **peaks, "peak": max(peaks.values()), "after": resident("VmRSS")}
    print(json.dumps({"rank": int(os.environ["RANK"]), **{name: value - before for name, value in numbers.items()}}))


if __name__ == "__main__":
    main()
