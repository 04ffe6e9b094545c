"""Times the way of an iteration's responses from an engine's reply to the statistics, against another tree.

    python -m tests.benchmarks.columns --against FOLDER [--shape 256x16x2000] [--rounds 3]

FOLDER: a clone of the repository at an older commit. A stand-in takes the place of the model, vLLM's outputs are made
up. Parts: `encode` (outputs to the caller's process, by the socket's pickle), `write` and `read` of the Parquet file,
`batch` (with its way to one rank), `statistics` (micro-batches, confidences, advantages, audit, a row for each
response). A round is one process of each tree in turn; ratios are the other tree's seconds to this one's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from specs.paths import REPOSITORY_ROOT

RESULTS = Path(__file__).parent / "results" / "columns.json"
SIDE = Path(__file__).with_name("columns_side.py")


def measured(tree: Path, shape: str) -> dict[str, Any]:
    """Return what the side program says of a tree."""
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, SIDE, *shape.split("x")],
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path, required=True)
    parser.add_argument("--shape", default="256x16x2000", help="prompts x samples x tokens")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--results", type=Path, default=RESULTS)
    options = parser.parse_args()
    other = options.against.resolve()
    asked = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(asked, cwd=other, stdout=subprocess.PIPE, text=True, check=True)
    rounds = [(measured(other, options.shape), measured(REPOSITORY_ROOT, options.shape)) for _ in range(options.rounds)]
    parts = rounds[0][0]["seconds"]
    found = {
        "shape": options.shape,
        "against": commit.stdout.strip(),
        "cores": os.cpu_count(),
        "ratio": statistics.median(a["total_s"] / b["total_s"] for a, b in rounds),
        "ratios": {p: statistics.median(a["seconds"][p] / b["seconds"][p] for a, b in rounds) for p in parts},
        "before": rounds[-1][0],
        "now": rounds[-1][1],
    }
    options.results.write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
