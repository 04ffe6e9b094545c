"""Waiting in tests: for what has to come, however slow the machine is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psutil

DEADLINE_S = 300.0  # far beyond what anything takes; only a test that fails waits so long


def wait_for(what: Callable[[], Any], why: str = "it did not come to pass") -> None:
    """Return once `what()` is true; fail at the deadline."""
    end = time.monotonic() + DEADLINE_S
    while not what():
        assert time.monotonic() < end, why
        time.sleep(0.02)


def ended(pid: int) -> bool:
    """Return True where the process is gone; a zombie has ended."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True
