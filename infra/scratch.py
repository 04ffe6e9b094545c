"""Folders that are removed with their process.

Each is named by its process's pid, and the next process removes those of processes that were killed.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import psutil

from infra.paths import SCRATCH

_SHORT = "armature-"


def short_folder() -> Path:
    """Make a private folder with a short path, for Unix sockets (108 characters at most)."""
    _sweep_all()
    return Path(tempfile.mkdtemp(prefix=f"{_SHORT}{os.getpid()}-"))


def large_folder() -> Path:
    """Make a private folder under `.armature`, for weights."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    _sweep_all()
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SCRATCH))


def _sweep_all() -> None:
    """Remove both kinds: a run that makes only the one also clears up after a process that was killed."""
    _sweep(Path(tempfile.gettempdir()), _SHORT)
    _sweep(SCRATCH, "")


def _sweep(root: Path, prefix: str) -> None:
    for folder in root.glob(f"{prefix}*-*"):
        pid = folder.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not psutil.pid_exists(int(pid)):
            shutil.rmtree(folder, ignore_errors=True)
