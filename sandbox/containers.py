"""The Docker backend: a slot is one long-lived hardened container whose PID 1 is the supervisor.

Messages go over the attached stdin and stdout. When the host process ends in any way, the engine closes stdin, the
supervisor exits, and the container removes itself.
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

from sandbox.bootstrap import ARGUMENTS, ENVIRONMENT, first_message
from sandbox.container_engine import ENGINE_ERRORS, is_podman, labels, remove
from sandbox.errors import SandboxError
from sandbox.interpreter import PACKAGES
from sandbox.job import STDIN_BYTES, Lane, Limits

_STREAM = struct.Struct(">BxxxI")  # the engine's own framing of stdout (1) and stderr (2)
_STDERR_KEPT = 4000
_OWN_MB = 192  # for the supervisor, the modules that it loads, and a job's outputs


class ContainerTransport:
    """A container, and the stream to its stdin, stdout and stderr."""

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
        self._using = threading.Lock()  # held during each wait on the socket, which must not be closed meanwhile
        self._stderr = bytearray()
        self._data, self._raw = bytearray(), bytearray()
        api = client.api
        temporary = f"rw,noexec,nosuid,nodev,size={limits.tmp_mb}m,mode=1777" + (
            "" if is_podman(client) else ",nr_inodes=4096"
        )
        memory = (limits.memory_mb + limits.tmp_mb + _OWN_MB + (STDIN_BYTES >> 20)) << 20
        ulimits = (("nofile", 1024), ("nproc", 4096), ("core", 0))
        host = api.create_host_config(
            network_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            cap_add=["SETUID", "SETGID", "KILL"],
            security_opt=["no-new-privileges"],
            pids_limit=limits.processes + 16,
            mem_limit=memory,
            memswap_limit=memory,
            ipc_mode="none",
            tmpfs={"/tmp": temporary},
            auto_remove=True,
            ulimits=[docker.types.Ulimit(name=name, soft=value, hard=value) for name, value in ulimits],
            log_config=docker.types.LogConfig(type="none"),
            runtime=runtime,
        )
        # A user of its own: RLIMIT_NPROC counts a user's processes in all containers together.
        uid = 10_000 + (os.getpid() * 997 + number) % 50_000
        config = {"jail": None, "new_pid": False, "uid": uid, "packages": [PACKAGES]}
        self._container: str | None = None
        try:
            made = api.create_container(
                image,
                ["python3", *ARGUMENTS],
                stdin_open=True,
                environment=dict(ENVIRONMENT),
                user="0:0",
                working_dir="/",
                hostname="sandbox",
                labels=labels(run_id),
                host_config=host,
                entrypoint=[],
                stop_signal="SIGKILL",
            )
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
        """Return the container's id, None once it has ended."""
        return self._container

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of `data`; see `slot.Transport`."""
        with self._using:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            self._socket.sendall(data)

    def receive(self, size: int, deadline: float) -> bytes:
        """Return exactly `size` bytes; see `slot.Transport`."""
        while len(self._data) < size:
            self._more(deadline)
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def _more(self, deadline: float) -> None:
        """Read what has arrived and sort it into stdout and stderr: the engine sends both in pieces of one stream."""
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
                self._stderr = (self._stderr + piece)[-_STDERR_KEPT:]
            at += _STREAM.size + length
        del self._raw[:at]

    def end(self) -> str:
        """Remove the container and return its last lines on stderr; see `slot.Transport`."""
        with self._ending:
            container, self._container = self._container, None
        if container is None:
            return ""
        if hasattr(self, "_hijacked"):
            with contextlib.suppress(OSError):
                self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits on it
            # Closed after that thread has left: else a new connection could get the same descriptor, and the thread
            # would go on waiting on that one.
            with self._using:
                self._hijacked._response.close()
                self._socket.close()
        try:
            remove(self._client, container)
        except ENGINE_ERRORS:  # the engine is gone; its containers are reaped when it is back
            self._stderr += b" (the engine does not answer)"
        return self._stderr.decode(errors="replace").strip().replace("\n", " | ")
