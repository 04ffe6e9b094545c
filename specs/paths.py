"""The places that a spec's relative names point to, and `file://` URIs."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

REPOSITORY_ROOT = Path(__file__).resolve().parents[1]
MODELS = Path(__file__).resolve().parent / "models"


def from_root(text: str) -> Path:
    """Return the absolute path of one in a spec, which is relative to the repository root wherever it is read."""
    return Path(os.path.normpath(REPOSITORY_ROOT / text))


def shown(path: Path) -> str:
    """Return `path` as messages and records name it: relative to the repository root where it lies below it."""
    absolute = Path(os.path.abspath(path))
    return str(absolute.relative_to(REPOSITORY_ROOT)) if absolute.is_relative_to(REPOSITORY_ROOT) else str(path)


def start_of(folder: Path) -> str:
    """Return what messages call the folder that a relative path starts at."""
    return "the repository root" if folder == REPOSITORY_ROOT else str(folder)


def names_hub_model(model: str) -> bool:
    """Return whether a `policy.model` that is no folder can be a name on the hub: owner/name."""
    return not model.startswith((".", "/")) and model.count("/") == 1


def file_uri(path: Path | str) -> str:
    """Return the `file://` URI of a path: a space is %20, letters beyond ASCII are their bytes (RFC 8089)."""
    return Path(os.path.abspath(path)).as_uri()


def file_path(uri: str) -> Path:
    """Return the absolute path that a `file://` URI names: the inverse of `file_uri`.

    A URI that was typed by hand may hold spaces and letters as they are; `~` is the home folder.
    """
    return Path(os.path.abspath(os.path.expanduser(unquote(uri.removeprefix("file:").removeprefix("//")))))


def config_of(model: str) -> Path | None:
    """Return the config.json of a model: a local folder's, or our copy in specs/models; None: not known here.

    A copy is found by the last part of the model's name.
    """
    candidates = (from_root(model) / "config.json", MODELS / f"{model.rstrip('/').rsplit('/', 1)[-1]}.json")
    return next((path for path in candidates if path.is_file()), None)
