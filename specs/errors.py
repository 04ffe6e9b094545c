"""The base of Armature's errors, and the error of a spec.

`ArmatureError` stands here because this package imports no other one, so infra, tasks and flows can all import it.
The sandbox also works without Armature: its `sandbox.errors.SandboxError` has no base of ours, and code that reports
errors to a user catches both.
"""

from __future__ import annotations


class ArmatureError(Exception):
    """An error that its reader can act on: the message says what happened, where (key, file, row, object), what to do.

    A subclass takes that message as its only argument, so that it can be pickled by a child process and raised by its
    parent.
    """


class SpecError(ArmatureError, ValueError):
    """A spec is wrong. One line a problem: path of the key, value given, what is allowed (or the nearest key name)."""
