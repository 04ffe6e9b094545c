"""Slots of both backends for the tests, and limits that no machine reaches by being slow."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from sandbox import container_engine, image, jail
from sandbox.containers import ContainerTransport
from sandbox.job import Job, Lane, Limits, Result
from sandbox.slot import Slot, Transport
from tests.backends import BACKENDS, require

#: Limits for the programs of the tests. A test about a limit replaces that limit; those of time are far away from it.
LIMITS = Limits(cpu_s=30.0, wall_s=300.0, memory_mb=128, output_bytes=1 << 20, processes=16)
#: Seconds that a test waits for an event before it fails: far more than the event takes on a busy machine.
DEADLINE_S = 150.0
RUN_ID = f"tests-{os.getpid()}"


def eventually(condition: Callable[[], object]) -> bool:
    """Return whether a condition becomes true within DEADLINE_S."""
    end = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def transport(backend: str, number: int = 0, lane: Lane = "program") -> Transport:
    if backend == "jail":
        return jail.JailTransport(f"jail {number}", number, lane, LIMITS.tmp_mb)
    client = container_engine.connect()
    return ContainerTransport(
        client, f"docker {number}", number, lane, image.resolve(client, None), LIMITS, RUN_ID, None
    )


def new_slot(backend: str, number: int = 0, lane: Lane = "program") -> Slot:
    return Slot(transport(backend, number, lane))


@pytest.fixture(params=BACKENDS, scope="session")
def backend(request: pytest.FixtureRequest) -> str:
    return require(request.param)


class Runner:
    """A slot that is replaced where a test has lost it."""

    def __init__(self, backend: str) -> None:
        self._backend, self.slot = backend, new_slot(backend)

    def __call__(self, program: str | bytes, stdin: bytes = b"", limits: Limits = LIMITS) -> Result:
        if not self.slot.usable:
            self.slot.end()
            self.slot = new_slot(self._backend)
        source = program.encode() if isinstance(program, str) else program
        return self.slot.run(Job("stdin", source, stdin=stdin, limits=limits))


@pytest.fixture(scope="session")
def run(backend: str) -> Iterator[Runner]:
    """Run a program on the session's slot of the backend."""
    runner = Runner(backend)
    yield runner
    runner.slot.end()
