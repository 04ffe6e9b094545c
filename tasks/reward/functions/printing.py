"""What a user's function prints: the first of it is kept, the rest costs nothing."""

from __future__ import annotations

import io
import sys
from typing import Any

PRINTED_BYTES = 1000  # of a call, that are kept


class Head(io.RawIOBase):
    """A file that keeps the first bytes written to it."""

    def __init__(self) -> None:
        self.kept = bytearray()

    def writable(self) -> bool:
        """Return True."""
        return True

    def fileno(self) -> int:
        """Return the descriptor of the standard output, which leads nowhere: programs may be started with it."""
        return 1

    def write(self, data: Any) -> int:
        """Keep what there is room for; return how much was taken: all."""
        size = memoryview(data).nbytes
        if (room := PRINTED_BYTES - len(self.kept)) > 0:
            self.kept += bytes(data)[:room]
        return size

    def take(self) -> str:
        """Return what was written since the last call."""
        text = self.kept.decode(errors="replace") if self.kept else ""
        self.kept.clear()
        return text


def capture() -> Head:
    """Let standard output and error of Python code lead to a `Head` from here on, and return it."""
    head = Head()
    sys.stdout = sys.stderr = io.TextIOWrapper(
        head,  # type: ignore[arg-type]  # needs no more of a buffer
        encoding="utf-8",
        errors="backslashreplace",
        write_through=True,
    )
    return head
