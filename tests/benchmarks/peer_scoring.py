"""Compares our verifier with lm-evaluation-harness's gsm8k task and Hugging Face's math-verify on the same samples.

    python -m venv PEER && PEER/bin/pip install lm_eval==0.4.13 math-verify==0.9.0
    python -m tests.models.smollm2 .armature/models/SmolLM2-135M-Instruct
    python -m tests.benchmarks.peer_scoring PEER/bin/python --stand-ins DATA --store file:///tmp/peer-store \\
        [--results FILE]

DATA holds math/gsm8k_test.jsonl and math/gsm8k_train.jsonl. The policy is SmolLM2-135M-Instruct, untrained, on the
first 100 problems of GSM8K's test set, n = 8. The first call draws the samples (10 to 20 minutes on a CPU) and stores
them; later calls score the stored ones. Every verdict that differs is listed with the answer that each side read. A
person writes judgements into the results file (`right`, `why`); later calls keep them as long as the response is the
same. For speed, the sides are measured in turn, and ratios are medians over rounds.

So small a model is seldom right, so few verdicts can differ. `read` therefore scores each response in which ours read a
number again with that number as gold: a peer agrees only if it reads the same.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import statistics
import subprocess
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from infra.store import Store
from specs.load import load_spec
from specs.rewards import MathReward, Reward
from tasks import table
from tasks.engines.open_run import opened
from tasks.records import FinishReason, Problem
from tasks.reward.math.verifier import cheap
from tasks.reward.verification import Verifiers
from tasks.stage import value
from tasks.stages import data, evaluate, remake_start, suite
from tests.models.smollm2 import LOCAL_GSM8K, LOCAL_MODEL

ROOT = Path(__file__).parents[2]
RESULTS = Path(__file__).parent / "results" / "peer_scoring.json"
SETTINGS = (
    "suites=[gsm8k]",
    "problems=100",
    "samples=8",
    "ks=[1,8]",
    "temperature=0.7",
    "top_p=1.0",
    "max_response_tokens=256",
)
ROUNDS = 3
Item = tuple[Problem, str, FinishReason]
Key = tuple[str, int, str]  # problem, sample, first digits of the sha256 of the response


def stored(store: str, stand_ins: Path) -> tuple[list[dict[str, Any]], list[Item], dict[str, Any]]:
    """Return the evaluation's rows, the verifier's input for each, and the evaluation's key and summary."""
    settings = [
        *LOCAL_MODEL,
        *LOCAL_GSM8K,
        *(f"evaluate.{each}" for each in SETTINGS),
        f"evaluate.stand_ins={stand_ins}",
        f"data.train={stand_ins}/math/gsm8k_train.jsonl",
    ]
    spec = load_spec(ROOT / "specs" / "smollm2.yaml", [*settings, f"store={store}"], environ={}).spec
    with opened(spec, Store(spec.store), remake_start) as run:
        value(data.plain(run))
        value(suite.plain(run, "gsm8k"))
        remake_start(run)
        manifest = value(evaluate.plain(run, 0, "gsm8k", run.experiment.lineage(0), None))
        rows = table.from_bytes(run.store.read(manifest, "samples.parquet"))
        problems = run.problems("gsm8k").by_id
        items = [(problems[row["problem_id"]].problem, row["text"], FinishReason(row["finish_reason"])) for row in rows]
        return rows, items, {"evaluation": manifest.key, "summary": manifest.result}


def judged(items: list[Item], workers: int) -> tuple[list[bool], float]:
    """Return our verdicts and the seconds, with the start of worker processes if one is needed."""
    judge = Verifiers(Reward(math=MathReward(deadline_s=5.0, workers=workers)))
    began = time.perf_counter()
    verdicts = judge.verify(items, mask_truncated=False)
    seconds = time.perf_counter() - began
    judge.close()
    return [verdict.score == 1.0 for verdict in verdicts], seconds


def peer(python: str, items: list[Item], score: bool) -> dict[str, Any]:
    """Run peer_side.py in its own environment; return its reply."""
    asked = {
        "gold": [problem.reference["answer"] for problem, _, _ in items],
        "text": [text for _, text, _ in items],
        "score": score,
    }
    program = Path(__file__).with_name("peer_side.py")
    done = subprocess.run(
        [python, str(program)], input=json.dumps(asked), stdout=subprocess.PIPE, text=True, check=True
    )
    reply: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return reply


