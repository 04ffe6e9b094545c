"""What the processes of a hung engine are doing, kept in a file: the kernel's view of each, and the Python stacks of its ranks."""

from __future__ import annotations

import faulthandler
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.processes import Process, describe

ANSWER_S = 3.0  # a rank writes its stacks from a signal handler, in milliseconds, even from a busy loop in C


def answer_with_stacks(address: str, rank: int) -> None:
    """Called in a rank, before anybody knows it: from now on SIGUSR1 writes its stacks where `save` reads them."""
    faulthandler.register(signal.SIGUSR1, file=written_by(address, rank).open("wb"), all_threads=True)


def written_by(address: str, rank: int) -> Path:
    """Where the rank `rank` of the engine at `address` writes its stacks."""
    return Path(address).with_name(f"stacks-{rank}")


def save(path: Path, everyone: Sequence[Process], ranks: Mapping[Process, Path]) -> None:
    """Writes `path`. Only `ranks` get SIGUSR1, which would end a process that does not expect it; the value is where they write to."""
    seen = "\n".join(describe(each.pid) for each in everyone)  # before anything is signalled
    for each in ranks:
        each.kill(signal.SIGUSR1)
        each.kill(
            signal.SIGCONT
        )  # a process that was stopped answers when it goes on, and it is about to be ended anyhow
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
