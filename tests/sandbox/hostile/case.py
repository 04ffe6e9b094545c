"""A hostile program and the verdicts that are right for it: one file in `programs/`, with a header.

    # problem: name of a problem in problems.json, or of `generated.problems()`
    # want: the right verdicts, separated by commas
    # limits: cpu_s=1 wall_s=3 memory_mb=128     (optional; the others are those of DEFAULTS)
    # after: group/name                          (optional: a case to run just before, on the same slot)
    # why: one line

A verdict must not depend on the speed of the machine. So the limits of time of a case that does not want `time_limit`
are FAR, and cannot be set in its header; a case that wants it has limits of time that are short.

Never run one of these programs outside of the sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from sandbox.job import Limits
from sandbox.verdict import Kind

DEFAULTS = Limits(cpu_s=1, wall_s=4, memory_mb=128)
#: Limits of time that no case reaches: more than ten times of what the slowest takes on two cores.
FAR = {"cpu_s": 60.0, "wall_s": 400.0}
_KEYS = ("problem", "want", "limits", "after", "why")


@dataclass(frozen=True, slots=True)
class Case:
    """A hostile program and the verdicts that are right for it.

    name: group/name. after: name of the case to run first.
    """

    name: str
    problem: str
    want: frozenset[Kind]
    why: str
    program: bytes | str
    limits: Limits = DEFAULTS
    after: str | None = None

    @property
    def group(self) -> str:
        return self.name.partition("/")[0]


def read_case(path: Path) -> Case:
    """Return the case in a program's file. Raises ValueError, which names the file, for a malformed header."""
    name = f"{path.parent.name}/{path.stem}"
    program = path.read_bytes()
    header: dict[str, str] = {}
    for line in program.decode("utf-8", "replace").splitlines():
        if not line.startswith("#"):
            break
        key, colon, value = line.removeprefix("#").strip().partition(": ")
        if colon and key in _KEYS:
            if key in header:
                raise ValueError(f"{path}: two lines for {key!r}")
            header[key] = value.strip()
    missing = {"problem", "want", "why"} - header.keys()
    if missing:
        raise ValueError(f"{path}: its first lines must say {', '.join(sorted(missing))}")
    try:
        want = frozenset(Kind(word.strip()) for word in header["want"].split(","))
        limits = limits_for(want, _limits(header.get("limits", "")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path}: {error}") from error
    return Case(name, header["problem"], want, header["why"], program, limits, header.get("after"))


def _limits(text: str) -> dict[str, float]:
    fields = dict(pair.split("=", 1) for pair in text.split())
    numbers = {key: float(value) if key.endswith("_s") else int(value) for key, value in fields.items()}
    if "cpu_s" in numbers and "wall_s" not in numbers:
        numbers["wall_s"] = max(DEFAULTS.wall_s, 2 * numbers["cpu_s"])
    return numbers


def limits_for(want: frozenset[Kind], given: Mapping[str, float]) -> Limits:
    """Return DEFAULTS with the `given` limits, and with limits of time that are FAR unless `time_limit` is wanted."""
    far: Mapping[str, float] = {} if Kind.TIME_LIMIT in want else FAR
    if not far.keys().isdisjoint(given):
        raise ValueError("limits: cpu_s and wall_s are only for a case that wants time_limit")
    return replace(DEFAULTS, **cast(Any, {**far, **given}))
