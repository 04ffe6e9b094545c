"""Pydantic's errors as lines: `train.learning_rate: got 'fast', want a number (float > 0) (specs/x.yaml:12)`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from specs.base import SAID, USE
from specs.keys import (
    choice_at,
    field_at,
    fields_at,
    holds_anything,
    known_prefix,
    not_of_member,
    section_of,
    unknown,
    wanted,
)
from specs.text import KeyPath


def problem_lines(error: ValidationError, value: Mapping[str, Any], origins: Mapping[KeyPath, str]) -> list[str]:
    """Return one line for each problem of `value`, in its order; the alternatives of a union make one line together."""
    lines: dict[str, None] = {}
    for item in error.errors():
        text = str(item["ctx"]["error"]) if item["type"] == "value_error" else ""
        if text.startswith(_dotted(_without_tags(item["loc"]))) and text:  # of a validator of ours: its lines are ready
            for line in text.splitlines():
                lines[_placed(line, origins)] = None
        elif text and holds_anything((*_without_tags(item["loc"]), "")):  # its lines begin with a key below `args`
            for line in text.splitlines():
                lines[_placed(f"{_dotted(_without_tags(item['loc']))}.{line}", origins)] = None
        elif item["type"] == SAID:  # a validator's own words for a value
            path = _without_tags(item["loc"])
            lines[f"{_dotted(path)}: {item['msg']}{place(path, origins)}"] = None
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
    choice = choice_at(path[:-1]) if path else None
    if kind == "extra_forbidden" and choice is not None:
        member = choice.named_by(_given(value, path[:-1])) or choice.default
        at, chosen_at = place(path, origins), _chosen_at(path, origins)
        return [f"{_dotted(path)}: {not_of_member(path, member, '' if chosen_at == at else chosen_at)}{at}"]
    if kind == "extra_forbidden" and field_path != path:
        return [f"{_dotted(path)}: {unknown(path)}{place(path, origins)}"]
    if kind == "missing" and choice is not None and path[-1] != choice.tag:
        member = choice.named_by(_given(value, path[:-1])) or choice.default
        needed = f"{_dotted((*path[:-1], choice.tag))} {member} needs it"
        want = wanted(choice.members[member].model_fields[path[-1]])
        return [f"{_dotted(path)}: missing; {needed}{_chosen_at(path, origins)}; want {want}"]
    if kind == "missing":
        return [
            f"{_dotted(key)}: missing; want {wanted(fields_at(key[:-1])[key[-1]])}" for key in _required(field_path)
        ]
    assert info is not None, (kind, location)
    own = ""
    if kind == "union_tag_invalid" and (choice := choice_at(field_path)) is not None:
        own = f", or your own by {_dotted((*field_path, USE))}: my_file.py:name"
        field_path = (*field_path, choice.tag)
        info = fields_at(field_path[:-1])[choice.tag]
    given = _given(value, field_path)
    if isinstance(given, Mapping) and location[-1] != field_path[-1] and section_of(info.annotation):
        return []  # another member of the union tells what is wrong with the mapping
    return [f"{_dotted(field_path)}: got {_shown(given)}, want {wanted(info)}{own}{place(field_path, origins)}"]


def _given(value: Any, path: KeyPath) -> Any:
    for key in path:
        value = value[key]
    return value


def _chosen_at(path: KeyPath, origins: Mapping[KeyPath, str]) -> str:
    """Return ` (file:line)` of the key that chose the member of the section that holds `path`."""
    choice = choice_at(path[:-1])
    assert choice is not None
    at = next((origins[key] for tag in (USE, choice.tag) if (key := (*path[:-1], tag)) in origins), None)
    return f" ({at})" if at else ""


def _without_tags(location: tuple[int | str, ...]) -> KeyPath:
    """Return the key path of a pydantic location, without the names of a union's members."""
    path: KeyPath = ()
    tagged = False  # the part after a section with members is the member's name
    for part in location:
        info = field_at(path) if path else None
        section = section_of(info.annotation) if info else None
        is_tag = section is not None and (part == section.__name__ or str(part).startswith("literal["))
        if choice_at(path) is not None and not tagged:
            tagged = True
        elif not is_tag:
            path, tagged = (*path, str(part)), False
    return path


def _required(path: KeyPath) -> list[KeyPath]:
    """Return `path`, or the required keys below it where it is a section."""
    below = [(*path, key) for key, info in fields_at(path).items() if info.is_required()]
    return [key for inner in below for key in _required(inner)] or [path]


def _dotted(path: KeyPath) -> str:
    return ".".join(path)


def place(path: KeyPath, origins: Mapping[KeyPath, str]) -> str:
    """Return ` (file:line)` of the key, or of the nearest one below it that somebody wrote."""
    at = next((origin for key, origin in origins.items() if key[: len(path)] == path), None)
    return f" ({at})" if at else ""


def _placed(line: str, origins: Mapping[KeyPath, str]) -> str:
    """Return a line that begins with its key, with the key's place."""
    return line + place(tuple(line.partition(":")[0].split(".")), origins)


def _shown(given: object) -> str:
    if given is None or isinstance(given, bool):
        return {None: "null", True: "true", False: "false"}[given]
    if isinstance(given, Mapping | BaseModel):
        return "a mapping"
    text = repr(given)
    return text if len(text) <= 60 else text[:57] + "..."
