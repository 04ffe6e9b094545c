"""Processes of this machine, by psutil: a process with all that it started, and its end."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterable, Sequence
from pathlib import Path

import psutil


def process(pid: int) -> psutil.Process | None:
    """Return the process that has `pid` now, if there is one. A later process with that pid is not equal to it."""
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def family(roots: Iterable[psutil.Process]) -> list[psutil.Process]:
    """Return the processes of `roots` that still exist, and everything that descends from them."""
    found: dict[psutil.Process, None] = {}
    for root in roots:
        with contextlib.suppress(psutil.NoSuchProcess):
            found |= dict.fromkeys([root, *root.children(recursive=True)])
    return list(found)


def send(process: psutil.Process, number: int) -> None:
    """Send a signal to a process, if it still exists."""
    with contextlib.suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end(processes: Sequence[psutil.Process], within_s: float) -> None:
    """Kill the processes and wait until they have ended, at most `within_s` seconds.

    One in a system call may take longer.
    """
    for each in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    psutil.wait_procs(processes, timeout=within_s)


def peak_bytes(processes: Iterable[psutil.Process]) -> int:
    """Return the most memory that the processes held so far, summed; pages that several share count in each.

    From /proc, since psutil knows what a process holds now alone.
    """
    kib = 0
    for each in processes:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            lines = Path(f"/proc/{each.pid}/status").read_text().splitlines()
            kib += sum(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return kib * 1024


def here() -> tuple[str, str, str]:
    """Return host, boot and pid namespace: a pid names the same process only where all three are equal."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return socket.gethostname(), boot, os.readlink("/proc/self/ns/pid")


def start_ticks(pid: int) -> int | None:
    """Return the clock ticks from boot to the start of a process; None where it has ended (a zombie has).

    From /proc, since psutil gives that moment by the wall clock, which may be set while the process runs.
    """
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])
