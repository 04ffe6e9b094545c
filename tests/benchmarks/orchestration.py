"""Measures the time of an iteration outside the stages' own work.

    python -m tests.benchmarks.orchestration [--iterations 5 100 1000] [--json FILE]

The flow, its tasks, the store, the records and Prefect are the real ones; engine and trainer reply at once with fixed
values. Each length runs in a process of its own, embedded (Prefect's temporary server) and against a Prefect server,
each with an empty database and an empty store. A pause after each iteration, not counted, keeps Prefect's event queue
from overflowing: its number of task runs must be the number that ran.

"outside" is the wall time of an iteration without the pause and without the seconds in the stages' ledgers.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SETTINGS = (
    "name=orchestration", "control=null", "warm_start=null", "rollout.prompts=2", "rollout.samples=2",
    "train.minibatch_prompts=2", "checkpoint.every=10", "evaluate.suites=[]",
)  # fmt: skip
PACE_S = 0.1
"""Seconds of the pause after an iteration."""


def run(iterations: int, home: Path) -> dict[str, Any]:
    """Run once in this process, which must not have imported Prefect; return seconds by name."""
    import infra.paths

    infra.paths.HOME, infra.paths.LOGS, infra.paths.SCRATCH = home, home / "logs", home / "scratch"

    from flows import arm_train as module
    from tasks.run.record import RunRecord
    from tests.tasks.stand_ins import StandInEngines

    module.Engines = StandInEngines  # type: ignore[misc,assignment]
    ends, pauses = [time.perf_counter()], 0.0
    whole = RunRecord.iteration

    def iteration(self: RunRecord, row: dict[str, Any], seconds: float | None) -> None:
        nonlocal pauses
        whole(self, row, seconds)
        ends.append(time.perf_counter() - pauses)
        time.sleep(PACE_S)
        pauses += PACE_S

    RunRecord.iteration = iteration  # type: ignore[method-assign]
    store = home / "store"
    overrides = [*SETTINGS, f"train.iterations={iterations}", f"store={store.as_uri()}"]
    module.arm_train(spec="specs/quickstart.yaml", overrides=overrides)
    own = [
        json.loads(path.read_text())["seconds"]
        for stage in ("rollout", "verdict", "train")
        for path in (store / "steps" / stage).glob("*/LEDGER.json")
    ]
    each = [b - a for a, b in itertools.pairwise(ends[1:])]  # the first iteration starts the engines
    tenth = max(1, len(each) // 10)
    return {
        "iterations": iterations,
        "wall_s": statistics.mean(each),
        "own_s": sum(own) / iterations,
        "outside_s": statistics.mean(each) - sum(own) / iterations,
        "first_tenth_wall_s": statistics.mean(each[:tenth]),
        "last_tenth_wall_s": statistics.mean(each[-tenth:]),
    }


# -- the measurement ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def prefect_server(folder: Path) -> Iterator[dict[str, str]]:
    """Start a Prefect server with an empty database in `folder`; yield the environment of its clients."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    env = {
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
    }
    with (folder / "server.log").open("w") as log:
        command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
        process = subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **env}, start_new_session=True)
    try:
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{api}/health", timeout=5):
                break
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError((folder / "server.log").read_text()[-2000:])
            time.sleep(0.3)
        yield env
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def measure(mode: str, iterations: int) -> dict[str, Any]:
    """Return seconds and numbers of one run, embedded or with a server (`mode`), in a process of its own."""
    home = Path(tempfile.mkdtemp(prefix="orchestration-"))
    try:
        with contextlib.ExitStack() as stack:
            env = dict(os.environ)
            database = home / "prefect" / "prefect.db"
            if mode == "server":
                (home / "server").mkdir()
                env |= stack.enter_context(prefect_server(home / "server"))
                database = home / "server" / "prefect.db"
            command = [
                sys.executable,
                "-m",
                "tests.benchmarks.orchestration",
                "--one",
                str(iterations),
                "--home",
                str(home),
            ]
            done = subprocess.run(command, env=env, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(done.stdout[-2000:] + done.stderr[-4000:])
            row = json.loads(done.stdout.splitlines()[-1])
            # data, start, report; rollout, judge, train; save, checkpoint
            expected = 3 + 3 * iterations + 2 * row.pop("checkpoints")
            end = time.monotonic() + 60
            while (rows := _rows(database)) < expected and mode == "server" and time.monotonic() < end:
                time.sleep(1.0)  # the server writes them late
            size = sum(path.stat().st_size for path in database.parent.glob("prefect.db*"))
            counts = {"task_runs": rows, "task_runs_expected": expected, "database_mb": round(size / 2**20, 1)}
            return {"mode": mode, **{name: round(value, 4) for name, value in row.items()}, **counts}
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _rows(database: Path) -> int:
    """Return the number of completed task runs in Prefect's database."""
    with contextlib.closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return int(connection.execute("select count(*) from task_run where state_type = 'COMPLETED'").fetchone()[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, nargs="+", default=[5, 100, 1000])
    parser.add_argument("--modes", nargs="+", default=["embedded", "server"])
    parser.add_argument("--json", type=Path, default=None)
    parser.add_argument("--one", type=int, default=None, help=argparse.SUPPRESS)
    parser.add_argument("--home", type=Path, default=None, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.one is not None:
        row = run(arguments.one, arguments.home)
        print(json.dumps({**row, "checkpoints": len(range(10, arguments.one, 10)) + 1}))
        return
    rows = []
    for mode in arguments.modes:
        for iterations in arguments.iterations:
            rows.append(measure(mode, iterations))
            print(json.dumps(rows[-1]), flush=True)
    if arguments.json is not None:
        arguments.json.write_text(json.dumps({"pace_s": PACE_S, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
