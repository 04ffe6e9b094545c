"""Where a spec's relative names point."""

from __future__ import annotations

import os
from pathlib import Path

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]
MODELS = Path(__file__).resolve().parent / "models"


def from_root(text: str) -> Path:
    """A relative path in a spec is relative to the repository root, whatever the current directory is."""
    return Path(os.path.normpath(REPOSITORY_ROOT / text))


def shown(path: Path) -> str:
    """`path` as messages and records name it: relative to the repository root where it lies below it."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(REPOSITORY_ROOT)) if absolute.is_relative_to(REPOSITORY_ROOT) else str(path)


def config_of(model: str) -> Path | None:
    """config.json of a model: of a local folder, or our copy in specs/models by the last part of its name; None: not known here."""
    candidates = (from_root(model) / "config.json", MODELS / f"{model.rstrip('/').rsplit('/', 1)[-1]}.json")
    return next((path for path in candidates if path.is_file()), None)
