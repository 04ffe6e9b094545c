"""A Docker or Podman engine, as far as the sandbox needs one: whether it answers, and containers that outlived their maker."""

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
    """The engine that DOCKER_HOST names, else the one at its usual socket (a Podman socket works alike). SandboxError if none answers."""
    try:
        client = docker.from_env(timeout=_TIMEOUT_S)
        client.ping()
    except ENGINE_ERRORS as error:
        where = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        raise SandboxError(
            f"no Docker engine answers at {where} ({_short(error)}): start Docker (or `podman system service` and DOCKER_HOST), or use the jail"
        ) from error
    return client


def unreachable() -> str | None:
    """Why no engine can be used, None where one answers."""
    try:
        connect().close()
    except SandboxError as error:
        return str(error)
    return None


def is_podman(client: docker.DockerClient) -> bool:
    return any("podman" in str(part.get("Name", "")).lower() for part in client.version().get("Components") or ())


@cache
def _this_host() -> str:
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{socket.gethostname()} {boot} {os.readlink('/proc/self/ns/pid')}"  # two containers may share an engine, not their numbers


def _started(pid: int) -> str:
    """When a process was started (clock ticks since boot), so that a number used again is no mistake; empty if there is none."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def labels(run_id: str) -> dict[str, str]:
    """Who made a container: enough to know later whether its maker still lives."""
    pid = os.getpid()
    return {LABEL: run_id, f"{LABEL}.host": _this_host(), f"{LABEL}.pid": str(pid), f"{LABEL}.started": _started(pid)}


def reap(client: docker.DockerClient) -> int:
    """Removes the containers whose maker on this host is gone (killed); returns how many."""
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
    """Ends and removes a container. False where it was gone, or is going."""
    try:
        client.api.remove_container(container, force=True, v=True)
    except (NotFound, APIError):  # 409: the engine is removing it by itself
        return False
    return True


def _short(error: BaseException) -> str:
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0][:200]}" if text else type(error).__name__
