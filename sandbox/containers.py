"""The backend with an engine: a slot is one long-lived hardened container whose PID 1 is the supervisor.

Messages go over the attached stdin and stdout. When the host process ends in any way, the engine closes stdin, the supervisor leaves, and the
container removes itself.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import threading
import time
from typing import Any

import docker

from sandbox.engine import ENGINE_ERRORS, is_podman, labels, remove
from sandbox.errors import SandboxError
from sandbox.interpreter import PACKAGES
from sandbox.job import STDIN_BYTES, Lane, Limits
from sandbox.ship import ARGUMENTS, ENVIRONMENT, first_message

_STREAM = struct.Struct(">BxxxI")  # the engine's own framing of stdout (1) and stderr (2)
_WORDS_KEPT = 4000
_OWN_MB = 192  # supervisor and what it loads, and a job's outputs; its address space is limited on top


class ContainerTransport:
    """A container, and the stream that the engine hijacks for us."""

    def __init__(
        self,
        client: docker.DockerClient,
        name: str,
        number: int,
        lane: Lane,
        image: str,
        limits: Limits,
        run_id: str,
        runtime: str | None,
    ) -> None:
        self.name = name
        self._client = client
        self._ending = threading.Lock()
        self._using = threading.Lock()  # held over each wait in the socket: it is not closed below a thread that waits
        self._words = bytearray()
        self._data, self._raw = bytearray(), bytearray()
        api = client.api
        temporary = f"rw,noexec,nosuid,nodev,size={limits.tmp_mb}m,mode=1777" + (
            "" if is_podman(client) else ",nr_inodes=4096"
        )
        memory = (limits.memory_mb + limits.tmp_mb + _OWN_MB + (STDIN_BYTES >> 20)) << 20
        host = api.create_host_config(
            network_mode="none", read_only=True, cap_drop=["ALL"], cap_add=["SETUID", "SETGID", "KILL"], security_opt=["no-new-privileges"],
            pids_limit=limits.processes + 16, mem_limit=memory, memswap_limit=memory, ipc_mode="none", tmpfs={"/tmp": temporary}, auto_remove=True,
            ulimits=[docker.types.Ulimit(name=n, soft=v, hard=v) for n, v in (("nofile", 1024), ("nproc", 4096), ("core", 0))],
            log_config=docker.types.LogConfig(type="none"), runtime=runtime,
        )  # fmt: skip
        uid = (
            10_000 + (os.getpid() * 997 + number) % 50_000
        )  # its own: a user's processes are counted together, whatever container they are in
        config = {"jail": None, "new_pid": False, "uid": uid, "packages": [PACKAGES]}
        self._container: str | None = None
        try:
            made = api.create_container(
                image, ["python3", *ARGUMENTS], stdin_open=True, environment=dict(ENVIRONMENT), user="0:0", working_dir="/", hostname="sandbox",
                labels=labels(run_id), host_config=host, entrypoint=[], stop_signal="SIGKILL",
            )  # fmt: skip
            self._container = made["Id"]
            self._hijacked: Any = api.attach_socket(
                self._container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
            self._socket: socket.socket = self._hijacked._sock
            api.start(self._container)
            self.send(first_message(lane, config), time.monotonic() + 30)
        except ENGINE_ERRORS as error:
            raise SandboxError(
                f"{name}: the engine could not start a container of {image} ({error}); {self.end()}"
            ) from error

    @property
    def container(self) -> str | None:
        """Its id; None once ended."""
        return self._container

    def send(self, data: bytes, deadline: float) -> None:
        with self._using:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.sendall(data)

    def receive(self, size: int, deadline: float) -> bytes:
        while len(self._data) < size:
            self._more(deadline)
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def _more(self, deadline: float) -> None:
        """Whatever has arrived, sorted into data and words: the engine sends both over one stream, in pieces of its own making."""
        with self._using:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            chunk = self._socket.recv(1 << 18)
        if not chunk:
            raise EOFError
        self._raw += chunk
        at = 0
        while len(self._raw) - at >= _STREAM.size:
            kind, length = _STREAM.unpack_from(self._raw, at)
            piece = self._raw[at + _STREAM.size : at + _STREAM.size + length]
            if len(piece) < length:
                break
            if kind == 1:
                self._data += piece
            else:
                self._words = (self._words + piece)[-_WORDS_KEPT:]
            at += _STREAM.size + length
        del self._raw[:at]

    def end(self) -> str:
        with self._ending:
            container, self._container = self._container, None
        if container is None:
            return ""
        if hasattr(self, "_hijacked"):
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in it
            # Once that thread has left: its number may be the next connection's, and the kernel, which looks it up again, would go on waiting there.
            with self._using:
                self._hijacked._response.close()
                self._socket.close()
        try:
            remove(self._client, container)
        except ENGINE_ERRORS:  # the engine is gone; its containers are reaped when it is back
            self._words += b" (the engine does not answer)"
        return self._words.decode(errors="replace").strip().replace("\n", " | ")
