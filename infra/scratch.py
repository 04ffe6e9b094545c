"""Folders that die with their process: named by its pid, and swept by the next process where it was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from infra.paths import SCRATCH

_SHORT = "armature-"


def short_folder() -> Path:
    """A new private folder with a short path, for Unix sockets (108 characters at most)."""
    _sweep_all()
    return Path(tempfile.mkdtemp(prefix=f"{_SHORT}{os.getpid()}-"))


def large_folder() -> Path:
    """A new private folder under `.armature`, for weights."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    _sweep_all()
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SCRATCH))


def _sweep_all() -> None:
    """Both kinds, whichever is made: a run that needs no engine also clears up after one that was killed."""
    _sweep(Path(tempfile.gettempdir()), _SHORT)
    _sweep(SCRATCH, "")


def _sweep(root: Path, prefix: str) -> None:
    for folder in root.glob(f"{prefix}*-*"):
        pid = folder.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
