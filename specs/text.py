"""The YAML of specs: the core schema of YAML 1.2 (1e-6 is a number, `off` is text), no key twice, lines of keys."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import yaml

from specs.errors import SpecError

KeyPath = tuple[str, ...]

_CORE = {
    "tag:yaml.org,2002:null": re.compile(r"~|null|Null|NULL|"),
    "tag:yaml.org,2002:bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "tag:yaml.org,2002:int": re.compile(r"[-+]?(0|[1-9][0-9]*)"),
    "tag:yaml.org,2002:float": re.compile(
        r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
        r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
    ),
}


class _Loader(yaml.SafeLoader):
    """SafeLoader with the resolvers of YAML 1.2's core schema, and no aliases."""

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's name

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(problem="aliases (*name) are not allowed; use extends", problem_mark=mark)
        return super().compose_node(parent, index)


for _tag, _pattern in _CORE.items():
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern.pattern})$"), None)


@dataclass(frozen=True, slots=True)
class Document:
    """A mapping and the line (from 1) on which each of its keys stands."""

    value: dict[str, Any]
    lines: dict[KeyPath, int]


def parse_document(text: str, where: str) -> Document:
    """Return the mapping that `text` holds.

    Raises SpecError, one line starting with `where`, on bad syntax, a key twice, or no mapping.
    """
    try:
        loader = _Loader(text)
        node = loader.get_single_node()
        if node is None or (isinstance(node, yaml.ScalarNode) and node.value == ""):
            raise SpecError(f"{where}: is empty; a spec needs at least name and data.train, or extends")
        if not isinstance(node, yaml.MappingNode):
            raise SpecError(f"{where}:1: want a mapping of sections (key: value)")
        lines: dict[KeyPath, int] = {}
        _note_lines(node, (), lines, where)
        return Document(loader.construct_document(node), lines)
    except SpecError:
        raise
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise SpecError(
            f"{where}:{mark.line + 1 if mark else 1}: not YAML: {error.problem or error.context}"
        ) from error
    except (yaml.YAMLError, ValueError) as error:  # unprintable characters; a number that Python cannot read
        raise SpecError(f"{where}: not YAML: {' '.join(str(error).split())}") from error


def _note_lines(node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int], where: str) -> None:
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
            raise SpecError(f"{where}:{line}: a key must be text")
        key = (*path, key_node.value)
        if key in lines:
            raise SpecError(f"{where}:{line}: {'.'.join(key)} is there twice, first on line {lines[key]}")
        lines[key] = line
        if isinstance(value_node, yaml.MappingNode):
            _note_lines(value_node, key, lines, where)


def parse_value(text: str, where: str) -> Any:
    """Return the value of an override or an environment variable, by the same rules as in a file."""
    return parse_document(f"value: {text}" if "\n" not in text else f"value:\n{text}", where).value["value"]
