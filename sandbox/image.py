"""The image of the containers.

It is the configured image, else one that is here, else one built from `sandbox/Dockerfile`, else one made of the
running interpreter. The last needs no registry: it holds the interpreter, the standard library without its tests,
the libraries for programs, and the shared libraries that these link to.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import docker
from docker.errors import APIError, BuildError, ImageNotFound

from sandbox import interpreter
from sandbox.errors import SandboxError

log = logging.getLogger("armature.sandbox")

REPOSITORY = "armature-sandbox"
_DOCKERFILE = Path(__file__).with_name("Dockerfile")
_SKIPPED = {"test", "tests", "site-packages", "__pycache__", "idlelib", "turtledemo", "tkinter", "ensurepip", "lib2to3"}


def resolve(client: docker.DockerClient, configured: str | None) -> str:
    """Return the id of the image to use, building or pulling it where necessary.

    configured: a name that the user gave; no other image is used then.
    """
    if configured is not None:
        return _configured(client, configured)
    for tag in (_built_tag(), _own_tag()):
        try:
            return str(client.images.get(tag).id)
        except ImageNotFound:
            continue
    return build(client)


def build(client: docker.DockerClient) -> str:
    """Build the image from the Dockerfile, or from this interpreter where nothing can be pulled, and return its id."""
    try:
        image, _ = client.images.build(
            path=str(_DOCKERFILE.parent), dockerfile=_DOCKERFILE.name, tag=_built_tag(), rm=True, forcerm=True
        )
        log.info("sandbox: built %s from sandbox/Dockerfile", _built_tag())
        return str(image.id)
    except (APIError, BuildError, TypeError) as error:
        log.info(
            "sandbox: sandbox/Dockerfile cannot be built here (%s); making an image of this interpreter",
            str(error).strip().splitlines()[0][:160],
        )
    answer = client.api.import_image_from_data(_own_tar(), repository=REPOSITORY)
    made = str(json.loads(str(answer).strip().splitlines()[-1]).get("status", ""))
    if not made.startswith("sha256:"):
        raise SandboxError(
            f"the engine did not take an image of this interpreter ({str(answer)[-300:]}): "
            "pull or build one, and name it in SANDBOX_IMAGE"
        )
    client.api.tag(made, REPOSITORY, _own_tag().partition(":")[2])  # Podman ignores the tag of an import
    return made


def _configured(client: docker.DockerClient, name: str) -> str:
    try:
        return str(client.images.get(name).id)
    except ImageNotFound:
        pass
    try:
        return str(client.images.pull(*_name_and_tag(name)).id)
    except APIError as error:  # offline: 500, not ImageNotFound
        raise SandboxError(
            f"image {name}: not here, and it cannot be pulled ({error.explanation or error}): "
            "pull or build it, or name none"
        ) from error


def _name_and_tag(name: str) -> tuple[str, str]:
    repository, colon, tag = name.rpartition(":")
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def _built_tag() -> str:
    return f"{REPOSITORY}:{hashlib.sha256(_DOCKERFILE.read_bytes()).hexdigest()[:12]}"


@cache
def _own_tag() -> str:
    return f"{REPOSITORY}:own-{hashlib.sha256(f'{sys.version} {interpreter.identity()}'.encode()).hexdigest()[:12]}"


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = sorted(f for f in folders if f not in _SKIPPED and not f.startswith("config-"))
        yield from (Path(root) / name for name in sorted(files))


def _own_tar() -> bytes:
    """Return a tar file of the image: interpreter and standard library in /usr/local, others in /packages."""
    library, executable = interpreter.standard_library(), interpreter.executable()
    contents = {"/usr/local/bin/python3": executable}
    contents |= {f"/usr/local/lib/{library.name}/{path.relative_to(library)}": path for path in _files(library)}
    for package in interpreter.all_library_folders():
        contents |= {
            f"{interpreter.PACKAGES}/{package.name}/{path.relative_to(package)}": path for path in _files(package)
        }
    linked = [path for path in contents.values() if path == executable or ".so" in path.suffixes]
    contents |= {name: Path(os.path.realpath(name)) for name in _libraries(linked)}
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for folder in ("tmp", "proc", "dev", "sys", "etc"):
            tar.addfile(_entry(folder, 0o755, tarfile.DIRTYPE))
        for name, path in contents.items():
            body = path.read_bytes()
            entry = _entry(name.lstrip("/"), 0o755 if os.access(path, os.X_OK) else 0o644)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return data.getvalue()


def _entry(name: str, mode: int, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.mode, entry.type = mode, kind
    return entry


def _libraries(paths: list[Path]) -> list[str]:
    """Return the shared libraries that `paths` link to, by the names that the linker looks for."""
    done = subprocess.run(["ldd", *map(str, paths)], capture_output=True, text=True, check=False, timeout=120)
    found = set()
    for line in done.stdout.splitlines():
        words = line.split()
        if len(words) >= 3 and words[1] == "=>" and words[2].startswith("/"):
            found.add(words[2])
        elif words and words[0].startswith("/") and words[0].partition(".so")[1] and not words[0].endswith(":"):
            found.add(words[0])
    packages = interpreter.all_library_folders()  # their own shared libraries are copied with them
    return sorted(name for name in found if not any(Path(name).is_relative_to(folder) for folder in packages))
