"""The places of Armature on this machine, all under `.armature/` (git-ignored) in the repository root."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".armature"  # never under the current directory: a worker's directory must not matter
LOGS = HOME / "logs"  # of resident processes
SCRATCH = HOME / "scratch"  # weights on their way from the trainer to the rollout engine; removed with the flow


def resolve(path: str) -> str:
    """Return a path of a spec: a relative one from the repository root; URIs and absolute paths as they are."""
    return path if "://" in path or path.startswith("/") else str(ROOT / path)
