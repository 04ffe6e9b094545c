"""What a study's starts took by the clock: cells run side by side, so their own times do not add up to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger("armature")

FILE = "starts.jsonl"


@dataclass(frozen=True, slots=True)
class Start:
    """`began`: UTC, ISO 8601. `ran`: (setting, variant, seed) of the cells that it brought to their end. None where it was stopped before."""

    began: str
    seconds: float
    ran: tuple[tuple[str, str, int], ...]
    side_by_side: int
    cores: int


def add_start(folder: Path, start: Start) -> None:
    """A line of the folder's file. Raises OSError."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    torn = path.exists() and path.read_bytes()[-1:] not in (
        b"",
        b"\n",
    )  # by a machine that went down: its line stays alone
    with path.open("a") as file:
        file.write(("\n" if torn else "") + json.dumps(asdict(start), separators=(",", ":")) + "\n")


def read_starts(folder: Path) -> list[Start]:
    """A line that is no start is left out with a warning: it costs a time, not a study."""
    path = folder / FILE
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        try:
            value = json.loads(line)
            found.append(Start(ran=tuple((s, v, int(seed)) for s, v, seed in value.pop("ran")), **value))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning(
                "%s:%d is no start of a study (%s: %s): its time is not counted; remove the line",
                path,
                number,
                type(error).__name__,
                error,
            )
    return found


def clock(starts: Sequence[Start], cells: Sequence[tuple[str, str, int]]) -> tuple[float, int]:
    """(seconds of all starts, how many of `cells` one of them ran)."""
    timed = {name for start in starts for name in start.ran}
    return sum(start.seconds for start in starts), sum(name in timed for name in cells)
