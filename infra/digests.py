"""The content of a file in two numbers: its size and its sha256."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

# Bytes written at a time. With more the kernel takes large pages for its cache, which a virtual machine may have given
# back to its host: writing 8 MiB at a time cost up to 3 times the CPU.
BLOCK = 256 << 10


@dataclass(frozen=True)
class FileEntry:
    """Bytes and hex sha256 of one file, as manifests list it."""

    bytes: int
    sha256: str


def entry_of(data: bytes) -> FileEntry:
    """Return the entry of a file with this content."""
    return FileEntry(len(data), hashlib.sha256(data).hexdigest())


def sha256_file(path: Path) -> str:
    """Return the hex digest of a local file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_hashed(chunks: Iterable[bytes], file: BinaryIO) -> FileEntry:
    """Write the chunks one after the other; return the entry of what was written."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        view = memoryview(chunk)
        for start in range(0, len(view), BLOCK):
            block = view[start : start + BLOCK]
            file.write(block)
            digest.update(block)
        size += len(view)
    return FileEntry(size, digest.hexdigest())


def read_hashed(chunks: Iterable[bytes]) -> FileEntry:
    """Read the chunks through, keeping none; return their entry."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
    return FileEntry(size, digest.hexdigest())
