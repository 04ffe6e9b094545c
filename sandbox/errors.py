"""The one error of the sandbox. It has no base in Armature: the sandbox works alone."""

from __future__ import annotations


class SandboxError(RuntimeError):
    """The sandbox is missing, failed its self-test, or broke. Never a verdict on a program."""
