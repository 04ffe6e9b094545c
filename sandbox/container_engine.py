"""Access to a Docker or Podman engine: connecting, labels, and removal of containers that outlived their owner."""

from __future__ import annotations

import contextlib
import os
import socket
from functools import cache
from pathlib import Path
from typing import Any

import docker
from docker.errors import APIError, DockerException, NotFound
from requests.exceptions import RequestException

from sandbox.errors import SandboxError

LABEL = "armature.sandbox"
ENGINE_ERRORS = (DockerException, RequestException, OSError)
_TIMEOUT_S = 60


def connect() -> docker.DockerClient:
    """Return a client of the engine that DOCKER_HOST names, else of the one at the usual socket.

    A Podman socket works as well. Raises SandboxError if no engine answers.
    """
    try:
        client = docker.from_env(timeout=_TIMEOUT_S)
        client.ping()
    except ENGINE_ERRORS as error:
        where = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        raise SandboxError(
            f"no Docker engine answers at {where} ({_short(error)}): "
            "start Docker (or `podman system service` and DOCKER_HOST), or use the jail"
        ) from error
    return client


def unreachable() -> str | None:
    """Return why no engine can be used, or None where one answers."""
    try:
        connect().close()
    except SandboxError as error:
        return str(error)
    return None


def is_podman(client: docker.DockerClient) -> bool:
    """Return whether the engine is Podman."""
    return any("podman" in str(part.get("Name", "")).lower() for part in client.version().get("Components") or ())


@cache
def _this_host() -> str:
    """Return an identifier of this host's pid namespace: two containers may share an engine, but not process ids."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"


def _started(pid: int) -> str:
    """Return the start time of a process (clock ticks since boot), which tells reused ids apart; empty if none runs."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def labels(run_id: str) -> dict[str, str]:
    """Return labels that name a container's owner, so that `reap` can find out whether it still runs."""
    pid = os.getpid()
    return {LABEL: run_id, f"{LABEL}.host": _this_host(), f"{LABEL}.pid": str(pid), f"{LABEL}.started": _started(pid)}


def reap(client: docker.DockerClient) -> int:
    """Remove the containers whose owner on this host was killed, and return their number."""
    gone = 0
    for found in client.api.containers(all=True, filters={"label": LABEL}):
        its: dict[str, Any] = found.get("Labels") or {}
        pid = its.get(f"{LABEL}.pid", "")
        if (
            its.get(f"{LABEL}.host") == _this_host()
            and pid.isdigit()
            and _started(int(pid)) != its.get(f"{LABEL}.started")
        ):
            gone += remove(client, found["Id"])
    return gone


def remove(client: docker.DockerClient, container: str) -> bool:
    """Kill and remove a container. Return False where it is already gone or being removed."""
    try:
        client.api.remove_container(container, force=True, v=True)
    except (NotFound, APIError):  # 409: the engine is already removing it
        return False
    return True


def _short(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
