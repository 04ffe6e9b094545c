"""The error of the sandbox."""

from __future__ import annotations


class SandboxError(RuntimeError):
    """The sandbox is missing, failed its self-test, or broke. It never says anything about a program."""
