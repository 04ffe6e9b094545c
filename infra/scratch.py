"""Folders that die with their process: named by its pid, and swept by the next process where it was killed."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from infra.paths import SCRATCH


def short_folder() -> Path:
    """A new private folder with a short path, for Unix sockets (108 characters at most)."""
    root = Path(tempfile.gettempdir())
    _sweep(root, "armature-")
    return Path(tempfile.mkdtemp(prefix=f"armature-{os.getpid()}-", dir=root))


def large_folder() -> Path:
    """A new private folder under `.armature`, for weights."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    _sweep(SCRATCH, "")
    return Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=SCRATCH))


def _sweep(root: Path, prefix: str) -> None:
    for folder in root.glob(f"{prefix}*-*"):
        pid = folder.name.removeprefix(prefix).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)
