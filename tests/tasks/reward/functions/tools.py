"""Users' files with reward functions, groups of responses, and what their processes leave behind."""

from __future__ import annotations

import contextlib
import os
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from specs.plugins import note
from specs.rewards import OwnTerm
from tasks.reward.functions.own_term import OwnFunction
from tasks.reward.terms.base import ResponseGroup, TermScore

LONG_S = 120.0
"""A deadline that no call in these tests comes near."""


def group(*texts: str, prompt: Any = "1 + 1?", problem: str = "p", **columns: Any) -> ResponseGroup:
    ids = tuple(tuple(k % 20 for k in range(len(text))) for text in texts)
    return ResponseGroup(problem, prompt, columns, texts, ids, (False,) * len(texts), 3)


def written(folder: Path, source: str, name: str = "mine.py") -> Path:
    path = folder / name
    path.write_text(textwrap.dedent(source))
    note(path)  # as each load of a spec does
    return path


@contextlib.contextmanager
def term(folder: Path, source: str, workers: int = 1, **settings: Any) -> Iterator[OwnFunction]:
    """A term of the function `f` of the source."""
    path = written(folder, source)
    function = OwnFunction("own", OwnTerm(**{"use": f"{path}:f", "deadline_s": LONG_S, **settings}), workers)
    try:
        yield function
    finally:
        function.close()


def values(scores: list[list[TermScore]]) -> list[list[float | None]]:
    return [[each.value for each in own] for own in scores]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def eventually(holds: Callable[[], bool], seconds: float = 60.0) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True


def pids_in(file: Path) -> list[int]:
    """The process ids that a function has written to a file, one a line."""
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def end(pids: list[int]) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, 9)
