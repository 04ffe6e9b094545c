"""Digests of large local files, remembered between starts: hashing 15 GB each time would cost half a minute.

A file counts as the one that was hashed while its size, both its times and its inode are the same. Size and time of
modification alone are not enough: `cp -p`, `rsync -t` and `tar` put other bytes under both. The time of change is the
kernel's own, which no program sets, and a file that is moved over another has another inode. One that changed a moment
before it was hashed is not remembered: it may change again within one tick of that clock.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
import uuid
from pathlib import Path
from typing import Any

from infra.digests import sha256_file

SETTLED_NS = 2_000_000_000  # file systems keep times in steps of up to 2 s


class DigestMemory:
    """The digests that the file `memory` holds, by path: JSON, a cache that may be lost at any time."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known = _read(memory)
        self._changed = False

    def sha256(self, path: Path) -> str:
        """Return the hex digest of a local file, hashed unless it is the file that was hashed before."""
        name, state, now = str(path.resolve()), _state(path), time.time_ns()
        known = self._known.get(name, {})
        if known.get("state") == state and isinstance(known.get("sha256"), str):
            return str(known["sha256"])
        digest = sha256_file(path)
        if _state(path) == state and path.stat().st_ctime_ns < now - SETTLED_NS:
            self._known[name] = {"state": state, "sha256": digest}
            self._changed = True
        return digest

    def save(self) -> None:
        """Write what was hashed anew. Where that fails it is hashed again at the next start."""
        if not self._changed:
            return
        temporary = self._memory.with_suffix(f".{uuid.uuid4().hex[:8]}.tmp")  # another process may write at this moment
        with contextlib.suppress(OSError):
            self._memory.parent.mkdir(parents=True, exist_ok=True)
            try:
                # What another process hashed meanwhile is kept; of two at the same moment the later one's stays.
                temporary.write_text(json.dumps(_read(self._memory) | self._known))
                temporary.replace(self._memory)
            finally:
                temporary.unlink(missing_ok=True)


def _read(memory: Path) -> dict[str, dict[str, Any]]:
    """Return the file's content; nothing where it is not there or damaged."""
    try:
        known = json.loads(memory.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    known = known if isinstance(known, dict) else {}
    return {name: about for name, about in known.items() if isinstance(about, dict)}


def _state(path: Path) -> list[int]:
    about: os.stat_result = path.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_dev, about.st_ino]
