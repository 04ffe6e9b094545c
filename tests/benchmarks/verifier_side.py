"""One side of verifier_speed.py: a checkout's mathematics verifier on the pairs from stdin, in a new process.

    python verifier_side.py CHECKOUT PASSES < pairs

Pairs are [[gold, response], ...]; the reply is JSON: for each pass over them the CPU seconds of this process (without
imports and the first use of modules) and those of the workers, and a digest of the scores.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path

#: One pair for each layer, so that patterns and modules are loaded; the last is decided by a worker.
FIRST = [
    ("12", "13"),
    ("\\frac{1}{2}", "0.5"),
    ("(1, 2)", "[1, 2]"),
    ("x + 1", "1 + x"),
    ("\\sin 2x", "2 \\sin x \\cos x"),
]


def workers_s(pids: list[int]) -> float:
    """Return the CPU seconds of processes and of the children that they have waited for."""
    fields = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
    return sum(int(ticks) for each in fields for ticks in each[11:15]) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    sys.path.insert(0, str(folder))
    pairs = json.load(sys.stdin)

    from tasks import records
    from tasks.reward.math.verifier import MathVerifier

    assert records.__file__ is not None
    assert Path(records.__file__).is_relative_to(folder), f"{records.__file__} is not in {folder}"

    def items(texts: list[tuple[str, str]]) -> list[tuple[records.Problem, str]]:
        return [(records.Problem(str(k), (), "math", {"answer": gold}), text) for k, (gold, text) in enumerate(texts)]

    with MathVerifier() as verifier:
        verify = getattr(verifier, "verify", None) or verifier.judge  # type: ignore[attr-defined]  # its old name
        verify(items([(gold, f"So it is $\\boxed{{{given}}}$.") for gold, given in FIRST]))
        asked = items(pairs)
        spent, workers = [], []
        for _ in range(int(sys.argv[2])):
            before = workers_s(verifier.pool.pids)
            began = time.process_time()
            verdicts = verify(asked)
            spent.append(time.process_time() - began)
            workers.append(workers_s(verifier.pool.pids) - before)
    scores = [verdict.score for verdict in verdicts]
    digest = hashlib.sha256(json.dumps(scores).encode()).hexdigest()
    print(json.dumps({"cpu_s": spent, "workers_s": workers, "accepted": scores.count(1.0), "scores": digest}))


if __name__ == "__main__":
    main()
