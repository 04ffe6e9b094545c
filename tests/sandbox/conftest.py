"""Both backends, for real."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox import container_engine, image, jail
from sandbox.containers import ContainerTransport
from sandbox.job import Job, Lane, Limits, Result
from sandbox.slot import Slot, Transport
from tests.backends import BACKENDS, require

#: The hostile and the honest programs of the tests: small, so that they are quick.
LIMITS = Limits(cpu_s=1.0, wall_s=4.0, memory_mb=128, output_bytes=1 << 20, processes=16)
RUN_ID = f"tests-{os.getpid()}"


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
    """Runs a program on the session's slot of the backend."""
    runner = Runner(backend)
    yield runner
    runner.slot.end()
