"""Processes that take run locks (actor.py) on a local store and on a real S3 server."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.files import Files
from tests.infra.conftest import S3Server
from tests.infra.waiting import DEADLINE_S

BEAT = 0.2
RUN = "quickstart/0a1b2c3d"
ROOT = Path(__file__).parents[3]


class Actor:
    def __init__(self, uri: str, host: str = "", beat_s: float = BEAT) -> None:
        argv = [sys.executable, str(Path(__file__).with_name("actor.py")), uri, str(beat_s), *([host] if host else [])]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, bufsize=1
        )

    def tell(self, *command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")

    def answer(self) -> Any:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], DEADLINE_S)[0], "no answer"
        return json.loads(self.process.stdout.readline())

    def __call__(self, *command: Any) -> Any:
        self.tell(*command)
        return self.answer()

    def acquire(self, run: str = RUN) -> Any:
        return self("acquire", run, 0.0)

    def kill(self) -> None:
        """Not waited for: a zombie is dead too."""
        os.kill(self.process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)


@pytest.fixture(params=["file", pytest.param("s3", marks=pytest.mark.slow)])  # interpreters that load s3fs
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/store"
    server: S3Server = request.getfixturevalue("s3")
    return f"s3://{server.bucket}/lease-{tmp_path.name}"


@pytest.fixture()
def actors(uri: str) -> Iterator[Callable[..., Actor]]:
    """Makes actors on the store, and ends them."""
    yield from _actors(uri)


@pytest.fixture()
def local(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store"


@pytest.fixture()
def local_actors(local: str) -> Iterator[Callable[..., Actor]]:
    yield from _actors(local)


def _actors(uri: str) -> Iterator[Callable[..., Actor]]:
    made: list[Actor] = []

    def make(host: str = "", beat_s: float = BEAT, ready: bool = True) -> Actor:
        made.append(Actor(uri, host, beat_s))
        if ready:
            assert made[-1].answer() == "ready"
        return made[-1]

    try:
        yield make
    finally:
        for actor in made:
            actor.process.kill()
            actor.process.communicate()


def names(files: Files, run: str = RUN) -> list[str]:
    """Without a beat that is just being written."""
    return [name for name in files.list(f"locks/{run}") if not name.endswith(".tmp")]


class Watching:
    """In the place of the module `time` in infra/lease.py: pauses between two looks at a holder take no time.

    `pauses`: their seconds; `between`: is called in each.
    """

    clock_gettime, time, CLOCK_BOOTTIME = time.clock_gettime, time.time, time.CLOCK_BOOTTIME

    def __init__(self) -> None:
        self.pauses: list[float] = []
        self.between: Callable[[], object] = lambda: None

    def monotonic(self) -> float:
        return sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.between()


@pytest.fixture()
def watching(monkeypatch: pytest.MonkeyPatch) -> Watching:
    """No holder is watched in real time by this process. Empty `pauses`: none was watched."""
    watching = Watching()
    monkeypatch.setattr("infra.lease.time", watching)
    return watching


def one_line(text: str) -> bool:
    return "\n" not in text and len(text) < 800
