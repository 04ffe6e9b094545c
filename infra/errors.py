"""Errors of the places where things run: the store, and resident processes."""

from __future__ import annotations

from specs.errors import ArmatureError


class StoreError(ArmatureError, RuntimeError):
    """The store cannot be read or written. Names the object."""


class TransferStopped(StoreError):
    """A transfer was told to stop. What it had begun is removed."""


class EngineError(ArmatureError, RuntimeError):
    """A resident process (rollout engine, training ranks) died, hung or refused. Names its log file."""
