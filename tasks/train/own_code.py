"""Faults of a user's own estimator or objective: one line that names its key and its line, never a broken engine."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from specs.errors import ArmatureError
from specs.plugins import PluginMember
from tasks.errors import TrainingError
from tasks.plugins import error_line
from tasks.train import memory


@contextmanager
def own_code(member: object, key: str) -> Iterator[None]:
    """Turn what a call of a union's member raises into a TrainingError with its key and line, if it is a user's own.

    Memory that runs out is no fault of it, and goes on as it is.
    """
    try:
        yield
    except Exception as error:  # the user's own code may raise anything
        if not isinstance(member, PluginMember) or isinstance(error, ArmatureError) or memory.ran_out(error):
            raise
        raise TrainingError(f"{key}: {member.use}: {error_line(error, member.path)}") from error


def member_error(error: Exception, *members: object) -> Exception:
    """Return a TrainingError that names the line of a member's file that led to `error`; the error itself otherwise.

    For code that is not called by us: a head, and backward passes. Calls of ours stand in `own_code`.
    """
    for member in members:
        if isinstance(member, PluginMember):
            frames = traceback.extract_tb(error.__traceback__)
            if any(Path(frame.filename) == member.path for frame in frames):
                return TrainingError(f"{member.name}: {error_line(error, member.path)}")
    return error
