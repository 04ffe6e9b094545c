"""A slot seen from the host: one supervisor behind a stream, one job at a time. Lost is lost: a slot that broke is ended, never mended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

from sandbox.inside import frames
from sandbox.job import Job, Result, Status

START_DEADLINE_S = 60.0
_GRACE_S = 5.0  # beyond a job's own wall limit: for killing, wiping and a busy machine


class SlotLost(Exception):
    """The supervisor died, hung (`hung`), could not wall the job in (`open`: no job's doing) or spoke nonsense. Says how, for a log."""

    def __init__(self, message: str, *, hung: bool = False, open: bool = False) -> None:
        super().__init__(message)
        self.hung, self.open = hung, open


class Transport(Protocol):
    """A stream to a supervisor, and the end of everything behind it."""

    name: str

    def send(self, data: bytes, deadline: float) -> None:
        """All of `data`. OSError (a TimeoutError at the monotonic `deadline`)."""
        ...

    def receive(self, size: int, deadline: float) -> bytes:
        """Exactly `size` bytes. EOFError where the stream ends, OSError."""
        ...

    def end(self) -> str:
        """Kills all behind the stream and frees what belongs to it; safe to call twice. Returns its last words, for messages."""
        ...


class Slot:
    """Runs jobs one after the other."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self.usable = True
        hello, _ = self._receive(time.monotonic() + START_DEADLINE_S)
        if not hello.get("ready"):
            raise SlotLost(f"{transport.name}: {hello.get('error', 'it did not start')}; {self.end()}")
        self.hello: Mapping[str, Any] = hello

    @property
    def name(self) -> str:
        return self._transport.name

    def run(self, job: Job) -> Result:
        """SlotLost: nothing is known of the job, and the slot is gone. `usable` is False afterwards where it could not be made as new."""
        limits = job.limits
        header = {
            "mode": job.mode, "has_program": job.program is not None, "cpu_s": limits.cpu_s, "wall_s": limits.wall, "idle_s": limits.idle,
            "memory_mb": limits.memory_mb, "output_bytes": limits.output_bytes, "processes": limits.processes, "tmp_mb": limits.tmp_mb,
        }  # fmt: skip
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
                raise SlotLost(
                    f"{self.name}: the child could not be walled in: {stderr.decode(errors='replace')[-500:]}; {self.end()}",
                    open=True,
                )
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
            what = (
                "hung"
                if isinstance(error, TimeoutError)
                else "died"
                if isinstance(error, EOFError)
                else f"broke ({error})"
            )
            raise SlotLost(f"{self.name}: {what}; {self.end()}", hung=isinstance(error, TimeoutError)) from error

    def end(self) -> str:
        self.usable = False
        return self._transport.end()
