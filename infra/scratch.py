"""Folders that are removed with their process; the next process removes those of processes that were killed.

    <prefix><pid>-<8 hex>/        the folder
    <prefix><pid>-<8 hex>.lock    held by its process (flock) for as long as that lives; says which machine that is on

The lock says whether the process lives, not its pid: a container that shares the folder has other pids, and there each
run may be pid 1. The kernel releases it however the process ends. Locks of another machine may not be seen here (NFS):
its folders are left to it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import uuid
from pathlib import Path

from infra.paths import SCRATCH
from infra.processes import here

_SHORT = "armature-"
_held: dict[Path, int] = {}  # this process's folders, and the descriptors of their locks


def short_folder() -> Path:
    """Make a private folder with a short path, for Unix sockets (108 characters at most)."""
    _sweep_all()
    return _make(Path(tempfile.gettempdir()), _SHORT, 0o700)


def large_folder() -> Path:
    """Make a private folder under `.armature`, for weights."""
    SCRATCH.mkdir(parents=True, exist_ok=True)
    _sweep_all()
    return _make(SCRATCH, "", 0o700)


def folder_beside(target: Path) -> Path:
    """Make a folder `.<name>.partial-...` beside `target`, to become it by a rename; then `release` it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    prefix = f".{target.name}.partial-"
    _sweep(target.parent, prefix)
    return _make(target.parent, prefix, 0o777)


def release(folder: Path) -> None:
    """Remove one of this process's folders, if it is still there, and its lock. Safe twice."""
    descriptor = _held.pop(folder, None)
    if descriptor is not None:
        _remove(folder, descriptor)


def _make(root: Path, prefix: str, mode: int) -> Path:
    while True:
        folder = root / f"{prefix}{os.getpid()}-{uuid.uuid4().hex[:8]}"
        lock = _lock_of(folder)
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        # A file system without locks: nobody can take it either, so the folder stays until somebody deletes it.
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        if _is(lock, descriptor):
            host, boot_id, _ = here()
            os.write(descriptor, json.dumps({"host": host, "boot_id": boot_id}).encode())
            folder.mkdir(mode=mode)
            _held[folder] = descriptor
            return folder
        os.close(descriptor)  # swept between the two: another process held the new file's lock for a moment


def _sweep_all() -> None:
    """Remove both kinds: a run that makes only the one also clears up after a process that was killed."""
    _sweep(Path(tempfile.gettempdir()), _SHORT)
    _sweep(SCRATCH, "")


def _sweep(root: Path, prefix: str) -> None:
    """Remove the folders of processes that have ended."""
    if not root.is_dir():
        return
    for lock in [each for each in root.iterdir() if each.name.startswith(prefix) and each.suffix == ".lock"]:
        if lock.with_suffix("") in _held:
            continue
        with contextlib.suppress(OSError):  # another user's, or removed in the meantime
            # Anybody may put anything into a folder for temporary files: no link is followed, no pipe waited for.
            descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                abandoned = _on_this_machine(os.read(descriptor, 4096))
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                abandoned = False
            if abandoned and _is(lock, descriptor):
                _remove(lock.with_suffix(""), descriptor)
            else:
                os.close(descriptor)


def _on_this_machine(owner: bytes) -> bool:
    """Return True where the owner's lock can be seen here: it runs, or ran, on this kernel or before its last boot."""
    host, boot_id, _ = here()
    try:
        owned = json.loads(owner)
        return bool(owned["boot_id"] == boot_id or owned["host"] == host)  # containers of one kernel differ in host
    except (ValueError, KeyError, TypeError):
        return True  # killed before it made its folder


def _remove(folder: Path, descriptor: int) -> None:
    """Remove a folder and then its lock, which `descriptor` holds."""
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        _lock_of(folder).unlink(missing_ok=True)
    os.close(descriptor)


def _lock_of(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _is(lock: Path, descriptor: int) -> bool:
    """Return True if the open file still has its name."""
    try:
        return os.path.samestat(os.stat(lock), os.fstat(descriptor))
    except FileNotFoundError:
        return False
