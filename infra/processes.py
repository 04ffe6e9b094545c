"""Processes of this machine, from /proc: who descends from whom, and what one that hangs is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its pid and the time that it was started at (ticks since boot): another that gets the pid later is not this one."""

    pid: int
    started: int

    @property
    def alive(self) -> bool:
        """Whether it runs or is stopped; a zombie has ended."""
        fields = _stat(self.pid)
        return fields is not None and int(fields[19]) == self.started and fields[0] not in "ZX"

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Sends a signal, if the process is still there."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)


def process(pid: int) -> Process | None:
    """The process that has `pid` now, if there is one."""
    fields = _stat(pid)
    return None if fields is None else Process(pid, int(fields[19]))


def family(roots: Iterable[Process]) -> list[Process]:
    """Those of `roots` that live, and everything that descends from them."""
    children: dict[int, list[Process]] = defaultdict(list)
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _stat(int(name))) is not None:
            children[int(fields[1])].append(Process(int(name), int(fields[19])))
    found: dict[Process, None] = {}
    waiting = [root for root in roots if root.alive]
    while waiting:
        one = waiting.pop(0)
        if one not in found:
            found[one] = None
            waiting += children[one.pid]
    return list(found)


def end(processes: Sequence[Process], within_s: float) -> None:
    """Kills all of them and waits until they are gone, at most so long (a process in the kernel's hands may take longer)."""
    for each in processes:
        each.kill()
    deadline = time.monotonic() + within_s
    while any(each.alive for each in processes) and time.monotonic() < deadline:
        time.sleep(0.01)


def describe(pid: int) -> str:
    """Command, state and threads, each with what it waits for in the kernel, as far as this user may read it."""
    root = Path(f"/proc/{pid}")
    status = dict(line.split(":\t", 1) for line in _read(root / "status").splitlines() if ":\t" in line)
    command = _read(root / "cmdline").replace("\0", " ").strip()
    lines = [f"process {pid} (parent {status.get('PPid', '?')}), state {status.get('State', 'gone')}: {command}"]
    with contextlib.suppress(OSError):
        for task in sorted((root / "task").iterdir(), key=lambda path: int(path.name)):
            fields = _stat(pid, int(task.name))
            state = "gone" if fields is None else fields[0]
            waits = _read(task / "wchan").strip()
            lines.append(
                f"  thread {task.name} {_read(task / 'comm').strip()}: {state}"
                + (f", in {waits}" if waits not in ("", "0") else "")
            )
            lines += [f"    {line}" for line in _read(task / "stack").splitlines()]  # the kernel's; for root only
    return "\n".join(lines)


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _stat(pid: int, thread: int | None = None) -> list[str] | None:
    """/proc/PID/stat from its third field (the state) on: the second may hold anything."""
    text = _read(Path(f"/proc/{pid}/stat") if thread is None else Path(f"/proc/{pid}/task/{thread}/stat"))
    return text.rpartition(")")[2].split() or None
