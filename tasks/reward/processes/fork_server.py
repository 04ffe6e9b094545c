"""The parent's handle on a fork server: `python -m MODULE CONTROL_FD`, a module that ends in `server.serve`."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tasks.reward.processes.messages import HEADER, receive, receive_exactly, send

ROOT = Path(__file__).resolve().parents[3]
_DEADLINE_S = 120.0  # for the import of what the workers need, and for each fork and each kill


@dataclass(slots=True)
class ForkServer:
    """A fork server that runs a module, with an environment of its own. Used by one thread at a time."""

    module: str
    _process: subprocess.Popen[bytes] | None = None
    _control: socket.socket | None = None
    _errors: IO[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Return the server's process id; None while there is none."""
        return self._process.pid if self._process else None

    def start(self, environment: Mapping[str, str], request: object = None) -> object:
        """Start the process, send it `request`, and return its greeting. OSError, EOFError where it does not start."""
        ours, theirs = socket.socketpair()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (open as long as the server is)
        self._control = ours
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, str(theirs.fileno())],
                env=dict(environment),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        ours.settimeout(_DEADLINE_S)
        send(ours, request)
        return receive(ours)

    def fork(self) -> tuple[int, socket.socket]:
        """Return a new worker's process id and socket."""
        assert self._control is not None
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._control, [b"F"], [theirs.fileno()])
            (pid,) = HEADER.unpack(receive_exactly(self._control, HEADER.size))
        return pid, ours

    def kill(self, pid: int) -> int:
        """End a worker and what it has left behind; return its wait status."""
        assert self._control is not None
        self._control.sendall(b"K" + HEADER.pack(pid))
        (status,) = HEADER.unpack(receive_exactly(self._control, HEADER.size))
        return int(status)

    def error_text(self) -> str:
        """Return the last lines that the server wrote to its standard error."""
        if self._errors is None:
            return ""
        self._errors.seek(0)
        return " | ".join(self._errors.read().decode(errors="replace").strip().splitlines()[-3:])

    def stop(self) -> None:
        """Close the control socket, at which the server and its workers end, and wait for them."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            self._process.kill()
            self._process.wait()
        if self._errors is not None:
            self._errors.close()
        self._process = self._control = self._errors = None


def environment_without_credentials() -> dict[str, str]:
    """Return an environment with nothing of this one but the path to the interpreter."""
    return {"PATH": os.environ.get("PATH", ""), "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **ONE_THREAD}


#: Workers are as many as there should be threads.
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
