"""The holder of a run's lease: a process, described so that another process can find out whether it still lives."""

from __future__ import annotations

import json
import os
import shlex
import sys
import textwrap
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from infra.processes import here, start_ticks


@dataclass(frozen=True)
class Holder:
    """One acquisition of a lease, as JSON in the store.

    `started`: clock ticks from the host's boot to the start of the process; `since`, `released`: ISO times by the
    holder's clock, for people only; `token`: one per acquisition; `beat_s`: seconds between the holder's beats.
    """

    host: str
    boot_id: str
    pid: int
    pid_namespace: str
    started: int
    since: str
    token: str
    command: str
    beat_s: float
    released: str | None = None

    @classmethod
    def this_process(cls, beat_s: float) -> Holder:
        """Return a holder that describes this process, with a new token."""
        host, boot_id, namespace = here()
        started = start_ticks(os.getpid())
        assert started is not None, "this process runs"
        command = textwrap.shorten(shlex.join(sys.orig_argv), 200)
        return cls(host, boot_id, os.getpid(), namespace, started, iso_now(), uuid.uuid4().hex, command, beat_s)

    @classmethod
    def parse(cls, raw: bytes) -> Holder | None:
        """Return the holder that `raw` describes; None where it describes none."""
        try:
            holder = cls(**json.loads(raw))
            usable = type(holder.pid) is int and type(holder.started) is int and holder.beat_s > 0
        except (ValueError, TypeError, RecursionError):
            return None
        return holder if usable else None

    def to_bytes(self) -> bytes:
        """Return the holder as JSON."""
        return json.dumps(asdict(self), indent=1).encode()

    def state(self) -> Literal["this process", "runs", "dead", "elsewhere"]:
        """Return the holder's state as far as it can be seen from here: other hosts and containers are elsewhere."""
        if (self.host, self.boot_id, self.pid_namespace) != here() or _hidden(self.pid):
            return "elsewhere"
        if self.started != start_ticks(self.pid):
            return "dead"
        return "this process" if self.pid == os.getpid() else "runs"

    def __str__(self) -> str:
        return f"pid {self.pid} on host {self.host} (since {self.since})"


def iso_now() -> str:
    """Return the time now, in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _hidden(pid: int) -> bool:
    """Return True for a process that exists and is not in /proc: another user's, under hidepid (as on shared nodes)."""
    if Path(f"/proc/{pid}").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return False  # it was started between the two looks
