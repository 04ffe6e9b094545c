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
        assert select.select([self.process.stdout], [], [], 60)[0], "no answer for a minute"
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


def wait_for(what: Callable[[], Any], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def one_line(text: str) -> bool:
    return "\n" not in text and len(text) < 800
