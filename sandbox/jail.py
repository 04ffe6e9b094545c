"""The jail backend, which needs no engine: a slot is a process tree in its own namespaces.

`sandbox/inside/namespaces.py` makes the namespaces and the root file system, in the started process.
"""

from __future__ import annotations

import contextlib
import os
import platform
import select
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import IO

from sandbox import interpreter
from sandbox.bootstrap import ARGUMENTS, ENVIRONMENT, first_message
from sandbox.errors import SandboxError
from sandbox.job import Lane

REMEDY = (
    "the jail needs unprivileged user namespaces and Linux 5.12: "
    "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 23.10 and later), "
    "`sysctl -w user.max_user_namespaces=10000`, `sysctl -w kernel.unprivileged_userns_clone=1` (Debian), "
    "or install Docker"
)
_FIRST_UID = 820_000_000  # users that own nothing: far above the ids that systems and containers use
_PREFIX = "sandbox-"  # of the folder where a slot mounts its root; the pid of its owner follows
_PYTHON = "/python"


@cache
def binds() -> tuple[tuple[str, str], ...]:
    """Return (folder here, folder inside) of all that an interpreter needs once it has started.

    These are its standard library (the first), shared libraries and the libraries for programs.
    """
    multiarch = sysconfig.get_config_var("MULTIARCH") or "x86_64-linux-gnu"
    wanted = [*(f"{folder}/{multiarch}" for folder in ("/lib", "/usr/lib")), "/lib64", "/usr/lib64"]
    found = [(os.path.realpath(folder), folder) for folder in wanted if os.path.isdir(folder)]
    packages = [(str(folder), f"{interpreter.PACKAGES}/{folder.name}") for folder in interpreter.all_library_folders()]
    # The library gets a fixed name inside: an interpreter may be installed below /tmp, which is replaced inside.
    return ((os.path.realpath(interpreter.standard_library()), _PYTHON), *found, *packages)


def library_binds(libraries: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Return (path here, path inside) of further libraries, without those that every slot has."""
    there = {target for _, target in binds()}
    wanted = [(os.path.realpath(path), f"{interpreter.PACKAGES}/{path.name}") for path in libraries]
    return tuple(each for each in wanted if each[1] not in there)


def sweep() -> None:
    """Remove the folders of processes that were killed. They are empty: their mounts ended with the namespace."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*-*"):
        pid = folder.name.removeprefix(_PREFIX).partition("-")[0]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists():
            with contextlib.suppress(OSError):  # it belongs to another user
                folder.rmdir()


class JailTransport:
    """The process that becomes a jail, with a pipe to it and one from it. Its stderr goes to an unnamed file."""

    def __init__(self, name: str, number: int, lane: Lane, tmp_mb: int, libraries: Sequence[Path] = ()) -> None:
        self.name = name
        self._folder = tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-")
        os.chmod(self._folder, 0o755)
        self._using = threading.Lock()
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the slot is)
        uid = _FIRST_UID + os.getpid() % 1000 * 1000 + number % 1000
        config = {
            "jail": {
                "binds": (*binds(), *library_binds(libraries)),
                "staging": self._folder,
                "uid": uid,
                "tmp_mb": tmp_mb,
            },
            "new_pid": True,
            "uid": None,
            "packages": [interpreter.PACKAGES] if libraries or interpreter.all_library_folders() else [],
        }
        self._process = subprocess.Popen(
            [str(interpreter.executable()), *ARGUMENTS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=dict(ENVIRONMENT),
            bufsize=0,
            cwd="/",
            start_new_session=True,
        )
        assert self._process.stdin is not None and self._process.stdout is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        os.set_blocking(self._to.fileno(), False)
        try:
            self.send(first_message(lane, config), time.monotonic() + 30)
        except OSError as error:
            raise SandboxError(f"{name}: {error}; {self.end()}") from error

    @property
    def pid(self) -> int:
        """Return the process id of the outer process, in the host's namespace."""
        return int(self._process.pid)

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of `data`; see `slot.Transport`."""
        view = memoryview(data)
        while view:
            with self._using:
                self._wait(self._to, select.POLLOUT, deadline)
                with contextlib.suppress(BlockingIOError):
                    view = view[os.write(self._to.fileno(), view) :]

    def receive(self, size: int, deadline: float) -> bytes:
        """Return exactly `size` bytes; see `slot.Transport`."""
        parts = bytearray()
        while len(parts) < size:
            with self._using:
                self._wait(self._from, select.POLLIN, deadline)
                chunk = os.read(self._from.fileno(), min(size - len(parts), 1 << 20))
            if not chunk:
                raise EOFError
            parts += chunk
        return bytes(parts)

    @staticmethod
    def _wait(stream: IO[bytes], event: int, deadline: float) -> None:
        if stream.closed:
            raise BrokenPipeError("it was ended")
        poll = select.poll()
        poll.register(stream, event)
        if not poll.poll(max(0.0, deadline - time.monotonic()) * 1000):
            raise TimeoutError

    def end(self) -> str:
        """Kill the jail, remove its folder, and return its last lines on stderr; see `slot.Transport`."""
        if self._process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)  # its end wakes a thread that waits in `receive`
        self._process.wait()
        with self._using:
            if self._errors.closed:
                return ""
            self._to.close()
            self._from.close()
            self._errors.seek(0)
            last_lines = " | ".join(self._errors.read().decode(errors="replace").strip().splitlines()[-3:])
            self._errors.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        return last_lines


def unsupported() -> str | None:
    """Return why a jail is impossible on this machine, or None where it may be possible."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return f"the jail is built for Linux on x86-64; this is {sys.platform} on {platform.machine()}"
    return None
