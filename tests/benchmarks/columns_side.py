"""One side of columns.py: run in a tree's folder, it takes that tree's way from an engine's reply to the statistics.

Prints JSON: seconds of each part, and the peak memory of the process in GiB. It knows the shape of a reply before and
after responses became columns.
"""

from __future__ import annotations

import json
import pickle
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from specs.load import load_spec
from tasks.records import EncodedProblem, Message, Problem, Verdict, VerdictKind
from tasks.rollout import vllm_engine
from tasks.rollout.protocol import Sampling
from tasks.rollout.shards import roll_out
from tasks.rollout.table import read_rollouts, write_rollouts
from tasks.train import statistics as train_statistics
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.registry import estimator_of
from tasks.train.batch import rank_micro_batches
from tasks.train.forward import TokenStats
from tasks.train.inputs import group_batch
from tasks.train.layout import share
from tasks.train.measures import audit, dynamics, response_rows
from tests.tasks.train.tools import SPEC


class Engine:
    """Answers with a reply that is there already, through the socket's pickle."""

    def __init__(self, outputs: list[Any], samples: int) -> None:
        self.outputs, self.samples, self.state = outputs, samples, "policy"

    def generate(self, groups: Any, sampling: Sampling) -> Any:
        """Return what the tree's vLLM engine makes of vLLM's outputs."""
        if hasattr(vllm_engine, "_completions"):
            reply: Any = vllm_engine._completions(self.outputs, sampling)
        else:
            each = iter(self.outputs)
            reply = [[vllm_engine._completion(next(each), sampling) for _ in group.seeds] for group in groups]
        return pickle.loads(pickle.dumps(reply, protocol=5))


def outputs_of(responses: int, tokens: int) -> list[Any]:
    """Return what vLLM gives: lists of Python numbers."""
    draw = random.Random(0)
    made = []
    for _ in range(responses):
        ids = [draw.randrange(150_000) for _ in range(tokens)]
        flat = SimpleNamespace(token_ids=ids, logprobs=[-draw.random() for _ in range(tokens)])
        made.append(SimpleNamespace(token_ids=ids, logprobs=flat, finish_reason="length"))
    return made


def statistics(batch: Any) -> None:
    """Take the statistics of all responses around a model that says the same of each token."""
    lengths = torch.tensor([[len(response) for response in group] for group in batch.response_ids])
    groups = Groups.of(*batch.score_tensors(), lengths, correct_at=1.0)
    rows = batch.rows(range(len(batch.prompt_ids)))
    numbers = torch.full((3, 65_536), -1.0)
    micros = rank_micro_batches(share(rows, 1, 32_768), 0, batch)
    passes = [(micro, TokenStats(*numbers[:, : len(micro.target)])) for micro in micros]
    if hasattr(train_statistics, "combined"):
        old: Any = train_statistics.combined(train_statistics.TokenStatistics.of(*each) for each in passes)
    else:
        old = train_statistics.TokenStatistics()  # type: ignore[call-arg]
        for each in passes:
            old.add(*each)
    estimator = estimator_of(SPEC.advantage)
    advantages = estimator.advantages(estimator.base(groups), old, groups)
    audit(old, batch, SPEC, 0)
    dynamics(old, groups, advantages)
    response_rows(old, batch, groups.judged, advantages)


def way(prompts: int, samples: int, tokens: int) -> dict[str, float]:
    """Take the whole way once; return the seconds of each part."""
    spec = load_spec(Path("specs/quickstart.yaml"), [f"rollout.samples={samples}"], environ={}).spec
    outputs = outputs_of(prompts * samples, tokens)
    problems = [
        EncodedProblem(
            Problem(f"p{p}", (Message(role="user", content="?"),), "math", {}), tuple(range(200)), tuple(range(10, 190))
        )
        for p in range(prompts)
    ]
    seconds: dict[str, float] = {}
    started = time.perf_counter()

    def done(part: str) -> None:
        nonlocal started
        seconds[part] = time.perf_counter() - started
        started = time.perf_counter()

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rollouts.parquet"
        rollouts = roll_out(Engine(outputs, samples), problems, spec.rollout, 17, (0,), "policy", 0)
        done("encode")
        write_rollouts(path, rollouts)
        done("write")
        rollouts = read_rollouts(path)
        done("read")
    verdicts = [Verdict(float(place % 2), VerdictKind.ACCEPTED) for place in range(len(rollouts))]
    started = time.perf_counter()
    batch = group_batch({each.problem.id: each for each in problems}, rollouts, verdicts)
    batch = pickle.loads(pickle.dumps(batch, protocol=5))
    done("batch")
    statistics(batch)
    done("statistics")
    return seconds


def main(prompts: int, samples: int, tokens: int) -> None:
    """Take the way, small and then as asked: what is loaded at first use is no part of it."""
    way(2, 2, 4)
    seconds = way(prompts, samples, tokens)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(json.dumps({"seconds": seconds, "total_s": sum(seconds.values()), "peak_gib": peak}))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
