"""The tiers: what `make quick` names exists, and tests/README.md says of each test when it runs."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from specs.paths import REPOSITORY_ROOT as ROOT
from tests.conftest import QUICK

MARKERS = ("slow", "vllm", "proof")
TIERS = ("quick", "test", "ci", "proofs")
_ROW = re.compile(r"(?m)^\| ([^|]+) \| ([^|]*tests/[^|]*) \| ([^|]+) \|$")
ROWS = _ROW.findall((ROOT / "tests" / "README.md").read_text().partition("## What proves what")[2])


@pytest.mark.parametrize("prefix", QUICK)
def test_what_make_quick_names_is_a_file_a_folder_or_a_test(prefix: str) -> None:
    path, _, test = prefix.partition("::")
    assert (ROOT / path).exists() and path.endswith(("/", ".py"))
    assert not test or f"def {test}(" in (ROOT / path).read_text()


@pytest.mark.parametrize(("claim", "tests", "tier"), ROWS, ids=[claim for claim, _, _ in ROWS])
def test_the_tiers_of_a_claim_are_those_of_its_tests(claim: str, tests: str, tier: str) -> None:
    first, *others = re.findall(r"`([^`]+)`", tests)
    named = [first, *(each if "/" in each else f"{first.rpartition('/')[0]}/{each}" for each in others)]
    files = [
        file for each in named for file in ([ROOT / each] if each.endswith(".py") else (ROOT / each).glob("test_*.py"))
    ]
    found = {each for file in files for each in tiers(file)}
    assert re.sub(r" \([^)]*\)", "", tier).split(", ") == [each for each in TIERS if each in found]


def tiers(file: Path) -> set[str]:
    """The commands that run tests of a file. A slow test counts for `ci` where the file has no faster one."""
    text, name = file.read_text(), str(file.relative_to(ROOT))
    tests = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef) and node.name[:5] == "test_"]
    plain = [] if "pytestmark" in text else [each.name for each in tests if not marked(each)]
    quick = [each for each in plain if f"{name}::{each}".startswith(QUICK)]
    slow = [marker for marker in MARKERS if f"mark.{marker}" in text]
    found = {"quick": quick, "test": len(quick) < len(plain), "ci": not plain and {*slow} - {"proof"}, "proofs": slow}
    return {tier for tier, holds in found.items() if holds}


def marked(test: ast.FunctionDef) -> bool:
    decorators = (each.func if isinstance(each, ast.Call) else each for each in test.decorator_list)
    return any(isinstance(each, ast.Attribute) and each.attr in MARKERS for each in decorators)
