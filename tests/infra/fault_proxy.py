"""A proxy before a real S3 server that makes faults: answers of its own, connections that break at a given byte, bytes
that are altered, a server that is gone. Requests pass unchanged (their signatures hold), one a connection."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from dataclasses import dataclass
from typing import Literal

SLOW_DOWN = (
    b'<?xml version="1.0"?><Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>'
)
BLOCK = 1 << 16

Kind = Literal[
    "slow down", "reset upload", "reset download", "lose reply", "alter upload", "alter download", "short download",
    "hold", "leave for 2 s",
]  # fmt: skip


@dataclass
class Fault:
    """A fault of the next `times` requests whose "METHOD /path?query" matches `request` (a regular expression), at
    `byte` of the body. A request that is held gets no answer for as long as its client lives."""

    kind: Kind
    request: str
    times: int = 1
    byte: int = 0
    happened: int = 0


class FaultProxy:
    """Listens at `endpoint`; `requests` are those that came."""

    def __init__(self, server: str) -> None:
        host, port = server.removeprefix("http://").split(":")
        self._server = (host, int(port))
        self._faults: list[Fault] = []
        self._lock = threading.Lock()
        self.requests: list[str] = []
        self._listener = self._listen(0)
        self._port = self._listener.getsockname()[1]
        self.endpoint = f"http://127.0.0.1:{self._port}"
        self._open: set[socket.socket] = set()
        self._closing = False
        self._serve()

    def inject(self, kind: Kind, request: str, times: int = 1, byte: int = 0) -> Fault:
        fault = Fault(kind, request, times, byte)
        with self._lock:
            self._faults.append(fault)
        return fault

    def leave(self) -> None:
        """Connections are refused, and those that are open break."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes up accept()
        self._listener.close()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)  # wakes up its thread

    def come_back(self) -> None:
        self._listener = self._listen(self._port)
        self._serve()

    def go(self, seconds: float) -> threading.Timer:
        """Leaves now, and comes back by itself."""
        self.leave()
        timer = threading.Timer(seconds, self.come_back)
        timer.daemon = True
        timer.start()
        return timer

    @staticmethod
    def _listen(port: int) -> socket.socket:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
        return listener

    def _serve(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
            threading.Thread(target=self._connection, args=(client,), daemon=True).start()

    def _connection(self, client: socket.socket) -> None:
        try:
            # Whatever breaks, on either side or by our hand: what the client sees is what is tested.
            with contextlib.suppress(OSError, EOFError), client.makefile("rb") as stream:
                self._request(client, stream)
        finally:
            with self._lock:
                self._open.discard(client)
            client.close()

    def _request(self, client: socket.socket, stream: object) -> None:
        first, headers, length = _head(stream)
        method, target, _ = first.split(" ", 2)
        self.requests.append(f"{method} {target}")
        fault = self._take(f"{method} {target}")
        if fault and fault.kind == "slow down":
            size = b"Content-Length: %d\r\n\r\n" % len(SLOW_DOWN)
            client.sendall(b"HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n" + size)
            client.sendall(b"" if method == "HEAD" else SLOW_DOWN)
            client.shutdown(socket.SHUT_WR)
            return _drain(client, 60)
        if fault and fault.kind == "leave for 2 s":
            self.go(2.0)
            return None
        if fault and fault.kind == "hold":
            return _drain(client, None)
        if any(line.lower().startswith("expect:") for line in headers):
            client.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        kept = [line for line in headers if not line.lower().startswith(("expect:", "connection:"))]
        with socket.create_connection(self._server, timeout=60) as server:
            server.sendall("\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1"))
            done = 0
            while done < length:
                block = stream.read1(min(BLOCK, length - done))  # type: ignore[attr-defined]
                if not block:
                    return None
                if fault and fault.kind == "reset upload" and done + len(block) > fault.byte:
                    _reset(server)
                    return _reset(client)
                if fault and fault.kind == "alter upload":
                    block = _altered(block, fault.byte - done)
                server.sendall(block)
                done += len(block)
            return self._reply(client, server, fault)

    def _reply(self, client: socket.socket, server: socket.socket, fault: Fault | None) -> None:
        with server.makefile("rb") as stream:
            first, headers, _ = _head(stream)
            if fault and fault.kind == "lose reply":
                stream.read()
                return _reset(client)
            client.sendall("\r\n".join([first, *headers, "", ""]).encode("latin-1"))
            done = 0
            while block := stream.read1(BLOCK):
                if fault and fault.kind in ("reset download", "short download") and done + len(block) > fault.byte:
                    client.sendall(block[: max(0, fault.byte - done)])
                    return _reset(client) if fault.kind == "reset download" else client.shutdown(socket.SHUT_RDWR)
                client.sendall(
                    _altered(block, fault.byte - done) if fault and fault.kind == "alter download" else block
                )
                done += len(block)
        client.shutdown(socket.SHUT_WR)
        return None

    def _take(self, request: str) -> Fault | None:
        with self._lock:
            for fault in self._faults:
                if fault.happened < fault.times and re.search(fault.request, request):
                    fault.happened += 1
                    return fault
        return None


def _head(stream: object) -> tuple[str, list[str], int]:
    """Return first line, other lines, length of the body."""
    lines = []
    while (line := stream.readline()) not in (b"\r\n", b""):  # type: ignore[attr-defined]
        lines.append(line.decode("latin-1").rstrip("\r\n"))
    if not lines:
        raise EOFError
    lengths = [int(line.split(":", 1)[1]) for line in lines if line.lower().startswith("content-length:")]
    return lines[0], lines[1:], lengths[0] if lengths else 0


def _altered(block: bytes, at: int) -> bytes:
    return block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :] if 0 <= at < len(block) else block


def _reset(sock: socket.socket) -> None:
    """Close a socket with a reset, not an end of file, once the last file made of it is closed as well."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def _drain(sock: socket.socket, timeout: float | None) -> None:
    """Read what the client still sends, or its end of the connection breaks before it has read the answer."""
    sock.settimeout(timeout)
    while sock.recv(BLOCK):
        pass
