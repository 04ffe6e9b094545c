"""`open` and `os.open` for the names of the standard streams, which no file in a slot has (a jail has no /proc).

They behave as on a judge, where the streams are pipes: reading goes on where the stream stands, and writing truncates
nothing. A program may do with these functions what it wants: they give it only copies of its own descriptors.
"""

from __future__ import annotations

import builtins
import io
import os
from typing import Any

_NAMES = {"/dev/stdin": 0, "/dev/stdout": 1, "/dev/stderr": 2} | {
    f"{folder}/{fd}": fd for folder in ("/dev/fd", "/proc/self/fd") for fd in range(3)
}
_STREAMS: dict[Any, int] = _NAMES | {os.fsencode(name): fd for name, fd in _NAMES.items()}
_open, _os_open, _dup, _fspath, _type = io.open, os.open, os.dup, os.fspath, type


def _stream(file: Any) -> int | None:
    """Return the descriptor of the standard stream that a path names, or None."""
    if _type(file) is int:
        return None
    try:
        return _STREAMS.get(_fspath(file))
    except TypeError:  # no path at all: the real function says so
        return None


def open_file(
    file: Any,
    mode: str = "r",
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
    closefd: bool = True,
    opener: Any = None,
) -> Any:
    """Open a file, as the builtin `open` does."""
    fd = _stream(file)
    if fd is not None:
        return _open(_dup(fd), mode, buffering, encoding, errors, newline)
    return _open(file, mode, buffering, encoding, errors, newline, closefd, opener)


def open_descriptor(path: Any, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
    """Open a file, as `os.open` does."""
    fd = _stream(path)
    return _os_open(path, flags, mode, dir_fd=dir_fd) if fd is None else _dup(fd)


def install() -> None:
    """Put these functions in the place of the builtin ones."""
    open_file.__name__ = open_file.__qualname__ = open_descriptor.__name__ = open_descriptor.__qualname__ = "open"
    vars(builtins).update(open=open_file)
    vars(io).update(open=open_file)
    vars(os).update(open=open_descriptor)