def differing(
    rows: list[dict[str, Any]],
    ours: list[bool],
    items: list[Item],
    peers: dict[str, Any],
    known: dict[Key, dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return the responses on which one of `peers` differs from ours."""
    found = []
    for place, (row, own, (problem, text, _)) in enumerate(zip(rows, ours, items, strict=True)):
        verdicts = {name: each[place] for name, each in peers.items()}
        if all(verdict == own for verdict, _ in verdicts.values()):
            continue
        key = (row["problem_id"], row["sample"], hashlib.sha256(text.encode()).hexdigest()[:12])
        judgement = known.get(key, {})
        found.append(
            {
                "problem": key[0], "sample": key[1], "text": key[2], "gold": problem.reference["answer"],
                "ours": [own, row["answer"] if row["answer"] is not None else f"[{row['kind']}]"], **verdicts,
                "end": " ".join(text.split())[-60:], "right": judgement.get("right"), "why": judgement.get("why"),
            }
        )  # fmt: skip
    return found


def read(
    python: str, rows: list[dict[str, Any]], items: list[Item], known: dict[Key, dict[str, Any]]
) -> dict[str, Any]:
    """Return how many responses the peers read as ours did, of those in which ours read a number.

    The responses that math-verify read otherwise are listed.
    """
    chosen = [
        (row, item) for row, item in zip(rows, items, strict=True) if re.fullmatch(r"-?\d+(/\d+)?", row["answer"] or "")
    ]
    golds = [re.sub(r"(\d+)/(\d+)", r"\\frac{\1}{\2}", row["answer"]) for row, _ in chosen]
    asked = [
        (replace(problem, reference={"answer": gold}), text, reason)
        for gold, (_, (problem, text, reason)) in zip(golds, chosen, strict=True)
    ]
    verdicts = peer(python, asked, score=True)["verdicts"]
    listed = differing(
        [row for row, _ in chosen], [True] * len(chosen), asked, {"math-verify": verdicts["math-verify"]}, known
    )
    same = {name: sum(verdict for verdict, _ in each) for name, each in verdicts.items()}
    return {"responses": len(chosen), "same": same, "judged": tally(listed), "differing": listed}


def tally(listed: list[dict[str, Any]]) -> dict[str, int]:
    """Return the number of listed responses by the side that a person found right."""
    return dict(Counter(each["right"] or "not judged yet" for each in listed))


def judgements(listed: list[dict[str, Any]]) -> dict[Key, dict[str, Any]]:
    """Return the listed responses by their key."""
    return {(each["problem"], each["sample"], each["text"]): each for each in listed}


def speed(python: str, items: list[Item]) -> dict[str, Any]:
    """Return responses scored per second, and the ratio of ours to math-verify within each round."""
    rates: dict[str, list[float]] = {"ours, 1 worker": [], "ours, 2 workers (default)": [], "math-verify": []}
    for _ in range(ROUNDS):
        for name, seconds in (
            ("ours, 1 worker", judged(items, 1)[1]),
            ("math-verify", peer(python, items, score=False)["math_verify_s"]),
            ("ours, 2 workers (default)", judged(items, 2)[1]),
        ):
            rates[name].append(len(items) / seconds)
    return {
        "responses": len(items),
        "for_a_worker": sum(not hasattr(cheap(problem, text), "kind") for problem, text, _ in items),
        "per_s": {name: round(statistics.median(values), 1) for name, values in rates.items()},
        "rounds": {name: [round(each, 1) for each in values] for name, values in rates.items()},
        "ratio_to_math_verify": {
            name: round(statistics.median(a / b for a, b in zip(values, rates["math-verify"], strict=True)), 2)
            for name, values in rates.items()
            if name != "math-verify"
        },
        "load_average": round(os.getloadavg()[0], 1),
        "cores": len(os.sched_getaffinity(0)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("python", help="of an environment with lm_eval and math_verify")
    parser.add_argument("--stand-ins", type=Path, required=True, help="folder with math/gsm8k_test.jsonl")
    parser.add_argument("--store", required=True, help="file:// URI; samples are drawn where it has none")
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    rows, items, about = stored(options.store, options.stand_ins.resolve())
    again, _ = judged(items, 2)
    assert again == [row["score"] == 1.0 for row in rows], "the verifier differs from the stored evaluation"
    reply = peer(options.python, items, score=True)
    verdicts = {"ours": again, **{name: [verdict for verdict, _ in each] for name, each in reply["verdicts"].items()}}
    before: dict[str, Any] = (
        json.loads(options.results.read_text())
        if options.results.exists()
        else {"differing": [], "read": {"differing": []}}
    )
    # strict-match requires "####", which the prompt does not ask for: it is only counted
    peers = {name: each for name, each in reply["verdicts"].items() if name != "strict-match"}
    listed = differing(rows, again, items, peers, judgements(before["differing"]))
    summary = about["summary"]
    result = {
        "evaluation": about["evaluation"],
        "settings": list(SETTINGS),
        "versions": reply["versions"],
        "responses": len(items),
        "truncated_share": summary["truncated_share"],
        "no_answer_share": summary["no_answer_share"],
        "accuracy": {name: round(statistics.mean(each), 5) for name, each in verdicts.items()},
        "right": {name: sum(each) for name, each in verdicts.items()},
        "pass_at": summary["pass_at"],
        "differing_from_ours": {
            name: sum(a != b for a, b in zip(again, each, strict=True))
            for name, each in verdicts.items()
            if name != "ours"
        },
        "judged": tally(listed),
        "speed": speed(options.python, items),
        "differing": listed,
        "read": read(options.python, rows, items, judgements(before["read"]["differing"])),
    }
    options.results.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
