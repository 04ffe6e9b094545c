"""Prints how the time of runs divides into stages, from the ledgers beside their steps.

    python tests/benchmarks/split.py RUN [RUN ...] [--store URI] [--wall S]

The output is JSON: the seconds of each stage's own work for each run and, if the whole command's wall time is given,
the seconds outside the stages (imports, Prefect, starting engines, passing weights).
"""

from __future__ import annotations

import argparse
import json

from infra.store import Store
from specs.sections import default_store
from tasks.run.runs import runs


def split(store: Store, name: str, seen: set[str]) -> dict[str, float]:
    """Return {stage: seconds}; a step in `seen`, which another run shares, is not counted again."""
    (view,) = runs(store, name)
    spent: dict[str, float] = {}

    def add(stage: str, key: str) -> None:
        manifest = store.find(stage, key)
        if manifest is not None and key not in seen:
            seen.add(key)
            spent[stage] = spent.get(stage, 0.0) + store.ledger(manifest).get("seconds", 0.0)

    add("policy", view.record["lineages"][0])
    for lineage in view.record["lineages"][1:]:
        step = store.find("train", lineage)
        if step is not None:
            add("data", step.inputs["data"])
            for key in step.inputs["rollouts"]:
                add("rollout", key)
            add("verdict", step.inputs["verdicts"])
            add("train", lineage)
    for row in json.loads(store.files.read(f"runs/{view.name}/evaluations.json")):
        add("evaluate", row["artifact"])
    return {stage: round(seconds, 1) for stage, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+")
    parser.add_argument("--store", default=default_store())
    parser.add_argument("--wall", type=float, default=None, help="seconds of the whole command")
    arguments = parser.parse_args()
    seen: set[str] = set()
    parts = {name: split(Store(arguments.store), name, seen) for name in arguments.runs}
    stages = sum(seconds for part in parts.values() for seconds in part.values())
    outside = (
        {}
        if arguments.wall is None
        else {"wall": arguments.wall, "outside the stages": round(arguments.wall - stages, 1)}
    )
    print(json.dumps({"seconds": parts, "stages": round(stages, 1), **outside}, indent=1))


if __name__ == "__main__":
    main()
