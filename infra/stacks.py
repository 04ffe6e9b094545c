"""The evidence of a hang, kept in a file: the kernel's view of each process, and the Python stacks of the ranks."""

from __future__ import annotations

import contextlib
import faulthandler
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import psutil

from infra.processes import send

ANSWER_S = 3.0  # a rank writes its stacks from a signal handler, in milliseconds, even from a busy loop in C


def answer_with_stacks(address: str, rank: int) -> None:
    """Make SIGUSR1 write the stacks of this rank where `save` reads them. Called before the rank's pid is known."""
    faulthandler.register(signal.SIGUSR1, file=written_by(address, rank).open("wb"), all_threads=True)


def written_by(address: str, rank: int) -> Path:
    """Return the file into which the rank `rank` of the resident at `address` writes its stacks."""
    return Path(address).with_name(f"stacks-{rank}")


def save(path: Path, everyone: Sequence[psutil.Process], ranks: Mapping[psutil.Process, Path]) -> None:
    """Write `path`: a description of `everyone`, and the stacks of `ranks`, each with the file that it writes them to.

    Only ranks get SIGUSR1, which would end a process that does not expect it.
    """
    seen = "\n".join(describe(each) for each in everyone)  # before anything is signalled
    for each in ranks:
        send(each, signal.SIGUSR1)
        # A process that was stopped answers once it goes on, and it is about to be ended anyhow.
        send(each, signal.SIGCONT)
    sizes: dict[Path, int] = {}
    deadline = time.monotonic() + ANSWER_S
    while time.monotonic() < deadline:
        time.sleep(0.2)
        now = {file: file.stat().st_size if file.exists() else 0 for file in ranks.values()}
        if now == sizes and all(now.values()):
            break
        sizes = now
    parts = [f"{time.strftime('%Y-%m-%d %H:%M:%S %Z')}: what the kernel says", seen]
    for each, file in ranks.items():
        text = file.read_text(errors="replace").strip() if file.exists() else ""
        parts.append(f"\nPython stacks of process {each.pid}\n{text or f'none within {ANSWER_S:.0f} s'}")
    path.write_text("\n".join(parts) + "\n")


def describe(process: psutil.Process) -> str:
    """Return command, state and threads of a process, as far as this user may read them.

    The threads come from /proc: psutil has neither their states nor the places in the kernel where they wait.
    """
    try:
        seen = process.as_dict(["ppid", "status", "cmdline"])
    except psutil.NoSuchProcess:
        return f"process {process.pid}: gone"
    command = " ".join(seen["cmdline"] or ())
    lines = [f"process {process.pid} (parent {seen['ppid']}), state {seen['status']}: {command}"]
    with contextlib.suppress(OSError):
        threads = sorted(Path(f"/proc/{process.pid}/task").iterdir(), key=lambda path: int(path.name))
        lines += [line for each in threads for line in _thread(each)]
    return "\n".join(lines)


def _thread(folder: Path) -> list[str]:
    state = next(iter(_read(folder / "stat").rpartition(")")[2].split()), "gone")
    waits = _read(folder / "wchan").strip()
    place = f", in {waits}" if waits not in ("", "0") else ""
    kernel = _read(folder / "stack").splitlines()  # for root only
    return [f"  thread {folder.name} {_read(folder / 'comm').strip()}: {state}{place}", *(f"    {x}" for x in kernel)]


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
