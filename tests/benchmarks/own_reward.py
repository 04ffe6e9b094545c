"""Compares a user's own reward function in its worker processes with the same function called directly.

    python -m tests.benchmarks.own_reward [--groups 512] [--rounds 15] [--results FILE]

4,096 responses, 512 groups of 8, of about 2,000 characters and 500 tokens, at 2 workers. Each round measures both ways
once, in turn; the ratio is the median over rounds. `plain` reads completions alone; `ids` reads the token ids too,
which have to be sent. `sleeps`: in 1 % of the groups the function sleeps past its deadline at one response; given is
what that costs beyond the same batch without sleeping.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from specs.rewards import OwnTerm
from tasks.reward.functions.own_term import OwnFunction
from tasks.reward.terms.base import ResponseGroup

RESULTS = Path(__file__).parent / "results" / "own_reward.json"
WORKERS, EACH, CHARACTERS, TOKENS = 2, 8, 2000, 500
DEADLINE_S = 2.0
SOURCE = """
import re
import time

ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL)
STEP = re.compile(r"step \\d+")


def plain(prompts, completions, answer, target=300, **kwargs):
    scores = []
    for completion, wanted in zip(completions, answer):
        found = ANSWER.search(completion)
        right = found is not None and found[1].strip() == wanted
        scores.append(float(right) + 0.1 * len(STEP.findall(completion)) - abs(len(completion) - target) / 10_000)
    return scores


def ids(prompts, completions, completion_ids, answer, target=300, **kwargs):
    scores = plain(prompts, completions, answer, target)
    return [score - len(set(own)) / 10_000 for score, own in zip(scores, completion_ids)]


def sleeps(prompts, completions, answer, **kwargs):
    if any(completion.startswith("sleep") for completion in completions):
        time.sleep(3600)
    return plain(prompts, completions, answer)
"""
Function = Callable[..., list[float]]


def batch(groups: int, sleeping: int = 0) -> list[ResponseGroup]:
    """Return groups of responses; the first response of `sleeping` of them, evenly spread, sleeps."""
    draw = random.Random(0)
    hung = {each * groups // sleeping for each in range(sleeping)}
    made = []
    for number in range(groups):
        texts = [response(draw, number) for _ in range(EACH)]
        if number in hung:
            texts[0] = "sleep" + texts[0]
        ids = tuple(tuple(draw.choices(range(150_000), k=TOKENS)) for _ in texts)
        prompt = f"What is {number} + {number}? " * 10
        columns = {"answer": str(2 * number), "level": number % 5, "source": "sums"}
        made.append(ResponseGroup(f"p{number}", prompt, columns, tuple(texts), ids, (False,) * EACH, 0))
    return made


def response(draw: random.Random, number: int) -> str:
    """Return a text of about CHARACTERS characters with an answer at its end."""
    steps = []
    while sum(map(len, steps)) < CHARACTERS - 80:
        steps.append(f"In step {len(steps)} we add {draw.randrange(1000)} and {draw.randrange(1000)}, carefully.\n")
    return "".join(steps) + f"<answer>{number + draw.randrange(2) * number}</answer>"


def directly(function: Function, groups: Sequence[ResponseGroup], args: dict[str, Any]) -> list[list[float]]:
    """Return the scores of calls in this process, in TRL's signature."""
    scores = []
    for group in groups:
        count = len(group.texts)
        columns = {name: [value] * count for name, value in group.columns.items()}
        ids = [list(each) for each in group.token_ids]
        scores.append(
            function(
                prompts=[group.prompt] * count,
                completions=list(group.texts),
                completion_ids=ids,
                **columns,
                **args,
            )
        )
    return scores


def seconds(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def compared(path: Path, name: str, function: Function, rounds: int, groups: Sequence[ResponseGroup]) -> dict[str, Any]:
    """Return the medians of both ways, their paired ratio, and that of a single worker."""
    args = {"target": 500}
    one, two = (OwnFunction(name, OwnTerm(use=f"{path}:{name}", args=args), workers) for workers in (1, WORKERS))
    spent: dict[str, list[float]] = {"direct": [], "one worker": [], "workers": []}
    try:
        expected = directly(function, groups, args)
        for own in (one, two):
            assert [[each.value for each in scores] for scores in own.scores(groups)] == expected
        for _ in range(rounds):
            spent["direct"].append(seconds(lambda: directly(function, groups, args)))
            spent["workers"].append(seconds(lambda: two.scores(groups)))
            spent["one worker"].append(seconds(lambda: one.scores(groups)))
    finally:
        one.close()
        two.close()
    ratios = {
        way: statistics.median(a / b for a, b in zip(spent[way], spent["direct"], strict=True))
        for way in ("workers", "one worker")
    }
    return {
        "direct_ms": round(1e3 * statistics.median(spent["direct"]), 1),
        "workers_ms": round(1e3 * statistics.median(spent["workers"]), 1),
        "ratio": round(ratios["workers"], 2),
        "ratio_of_one_worker": round(ratios["one worker"], 2),
    }


def sleeping(path: Path, groups: int, share: float) -> dict[str, Any]:
    """Return what a function costs that sleeps past its deadline in a share of the groups."""
    count = max(1, round(share * groups))
    awake, asleep = batch(groups), batch(groups, count)
    own = OwnFunction("sleeps", OwnTerm(use=f"{path}:sleeps", deadline_s=DEADLINE_S), WORKERS)
    try:
        own.scores(awake)
        without = statistics.median(seconds(lambda: own.scores(awake)) for _ in range(3))
        began = time.perf_counter()
        scores = own.scores(asleep)
        spent = time.perf_counter() - began
    finally:
        own.close()
    failed = sum(each.failure is not None for group in scores for each in group)
    hung = sum(text.startswith("sleep") for group in asleep for text in group.texts)
    assert failed == hung
    return {
        "deadline_s": DEADLINE_S,
        "groups_that_hang": hung,
        "excess_s": round(spent - without, 2),
        "excess_in_deadlines_a_group_and_worker": round((spent - without) * WORKERS / (hung * DEADLINE_S), 2),
    }


def measure(groups: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rewards.py"
        path.write_text(SOURCE)
        space: dict[str, Any] = {}
        exec(compile(SOURCE, path, "exec"), space)
        made = batch(groups)
        start = OwnFunction("plain", OwnTerm(use=f"{path}:plain"), WORKERS)
        started = seconds(start.start)
        start.close()
        return {
            "responses": groups * EACH,
            "workers": WORKERS,
            "cores": len(os.sched_getaffinity(0)),
            "python": platform.python_version(),
            "start_s": round(started, 2),
            **{name: compared(path, name, space[name], rounds, made) for name in ("plain", "ids")},
            "sleeps": sleeping(path, groups, 0.01),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--groups", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    text = json.dumps(measure(options.groups, options.rounds), indent=1)
    options.results.write_text(text + "\n")
    print(text)


if __name__ == "__main__":
    main()
