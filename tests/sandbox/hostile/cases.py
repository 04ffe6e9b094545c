"""All hostile programs, and the problems that they claim to solve."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sandbox.job import Limits
from tests.sandbox.hostile import generated
from tests.sandbox.hostile.case import Case, read_case

FOLDER = Path(__file__).parent
PROGRAMS = FOLDER / "programs"
#: The limits of the suite's sandbox: the most memory, processes and /tmp space of any case.
MOST = Limits(cpu_s=1, wall_s=4, memory_mb=512)


@cache
def cases() -> tuple[Case, ...]:
    """Return all cases, in the order of their names."""
    found = {case.name: case for case in (*map(read_case, sorted(PROGRAMS.glob("*/*.py"))), *generated.CASES)}
    for case in found.values():
        if case.after is not None and case.after not in found:
            raise ValueError(f"{case.name}: `after` names {case.after}, which is no case")
        if case.problem not in problems():
            raise ValueError(f"{case.name}: no problem {case.problem!r}")
    return tuple(found.values())


def by_name(name: str) -> Case:
    """Return the case of this name."""
    return next(case for case in cases() if case.name == name)


@cache
def problems() -> Mapping[str, dict[str, Any]]:
    """Return the problems in the code schema, by id."""
    rows: list[dict[str, Any]] = json.loads((FOLDER / "problems.json").read_text(encoding="utf-8"))
    return {row["id"]: row for row in (*rows, *generated.problems())}
