"""The sandbox's backends for tests.

A backend that this machine does not have (a laptop without Docker) is a skip with the reason, or a failure where
NEED_DOCKER is set, as .ci/run does.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from sandbox import container_engine, jail
from sandbox.errors import SandboxError
from sandbox.slot import Slot, SlotLost

BACKENDS = ("jail", "docker")


@cache
def why_not(backend: str) -> str | None:
    """Return why a backend cannot be tested here, or None."""
    if backend == "docker":
        return container_engine.unreachable()
    try:
        Slot(jail.JailTransport("probe", 60, "program", 16)).end()
    except (SandboxError, SlotLost) as error:
        return str(error)
    return jail.unsupported()


def require(backend: str) -> str:
    """Return `backend`, or skip the test."""
    reason = why_not(backend)
    if reason is not None and os.environ.get("NEED_DOCKER"):
        pytest.fail(f"{backend}: {reason}")
    if reason is not None:
        pytest.skip(f"no {backend}: {reason}")
    return backend
