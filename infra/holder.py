"""Who holds a run: a process, named so that another can tell whether it still lives."""

from __future__ import annotations

import json
import os
import shlex
import socket
import sys
import textwrap
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Holder:
    """`started`: clock ticks from the host's boot to the start of the process; `since`, `released`: ISO times by the holder's
    clock, for people only; `token`: one per acquisition; `beat_s`: seconds between its beats."""

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
        host, boot_id, namespace = _here()
        started = _started(os.getpid())
        assert started is not None, "this process runs"
        command = textwrap.shorten(shlex.join(sys.orig_argv), 200)
        return cls(host, boot_id, os.getpid(), namespace, started, iso_now(), uuid.uuid4().hex, command, beat_s)

    @classmethod
    def parse(cls, raw: bytes) -> Holder | None:
        """None where that is not a holder."""
        try:
            holder = cls(**json.loads(raw))
            usable = type(holder.pid) is int and type(holder.started) is int and holder.beat_s > 0
        except (ValueError, TypeError):
            return None
        return holder if usable else None

    def to_bytes(self) -> bytes:
        return json.dumps(asdict(self), indent=1).encode()

    def state(self) -> Literal["this process", "runs", "dead", "elsewhere"]:
        """As far as can be seen from here; other hosts and other containers are elsewhere."""
        if (self.host, self.boot_id, self.pid_namespace) != _here() or _hidden(self.pid):
            return "elsewhere"
        if self.started != _started(self.pid):
            return "dead"
        return "this process" if self.pid == os.getpid() else "runs"

    def __str__(self) -> str:
        return f"pid {self.pid} on host {self.host} (since {self.since})"


def iso_now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _here() -> tuple[str, str, str]:
    """Host, boot, pid namespace: where a pid means what it means to us."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname(), boot, os.readlink("/proc/self/ns/pid")


def _started(pid: int) -> int | None:
    """Clock ticks from boot to the start of a process, None where it is dead (a zombie is)."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _hidden(pid: int) -> bool:
    """Whether it exists and /proc does not show it: another user's, where /proc is mounted with hidepid (shared nodes are)."""
    if Path(f"/proc/{pid}").exists():
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return False  # it was born between the two looks
