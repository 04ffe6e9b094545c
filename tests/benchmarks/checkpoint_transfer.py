"""Measures a checkpoint of 1 GB on its way into the store and back, against the same bytes moved by boto3.

    python -m tests.benchmarks.checkpoint_transfer [--rounds N]

Up: `Store.commit` (sha256 of every file, manifest) against `upload_file` of each file. Down: `Store.fetch` (every
sha256 verified) against `download_file`. Both talk to a real server (SeaweedFS) on the loopback, each in a process of
its own, in turn; the order changes from round to round. boto3 by default signs the sha256 of every part over http, not
over https; the second baseline (`unsigned`) does not sign. CPU seconds are those of the client's process, user and
system; memory is the growth of its resident set during the transfer, at its peak.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.infra.conftest import S3Server, client, s3_processes

SIZES = {
    "model.safetensors": 700_000_000,
    "optimizer.safetensors": 250_000_000,
    "optimizer_2.safetensors": 50_000_000,
    "tokenizer.json": 2_000_000,
    "config.json": 900,
}
MOVERS = ("store", "boto3", "boto3 unsigned")
DIRECTIONS = ("up", "down")
RESULTS = Path(__file__).parent / "results" / "checkpoint_transfer.json"


def _boto3(unsigned: bool) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(s3={"payload_signing_enabled": False}) if unsigned else None)


def _prepare(mover: str, direction: str, bucket: str, prefix: str, folder: Path) -> Callable[[], object]:
    """Import, connect, and return the transfer that is timed."""
    files = {name: folder / name for name in SIZES}
    if mover == "store":
        from infra.caching import Step
        from infra.store import Store

        store, step = Store(f"s3://{bucket}/{prefix}"), Step("policy", 1, {"run": prefix})
        assert store.files._bucket is not None
        _ = store.files._bucket.client
        if direction == "up":
            return lambda: store.commit(step, files, kind="weights")
        manifest = store.find(step.stage, step.key)
        assert manifest is not None
        return lambda: store.fetch(manifest, folder)
    s3 = _boto3(mover.endswith("unsigned"))
    if direction == "up":
        return lambda: [s3.upload_file(str(path), bucket, f"{prefix}/{name}") for name, path in files.items()]
    return lambda: [s3.download_file(bucket, f"{prefix}/{name}", str(path)) for name, path in files.items()]


def _resident() -> int:
    """Return the bytes of this process's resident set."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _child(arguments: list[str]) -> None:
    """Run one transfer in this process and print its figures."""
    mover, direction, bucket, prefix, folder = arguments
    action = _prepare(mover, direction, bucket, prefix, Path(folder))
    before, peak, over = _resident(), 0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.wait(0.02):
            peak = max(peak, _resident())

    watcher = threading.Thread(target=watch)
    watcher.start()
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    figures = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    over.set()
    watcher.join()
    print(json.dumps({**figures, "memory_mb": max(0, peak - before) / 2**20}))


def _run(mover: str, direction: str, server: S3Server, prefix: str, folder: Path) -> dict[str, float]:
    environment = {
        **{name: text for name, text in os.environ.items() if not name.startswith("AWS_")},
        "AWS_ACCESS_KEY_ID": server.access,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.checkpoint_transfer",
        "--child",
        mover,
        direction,
        server.bucket,
        prefix,
        str(folder),
    ]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def _round(number: int, server: S3Server, made: Path, scratch: Path) -> dict[str, dict[str, dict[str, float]]]:
    """Measure each mover up and then down, in an order that changes from round to round."""
    figures: dict[str, dict[str, dict[str, float]]] = {}
    order = MOVERS[number % len(MOVERS) :] + MOVERS[: number % len(MOVERS)]
    for mover in order:
        prefix = uuid.uuid4().hex
        figures[mover] = {}
        for direction in DIRECTIONS:
            folder = made if direction == "up" else scratch
            figures[mover][direction] = _run(mover, direction, server, prefix, folder)
        assert all((scratch / name).read_bytes() == (made / name).read_bytes() for name in SIZES)
        for name in SIZES:
            (scratch / name).unlink()
        direct = client(server)
        for each in direct.list_objects_v2(Bucket=server.bucket, Prefix=prefix)["Contents"]:
            direct.delete_object(Bucket=server.bucket, Key=each["Key"])
    return figures


def summary(rounds: list[dict[str, dict[str, dict[str, float]]]]) -> dict[str, Any]:
    """Return medians over the rounds: of seconds, and of each round's ratios boto3 / store (speed of the store)."""
    table: dict[str, Any] = {}
    for direction in DIRECTIONS:
        figures = {
            mover: {
                key: round(statistics.median(r[mover][direction][key] for r in rounds), 2)
                for key in ("wall_s", "cpu_s")
            }
            for mover in MOVERS
        }
        for mover in MOVERS:
            figures[mover]["memory_mb"] = round(max(r[mover][direction]["memory_mb"] for r in rounds))
        ratios = {
            f"{key.removesuffix('_s')} against {other}": round(
                statistics.median(r[other][direction][key] / r["store"][direction][key] for r in rounds), 2
            )
            for other in MOVERS[1:]
            for key in ("wall_s", "cpu_s")
        }
        table[direction] = {**figures, "speed of the store": ratios}
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--child", nargs=5, help=argparse.SUPPRESS)
    parsed = parser.parse_args()
    if parsed.child:
        return _child(parsed.child)
    with tempfile.TemporaryDirectory(prefix="armature-transfer-") as name:
        folder = Path(name)
        made, scratch = folder / "made", folder / "scratch"
        made.mkdir(), scratch.mkdir()
        for file, size in SIZES.items():
            (made / file).write_bytes(os.urandom(size))
        data, began = (made / "model.safetensors").read_bytes(), time.process_time()
        hashlib.sha256(data).digest()
        hashing = (time.process_time() - began) * sum(SIZES.values()) / len(data)
        del data
        with s3_processes(folder / "s3", volume_mb=1024) as server:
            _round(0, server, made, scratch)  # the server's own warm-up
            rounds = []
            for number in range(parsed.rounds):
                rounds.append(_round(number, server, made, scratch))
                print(json.dumps(rounds[-1]), file=sys.stderr, flush=True)
    result = {
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "bytes": sum(SIZES.values()),
        "files": len(SIZES),
        "rounds": parsed.rounds,
        "sha256_cpu_s": round(hashing, 2),
        **summary(rounds),
        "each round": rounds,
    }
    RESULTS.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in result.items() if key != "each round"}, indent=1))
    return None


if __name__ == "__main__":
    main()
