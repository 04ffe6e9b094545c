"""What a study's starts took by the clock: cells run side by side, so their own times do not add up to it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from tasks.errors import DataError, StudyError

FILE = "starts.jsonl"


@dataclass(frozen=True, slots=True)
class Start:
    """`began`: UTC, ISO 8601. `ran`: (setting, variant, seed) of the cells that it brought to their end. A start that was killed left none."""

    began: str
    seconds: float
    ran: tuple[tuple[str, str, int], ...]
    side_by_side: int
    cores: int


def add_start(folder: Path, start: Start) -> None:
    """A line of the folder's file. StudyError where it cannot be written."""
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(json.dumps(asdict(start), separators=(",", ":")) + "\n")
    except OSError as error:
        raise StudyError(f"{path}: cannot be written ({error}); the cells' results are there, only the time of this start is lost") from error


def read_starts(folder: Path) -> list[Start]:
    """Raises DataError where a line is no start."""
    path = folder / FILE
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        try:
            value = json.loads(line)
            found.append(Start(ran=tuple((s, v, int(seed)) for s, v, seed in value.pop("ran")), **value))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"{path}:{number}: no start of a study ({type(error).__name__}: {error}); remove the line") from error
    return found


def clock(starts: Sequence[Start], cells: Sequence[tuple[str, str, int]]) -> tuple[float, int]:
    """(seconds of all starts, how many of `cells` one of them ran)."""
    timed = {name for start in starts for name in start.ran}
    return sum(start.seconds for start in starts), sum(name in timed for name in cells)
