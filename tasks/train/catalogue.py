"""The training part of a step's key, with the label, citation and version of its estimator and objective.

They are read off the files of `advantages/` and `objectives/`, so that a plan need not import torch.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from specs.base import Member
from specs.identity import train_part
from specs.paths import shown
from specs.plugins import PluginMember, parse_python
from specs.schema import Spec
from tasks.errors import TrainingError

_FOLDERS = {"estimator": "advantages", "kind": "objectives"}
_NAMES = (("LABEL", "its name in reports"), ("CITATION", "its paper"), ("VERSION", "1 at first"))


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
    values = dict(_constants(parse_python(path)))
    if missing := [name for name, _ in _NAMES if name not in values]:
        wanted = ", ".join(f"{name} ({what})" for name, what in _NAMES)
        raise TrainingError(f"{shown(path)}: has no {missing[0]}; each estimator and objective sets {wanted}")
    return Entry(values["LABEL"], values["CITATION"], values["VERSION"])


def _constants(module: ast.Module) -> Iterator[tuple[str, Any]]:
    """Yield the name and value of each of `_NAMES` that a module sets, with or without an annotation."""
    names = {name for name, _ in _NAMES}
    for node in module.body:
        match node:
            case (
                ast.Assign(targets=[ast.Name(name)], value=value)
                | ast.AnnAssign(target=ast.Name(name), value=ast.expr() as value)
            ) if name in names:
                yield name, ast.literal_eval(value)
