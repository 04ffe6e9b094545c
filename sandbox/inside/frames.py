"""Messages between the host and the supervisor: a JSON header and blobs.

4 bytes length of the header | header {"blobs": [lengths], ...} | the blobs
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LENGTH = struct.Struct(">I")
MAX_HEADER = 1 << 20

Read = Callable[[int], bytes]  # returns exactly so many bytes, or raises EOFError where the stream ends


def head(header: Mapping[str, Any], sizes: Sequence[int]) -> bytes:
    """Return the beginning of a message whose blobs have these sizes."""
    text = json.dumps({**header, "blobs": sizes}, separators=(",", ":")).encode()
    return LENGTH.pack(len(text)) + text


def pack(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """Return a message as bytes."""
    return b"".join((head(header, [len(b) for b in blobs]), *blobs))


def read_header(read: Read) -> dict[str, Any]:
    """Read the next header and leave its blobs to the caller. Raises ValueError for a malformed message."""
    (size,) = LENGTH.unpack(read(LENGTH.size))
    if size > MAX_HEADER:
        raise ValueError(f"a header of {size} bytes")
    header = json.loads(read(size))
    if not isinstance(header, dict) or not isinstance(header.get("blobs"), list):
        raise ValueError("a header that is none")
    return header


def read(read: Read) -> tuple[dict[str, Any], list[bytes]]:
    """Read the next message: its header and its blobs."""
    header = read_header(read)
    return header, [read(size) for size in header["blobs"]]
