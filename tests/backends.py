"""The sandbox's backends as tests ask for them: one that is not to be had on this machine is a skip, with the reason."""

from __future__ import annotations

import pytest

from sandbox import engine, jail

BACKENDS = ("jail", "docker")


def require(backend: str) -> str:
    """`backend`, or a skip."""
    reason = {"jail": jail.unsupported, "docker": engine.unreachable}[backend]()
    if reason is not None:
        pytest.skip(f"no {backend}: {reason}")
    return backend
