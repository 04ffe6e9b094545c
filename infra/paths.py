"""The places of Armature on this machine, all under `.armature/` (git-ignored) in the repository root."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from specs.paths import REPOSITORY_ROOT, file_uri

HOME = REPOSITORY_ROOT / ".armature"  # never under the current directory: a worker's directory must not matter
LOGS = HOME / "logs"  # of resident processes
SCRATCH = HOME / "scratch"  # weights on their way from the trainer to the rollout engine; removed with the flow


def local_views(store: str) -> Path:
    """Return the folder of this machine's copies of records and reports that go into the store with this URI.

    `.armature` itself for the store in it; each other store has a folder of its own: the same run may be in several.
    """
    if store == file_uri(HOME / "store"):
        return HOME
    words = re.sub(r"[^A-Za-z0-9.]+", "-", store)[-40:].strip("-.")
    return HOME / "stores" / f"{words}-{hashlib.sha256(store.encode()).hexdigest()[:8]}"
