"""Messages over a socket pair: bytes or JSON behind their length, and files in memory for what is large."""

from __future__ import annotations

import json
import os
import socket
import struct

HEADER = struct.Struct("!I")


def send_bytes(sock: socket.socket, data: bytes) -> None:
    """Send one message behind its length."""
    sock.sendall(HEADER.pack(len(data)) + data)


def send(sock: socket.socket, message: object) -> None:
    """Send one JSON message."""
    send_bytes(sock, json.dumps(message).encode())


def receive_exactly(sock: socket.socket, count: int) -> bytes:
    """Return the next `count` bytes; EOFError if the other side has closed."""
    chunks = []
    while count:
        chunk = sock.recv(min(count, 1 << 20))
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def receive_bytes(sock: socket.socket) -> bytes:
    """Return the next message; EOFError if the other side has closed."""
    (count,) = HEADER.unpack(receive_exactly(sock, HEADER.size))
    return receive_exactly(sock, count)


def receive(sock: socket.socket) -> object:
    """Return the next JSON message; EOFError if the other side has closed."""
    return json.loads(receive_bytes(sock))


def send_file(sock: socket.socket, data: bytes) -> None:
    """Send bytes of any size as a file in memory. Unlike `send_bytes` it does not wait until the other side reads."""
    with os.fdopen(os.memfd_create("message"), "wb", buffering=0) as file:
        left = memoryview(data)
        while left:
            left = left[file.write(left) :]
        socket.send_fds(sock, [b"F"], [file.fileno()])


def receive_file(sock: socket.socket) -> bytes:
    """Return what `send_file` sent; EOFError if the other side has closed."""
    mark, descriptors, _, _ = socket.recv_fds(sock, 1, 1)
    if not mark:
        raise EOFError
    with os.fdopen(descriptors[0], "rb", buffering=0) as file:
        file.seek(0)
        return file.readall()
