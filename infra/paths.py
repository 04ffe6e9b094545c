"""Where Armature keeps things on this machine. All of it is under `.armature/` (git-ignored) in the repository root."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".armature"  # never under the current directory: a worker's directory must not matter
LOGS = HOME / "logs"  # engines' own log files
SCRATCH = HOME / "scratch"  # weights handed from the trainer to the rollout engine; dies with the flow


def resolve(path: str) -> str:
    """A spec's relative path is relative to the repository root; URIs and absolute paths stay as they are."""
    return path if "://" in path or path.startswith("/") else str(ROOT / path)
