"""Throughput of the sandbox, relative to a bare interpreter per program without isolation.

    python -m tests.benchmarks.sandbox_throughput [--programs 400] [--rounds 5]

The program is trivial and reads stdin. `bare` starts `python3 -I -S -c` for each program on the host, as many at a time
as there are cores. Each round measures everything once, in turn, so that changes of the machine's speed affect all
alike; ratios are medians over rounds. `busy`: the same while one process per core computes. Latency: one program at a
time on an idle sandbox, from call to result. HumanEval+: all its canonical solutions, first with tests that have to be
prepared, then with tests that are known (a GRPO group, a second evaluation).
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sandbox import container_engine
from sandbox.api import Backend, Sandbox
from sandbox.job import Job, Limits

PROGRAM = b"a, b = map(int, input().split())\nprint(a + b)\n"
JOB = Job("stdin", PROGRAM, stdin=b"1 2\n")
HUMANEVALPLUS = Path(__file__).parents[3] / "shared" / "data" / "code" / "humanevalplus.jsonl.gz"
CORES = len(os.sched_getaffinity(0))


def bare(count: int) -> float:
    """Return programs per second without isolation."""
    command = [os.path.realpath(sys.executable), "-I", "-S", "-c", PROGRAM.decode()]

    def one(_: int) -> None:
        assert subprocess.run(command, input=b"1 2\n", capture_output=True, check=True).stdout == b"3\n"

    began = time.perf_counter()
    with ThreadPoolExecutor(CORES) as threads:
        list(threads.map(one, range(count)))
    return count / (time.perf_counter() - began)


def sandboxed(sandbox: Sandbox, count: int) -> float:
    """Return programs per second through all slots."""
    began = time.perf_counter()
    for future in [sandbox.submit(JOB) for _ in range(count)]:
        assert future.result().stdout == b"3\n"
    return count / (time.perf_counter() - began)


def latencies(sandbox: Sandbox, count: int) -> list[float]:
    """Return the seconds from call to result, one program at a time, sorted."""
    spent = []
    for _ in range(count):
        began = time.perf_counter()
        sandbox.run(JOB)
        spent.append(time.perf_counter() - began)
    return sorted(spent)


@contextlib.contextmanager
def busy_cores() -> Iterator[None]:
    """Run one computing process per core."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(CORES)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def humanevalplus(sandbox: Sandbox) -> dict[str, float] | None:
    """Return the seconds for the whole set, or None where it is not here."""
    if not HUMANEVALPLUS.exists():
        return None
    with gzip.open(HUMANEVALPLUS, "rt") as file:
        rows = [json.loads(line) for line in file]
    seconds = {}
    for name in ("first", "again"):
        began = time.perf_counter()
        # A different comment makes it another program for the cache of verdicts, with the same tests.
        verdicts = sandbox.grade_many(
            [(row, f"{row['canonical_solution']}\n# {name}", Limits(cpu_s=row["timeout_s"])) for row in rows]
        )
        assert all(v.kind == "accepted" for v in verdicts)
        seconds[name] = round(time.perf_counter() - began, 1)
    return seconds


def measure(backends: list[Backend], programs: int, rounds: int) -> dict[str, Any]:
    slots = [1, CORES, 2 * CORES, 4 * CORES]
    with contextlib.ExitStack() as stack:
        sandboxes = {(b, n): stack.enter_context(Sandbox(b, n)) for b in backends for n in slots}
        rates: dict[str, list[float]] = {}
        for sandbox in sandboxes.values():
            sandboxed(sandbox, 50)
        for load in ("idle", "busy"):
            with busy_cores() if load == "busy" else contextlib.nullcontext():
                for _ in range(rounds):
                    rates.setdefault(f"{load} bare", []).append(bare(programs // 2))
                    for (backend, n), sandbox in sandboxes.items():
                        rates.setdefault(f"{load} {backend} {n}", []).append(sandboxed(sandbox, programs))
        waits = {b: latencies(sandboxes[b, CORES], 300) for b in backends}
        whole_sets = {b: humanevalplus(sandboxes[b, CORES]) for b in backends}
    ratios = {
        name: round(
            statistics.median(v / base for v, base in zip(values, rates[f"{name.split()[0]} bare"], strict=True)), 2
        )
        for name, values in rates.items()
        if "bare" not in name
    }
    return {
        "cores": CORES,
        "programs_per_s": {name: round(statistics.median(values)) for name, values in rates.items()},
        "ratio_to_bare": ratios,
        "latency_ms": {
            name: {"p50": round(v[len(v) // 2] * 1e3, 2), "p95": round(v[len(v) * 95 // 100] * 1e3, 2)}
            for name, v in waits.items()
        },
        "humanevalplus_s": whole_sets,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    backends: list[Backend] = ["jail"]
    if container_engine.unreachable() is None:
        backends.append("docker")
    print(json.dumps(measure(backends, options.programs, options.rounds), indent=1))


if __name__ == "__main__":
    main()
