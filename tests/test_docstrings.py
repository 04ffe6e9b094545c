"""What ruff's D401 leaves out: the docstring of a property begins with a verb too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from specs.paths import REPOSITORY_ROOT

FILES = [
    path
    for folder in ("flows", "tasks", "specs", "sandbox", "infra")
    for path in sorted((REPOSITORY_ROOT / folder).rglob("*.py"))
]


def properties(file: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef) and any("property" in ast.unparse(each) for each in node.decorator_list):
            yield node


@pytest.mark.parametrize(
    "folder", sorted({path.parent for path in FILES}), ids=lambda path: str(path.relative_to(REPOSITORY_ROOT))
)
def test_the_docstring_of_a_property_begins_with_a_verb(folder: Path) -> None:
    found = [
        f"{file.name}:{each.lineno} {each.name}"
        for file in FILES
        if file.parent == folder
        for each in properties(file)
        if not (ast.get_docstring(each) or "Return").startswith("Return")
    ]
    assert not found
