"""The wall time of each launch of a study. Cells run side by side, so their own times do not add up to it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger("armature")

FILE = "starts.jsonl"


@dataclass(frozen=True, slots=True)
class Launch:
    """One launch of the study's command.

    `began`: UTC, ISO 8601. `ran`: (setting, variant, seed) of the cells that it completed. `side_by_side`: cells at a
    time.
    """

    began: str
    seconds: float
    ran: tuple[tuple[str, str, int], ...]
    side_by_side: int
    cores: int


def append_launch(folder: Path, launch: Launch) -> None:
    """Append a line to the folder's file. Raises OSError."""
    path = folder / FILE
    folder.mkdir(parents=True, exist_ok=True)
    # a machine that went down may have left half a line: it is closed, and read_launches leaves it out
    torn = path.exists() and path.read_bytes()[-1:] not in (b"", b"\n")
    with path.open("a") as file:
        file.write(("\n" if torn else "") + json.dumps(asdict(launch), separators=(",", ":")) + "\n")


def read_launches(folder: Path) -> list[Launch]:
    """Load the folder's launches. A damaged line is left out with a warning: it costs a time, not a study."""
    path = folder / FILE
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
        try:
            value = json.loads(line)
            ran = tuple((setting, variant, int(seed)) for setting, variant, seed in value.pop("ran"))
            found.append(Launch(ran=ran, **value))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning(
                "%s:%d is no start of a study (%s: %s): its time is not counted; remove the line",
                path,
                number,
                type(error).__name__,
                error,
            )
    return found


def wall_time(launches: Sequence[Launch], cells: Sequence[tuple[str, str, int]]) -> tuple[float, int]:
    """Return (the seconds of all launches, the number of `cells` that one of them ran)."""
    timed = {name for launch in launches for name in launch.ran}
    return sum(launch.seconds for launch in launches), sum(name in timed for name in cells)
