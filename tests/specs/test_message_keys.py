"""A message names no key that does not exist: every dotted key in the texts of specs and trainer is one of a spec."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from specs.keys import RENAMED, fields_at, known_prefix
from specs.paths import REPOSITORY_ROOT
from specs.schema import Spec

FILES = sorted({*(REPOSITORY_ROOT / "specs").rglob("*.py"), *(REPOSITORY_ROOT / "tasks" / "train").rglob("*.py")})
SECTIONS = [name for name in Spec.model_fields if fields_at((name,))]
KEY = re.compile(rf"(?<![\w./-])(?:{'|'.join(SECTIONS)})(?:\.(?!py\b)[a-z_]+)+(?![\w(/])")


def texts(path: Path) -> list[str]:
    """String constants of a file, without docstrings."""
    tree = ast.parse(path.read_text())
    documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
    docstrings = {id(node.body[0].value) for node in documented if isinstance(node.body[0], ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in constants if isinstance(node.value, str)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(REPOSITORY_ROOT)))
def test_keys_in_messages_exist(path: Path) -> None:
    named = {tuple(key.split(".")) for text in texts(path) for key in KEY.findall(text)}
    assert {key for key in named if known_prefix(key) != key and key not in RENAMED} == set()


def test_the_search_sees_keys() -> None:
    found = {key for path in FILES for text in texts(path) for key in KEY.findall(text)}
    assert {"rollout.samples", "objective.importance_correction", "placement.ranks"} <= found and len(found) > 40
    assert KEY.findall("(audit.min_effective_share 0.9), tasks.train.step, data.py") == ["audit.min_effective_share"]
