"""A slot as the host sees it: a supervisor behind a stream that runs one job at a time. A broken slot is ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from sandbox.inside import frames
from sandbox.job import Job, Result, Status

START_DEADLINE_S = 60.0
_GRACE_S = 5.0  # beyond a job's wall limit, for killing and wiping on a busy machine


class SlotLost(Exception):
    """A slot whose supervisor died, hung, could not confine the job, or sent a malformed message.

    hung: the supervisor did not answer in time.
    unconfined: the child could not be confined, which is never the job's fault.
    """

    def __init__(self, message: str, *, hung: bool = False, unconfined: bool = False) -> None:
        super().__init__(message)
        self.hung, self.unconfined = hung, unconfined


class Transport(Protocol):
    """A stream to a supervisor. It can end the supervisor and everything that it started."""

    name: str

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of `data`. Raises OSError, a TimeoutError at the monotonic `deadline`."""
        ...

    def receive(self, size: int, deadline: float) -> bytes:
        """Return exactly `size` bytes. Raises EOFError where the stream ends, and OSError as `send` does."""
        ...

    def end(self) -> str:
        """Kill the supervisor and its processes, free their resources, and return the last lines on stderr.

        Safe to call twice.
        """
        ...


class Slot:
    """A running supervisor that takes one job after the other.

    usable: False once the slot has ended, or could not be cleaned after a job.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.usable = True
        hello, _ = self._receive(time.monotonic() + START_DEADLINE_S)
        if not hello.get("ready"):
            raise SlotLost(f"{transport.name}: {hello.get('error', 'it did not start')}; {self.end()}")
        self.hello: Mapping[str, Any] = hello

    @property
    def name(self) -> str:
        """Return the slot's name, for messages."""
        return self._transport.name

    def run(self, job: Job) -> Result:
        """Run a job and return its result. Raises SlotLost where the slot broke, which says nothing about the job."""
        limits = job.limits
        header = {
            "mode": job.mode,
            "has_program": job.program is not None,
            "cpu_s": limits.cpu_s,
            "wall_s": limits.wall,
            "idle_s": limits.idle,
            "memory_mb": limits.memory_mb,
            "output_bytes": limits.output_bytes,
            "processes": limits.processes,
            "tmp_mb": limits.tmp_mb,
        }
        deadline = time.monotonic() + limits.wall + _GRACE_S
        try:
            self._transport.send(frames.pack(header, [job.program or b"", job.payload, job.stdin]), deadline)
        except OSError as error:
            raise SlotLost(f"{self.name}: gone before the job ({error}); {self.end()}") from error
        reply, blobs = self._receive(deadline)
        try:
            stdout, stderr, results = blobs
            status, usable = reply["status"], not reply["dirty"]
            if status == "setup":
                said = stderr.decode(errors="replace")[-500:]
                message = f"{self.name}: the child could not be walled in: {said}; {self.end()}"
                raise SlotLost(message, unconfined=True)
            result = Result(
                Status(status),
                reply["code"],
                stdout,
                stderr,
                results,
                cpu_s=reply["cpu_s"],
                wall_s=reply["wall_s"],
                memory_bytes=reply["memory_bytes"],
            )
        except (KeyError, ValueError) as error:
            raise SlotLost(f"{self.name}: answered what is no answer ({error}); {self.end()}") from error
        self.usable = usable
        return result

    def _receive(self, deadline: float) -> tuple[dict[str, Any], list[bytes]]:
        try:
            return frames.read(lambda size: self._transport.receive(size, deadline))
        except (EOFError, OSError, ValueError) as error:
            hung = isinstance(error, TimeoutError)
            how = "hung" if hung else "died" if isinstance(error, EOFError) else f"broke ({error})"
            raise SlotLost(f"{self.name}: {how}; {self.end()}", hung=hung) from error

    def end(self) -> str:
        """End the slot and return its last lines on stderr."""
        self.usable = False
        return self._transport.end()
