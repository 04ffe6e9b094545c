"""Messages over a stream: a header (JSON) and blobs, each with its length in front. Spoken by the host and by the supervisor.

4 bytes length of the header | header {"blobs": [lengths], ...} | the blobs
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LENGTH = struct.Struct(">I")
MAX_HEADER = 1 << 20

Read = Callable[[int], bytes]  # exactly so many bytes; EOFError where the stream ends


def head(header: Mapping[str, Any], sizes: Sequence[int]) -> bytes:
    """The beginning of a message whose blobs have these sizes."""
    text = json.dumps({**header, "blobs": sizes}, separators=(",", ":")).encode()
    return LENGTH.pack(len(text)) + text


def pack(header: Mapping[str, Any], blobs: Sequence[bytes] = ()) -> bytes:
    """A message as bytes."""
    return b"".join((head(header, [len(b) for b in blobs]), *blobs))


def read_header(read: Read) -> dict[str, Any]:
    """The next header; its blobs are the caller's to read. ValueError for what is no message."""
    (size,) = LENGTH.unpack(read(LENGTH.size))
    if size > MAX_HEADER:
        raise ValueError(f"a header of {size} bytes")
    header = json.loads(read(size))
    if not isinstance(header, dict) or not isinstance(header.get("blobs"), list):
        raise ValueError("a header that is none")
    return header


def read(read: Read) -> tuple[dict[str, Any], list[bytes]]:
    """The next message, whole."""
    header = read_header(read)
    return header, [read(size) for size in header["blobs"]]
