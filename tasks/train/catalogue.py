"""The label, citation and version of each estimator and objective, read off its file without importing torch."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from specs.base import Member
from specs.identity import train_part
from specs.plugins import PluginMember, parse_python
from specs.schema import Spec

_FOLDERS = {"estimator": "advantages", "kind": "objectives"}


@dataclass(frozen=True, slots=True)
class Entry:
    """LABEL (as reports name it), CITATION and VERSION of an estimator's or objective's file."""

    label: str
    citation: str
    version: int


def entry_of(settings: Member) -> Entry:
    """Return the entry of an estimator or objective; a user's own code has its name as label.

    Its version is always 1: the digest of its source is in its part of the key (specs/identity.py).
    """
    if isinstance(settings, PluginMember):
        return Entry(settings.name, settings.use, 1)
    return _read(Path(__file__).parent / _FOLDERS[settings.TAG] / f"{settings.tag}.py")


def train_key_part(spec: Spec) -> dict[str, Any]:
    """Return the training part of a step's key: `train_part`, and each version of its members that is not 1.

    So a mended estimator changes the keys of its own steps, and of no other's.
    """
    entries = {member.tag: entry_of(member) for member in (spec.advantage, spec.objective)}
    versions = {name: entry.version for name, entry in entries.items() if entry.version != 1}
    return {**train_part(spec), **({"versions": versions} if versions else {})}


@cache
def _read(path: Path) -> Entry:
    values = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in parse_python(path).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id in ("LABEL", "CITATION", "VERSION")
    }
    return Entry(values["LABEL"], values["CITATION"], values["VERSION"])
