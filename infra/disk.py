"""A store on a local disk. A file is there in full or not at all, whatever is killed and whenever the power goes.

It is written beside its place, synced, and moved into it; then the folder is synced, and so are the folders that had to
be made.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import BinaryIO

from infra.digests import BLOCK, FileEntry, write_hashed
from infra.parallel import until_stopped


class Disk:
    """Files by their absolute paths. Errors are OSErrors; FileNotFoundError where there is nothing."""

    def read(self, path: str) -> bytes:
        """Return a whole file."""
        with open(path, "rb") as file:
            return file.read()

    def size(self, path: str) -> int:
        """Return the bytes of a file. A folder is no file."""
        if os.path.isdir(path):
            raise FileNotFoundError(path)
        return os.stat(path).st_size

    def list(self, path: str) -> list[str]:
        """Return the names directly below, sorted."""
        return sorted(os.listdir(path))

    def walk(self, path: str) -> Iterator[tuple[str, int, float]]:
        """Yield every file below: path, bytes, time of writing (seconds since the epoch)."""
        with os.scandir(path) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # removed in the meantime
                if entry.is_dir(follow_symlinks=False):
                    yield from self.walk(entry.path)
                else:
                    about = entry.stat(follow_symlinks=False)
                    yield entry.path, about.st_size, about.st_mtime

    def write(self, path: str, data: bytes) -> None:
        """Write or replace a file."""
        with self._beside(path, lambda file: file.write(data)) as temporary:
            os.replace(temporary, path)
        _sync(os.path.dirname(path))

    def create(self, path: str, data: bytes) -> None:
        """Write a file that is not there yet; raise FileExistsError where it is."""
        with self._beside(path, lambda file: file.write(data)) as temporary:
            os.link(temporary, path)
        _sync(os.path.dirname(path))

    def replace(self, path: str, data: bytes, old: bytes) -> None:
        """Write a file in place of one with the content `old`, or of none; raise FileExistsError otherwise."""
        with self._beside(path, lambda file: file.write(data)) as temporary, _alone(os.path.dirname(path)):
            try:
                standing = self.read(path)
            except FileNotFoundError:
                os.link(temporary, path)
            else:
                if standing != old:
                    raise FileExistsError(path)
                os.replace(temporary, path)
        _sync(os.path.dirname(path))

    def upload(self, source: Path, path: str, stop: threading.Event | None = None) -> FileEntry:
        """Copy a file, its digest computed on the way. Raise TransferStopped once `stop` is set."""
        entry: list[FileEntry] = []
        chunks = until_stopped(self.chunks(str(source)), stop, path)
        with self._beside(path, lambda file: entry.append(write_hashed(chunks, file))) as temporary:
            os.replace(temporary, path)
        _sync(os.path.dirname(path))
        return entry[0]

    def chunks(self, path: str) -> Generator[bytes, None, None]:
        """Yield the content in order."""
        with open(path, "rb", buffering=0) as file:
            while block := file.read(BLOCK):
                yield block

    def remove(self, path: str) -> None:
        """Remove a file, or a folder with everything in it."""
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path)
        else:
            os.unlink(path)

    def make(self, path: str) -> None:
        """Make a folder and those above it, each synced into its own parent."""
        if not os.path.isdir(path):
            parent = os.path.dirname(path)
            self.make(parent)
            with contextlib.suppress(FileExistsError):
                os.mkdir(path)
                _sync(parent)

    @contextlib.contextmanager
    def _beside(self, path: str, fill: Callable[[BinaryIO], object]) -> Iterator[str]:
        """Yield a temporary file in the same folder, filled and synced; removed at the end unless it was moved."""
        self.make(os.path.dirname(path))
        temporary = f"{path}.{uuid.uuid4().hex[:8]}.tmp"
        try:
            with open(temporary, "wb") as file:
                fill(file)
                file.flush()
                os.fsync(file.fileno())
            yield temporary
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)


@contextlib.contextmanager
def _open(folder: str) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _sync(folder: str) -> None:
    with _open(folder) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Hold off replacements in this folder by others. The kernel releases the lock of a process that ends."""
    with _open(folder) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
