"""Pydantic's errors as lines for people: `train.learning_rate: got 'fast', want a number (float > 0) (specs/x.yaml:12)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from specs.keys import field_at, fields_at, known_prefix, section_of, unknown, wanted
from specs.text import KeyPath


def problem_lines(error: ValidationError, value: Mapping[str, Any], origins: Mapping[KeyPath, str]) -> list[str]:
    """One line for each problem of `value`, in its order; alternatives of a union make one line, not one each."""
    lines: dict[str, None] = {}
    for item in error.errors():
        if item["type"] == "value_error":  # a rule that joins keys: its lines are ready
            for line in str(item["ctx"]["error"]).splitlines():
                lines[line + _place(tuple(line.partition(":")[0].split(".")), origins)] = None
        elif item["type"] != "default_factory_not_called":  # a key that depends on one which has its own line
            for line in _lines(item["type"], item["loc"], value, origins):
                lines[line] = None
    return list(lines)


def _lines(
    kind: str, location: tuple[int | str, ...], value: Mapping[str, Any], origins: Mapping[KeyPath, str]
) -> list[str]:
    path, given = _without_tags(location), value
    field_path = known_prefix(path)
    info = field_at(field_path)
    if kind == "extra_forbidden" and field_path != path:
        return [f"{_dotted(path)}: {unknown(path)}{_place(path, origins)}"]
    if kind == "missing":
        return [
            f"{_dotted(key)}: missing; want {wanted(fields_at(key[:-1])[key[-1]])}" for key in _required(field_path)
        ]
    assert info is not None, (kind, location)
    for key in field_path:
        given = given[key]
    if isinstance(given, Mapping) and location[-1] != field_path[-1] and section_of(info.annotation):
        return []  # another member of the union tells what is wrong with the mapping
    return [f"{_dotted(field_path)}: got {_shown(given)}, want {wanted(info)}{_place(field_path, origins)}"]


def _without_tags(location: tuple[int | str, ...]) -> KeyPath:
    """The key path of a pydantic location, without the names of a union's members."""
    path: KeyPath = ()
    for part in location:
        info = field_at(path) if path else None
        section = section_of(info.annotation) if info else None
        is_tag = section is not None and (part == section.__name__ or str(part).startswith("literal["))
        if not is_tag:
            path = (*path, str(part))
    return path


def _required(path: KeyPath) -> list[KeyPath]:
    """`path`, or the required keys below it where it is a section."""
    below = [(*path, key) for key, info in fields_at(path).items() if info.is_required()]
    return [key for inner in below for key in _required(inner)] or [path]


def _dotted(path: KeyPath) -> str:
    return ".".join(path)


def _place(path: KeyPath, origins: Mapping[KeyPath, str]) -> str:
    """` (file:line)` of the key or of the nearest one below or above it that somebody wrote."""
    at = next((origin for key, origin in origins.items() if key[: len(path)] == path), None)
    return f" ({at})" if at else ""


def _shown(given: object) -> str:
    if given is None or isinstance(given, bool):
        return {None: "null", True: "true", False: "false"}[given]
    if isinstance(given, Mapping | BaseModel):
        return "a mapping"
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."
