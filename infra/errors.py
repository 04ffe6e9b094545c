"""Errors of the places where things run. One shape for all of Armature: what happened, where, what to do."""

from __future__ import annotations


class StoreError(RuntimeError):
    """The store cannot be read or written. Names the object."""


class TransferStopped(StoreError):
    """A transfer was told to stop. What it had begun is removed."""


class EngineError(RuntimeError):
    """A resident engine (rollout engine, training ranks) died, hung or refused. Names its log file."""
