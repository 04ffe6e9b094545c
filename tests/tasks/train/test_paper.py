"""Tests of PAPER.md: the functions, tests, keys and defaults that it names exist, and no formula is missing.

And of two claims that no other test holds.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
import yaml
from torch import Tensor

from specs.advantages import Arm, Grpo
from specs.keys import field_at
from specs.schema import Spec
from tasks.errors import TrainingError
from tasks.train.advantages.arm import Confidences, arm_bonus
from tasks.train.advantages.groups import Groups
from tasks.train.advantages.grpo import grpo
from tests.tasks.train.tools import SPEC, changed, policy, rollouts, run

PAPER = Path(__file__).parents[3] / "tasks" / "train" / "PAPER.md"
TEXT = PAPER.read_text()
REFERENCES = dict(re.findall(r"(?m)^\[([\w-]+)\]: (\S+)$", TEXT))
#: The files whose public functions are formulas of the method.
FORMULAS = [
    f"{folder}/{path.name}"
    for folder in ("advantages", "objectives")
    for path in sorted((PAPER.parent / folder).glob("*.py"))
    if path.stem not in ("__init__", "base", "registry")
]


def links(text: str) -> list[tuple[str, str]]:
    """Return (name, path) of each link whose text is a name: [`name`](path.py) or [`name`][reference]."""
    found = re.findall(r"\[`([\w.]+)`\](?:\(([^)]+\.py)\)|\[([\w-]+)\])", text)
    return [(name, path or REFERENCES[reference]) for name, path, reference in found]


LINKS = links(TEXT)
EQUATIONS = [
    pytest.param(section, id=section.partition("\n")[0].strip("` "))
    for part in ("The method", "The family")
    for section in TEXT.split(f"\n## {part}\n", 1)[1].split("\n## ", 1)[0].split("\n### ")[1:]
    if not section.startswith(("Against TRL\n", "Against verl\n"))
]


@cache
def defined(path: Path) -> frozenset[str]:
    """Return the functions and classes of a file, methods as Class.method."""
    found = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {f"{node.name}.{each.name}" for each in node.body if isinstance(each, ast.FunctionDef)}
    return frozenset(found)


def table(heading: str) -> list[list[str]]:
    """Return the rows of the first table below a heading, without its header."""
    section = TEXT.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", row)[1:-1]] for row in rows[2:]]


def test_what_is_named_is_there() -> None:
    assert len(LINKS) > 60
    missing = [
        f"{name} of {path}" for name, path in sorted(set(LINKS)) if name not in defined((PAPER.parent / path).resolve())
    ]
    assert not missing, "PAPER.md names what is not there: " + ", ".join(missing)


def test_every_equation_is_found() -> None:
    assert len(EQUATIONS) == 33


@pytest.mark.parametrize("section", EQUATIONS)
def test_every_equation_has_a_function_and_a_test(section: str) -> None:
    pairs = re.findall(r"(?ms)^Code: (.+?)\.\nTests: (.+?)\.$", section)
    assert pairs
    for code, tests in pairs:
        functions, checks = links(code), links(tests)
        assert functions and not [name for name, path in functions if "/tests/" in path]
        assert checks and not [name for name, path in checks if not name.startswith("test_") or "/tests/" not in path]


@pytest.mark.parametrize("file", FORMULAS)
def test_no_formula_is_missing(file: str) -> None:
    public = {name for name in defined(PAPER.parent / file) if name.islower() and not name.startswith("_")}
    assert public - {name for name, path in LINKS if path == file} == set()


@pytest.mark.parametrize(("key", "default"), [row[:2] for row in table("What the paper leaves open")])
def test_the_default_of_each_switch(key: str, default: str) -> None:
    *path, last = key.strip("`").split(".")
    section: Any = Spec.model_construct()
    for name in path:
        section = getattr(section, name)
    assert type(section).model_construct().model_dump()[last] == yaml.safe_load(default.strip("`"))


def test_estimators_objectives_and_modes_of_a_spec_are_all_here() -> None:
    keys = (
        ("advantage", "estimator"), ("advantage", "scope"), ("advantage", "prompt_confidence"), ("objective", "kind"),
        ("objective", "aggregation"), ("objective", "importance_correction", "mode"),
    )  # fmt: skip
    for key in keys:
        field = field_at(key)
        assert field is not None
        for choice in get_args(field.annotation):
            assert f"`{choice}`" in TEXT or choice in ("off", "arm"), choice


# -- claims


def mixed(size: int) -> Tensor:
    """Every number of correct ones among `size`, none and all left out [size - 1, size]."""
    return torch.tensor([[float(i < right) for i in range(size)] for right in range(1, size)], dtype=torch.float64)


@pytest.mark.parametrize("size", [2, 3, 8, 16, 64])
@pytest.mark.parametrize("ddof", [0, 1])
def test_alpha_below_one_over_root_g_flips_no_sign(size: int, ddof: int) -> None:
    scores = mixed(size)
    judged = torch.ones_like(scores, dtype=torch.bool)
    groups = Groups.of(scores, judged, torch.ones_like(scores), correct_at=1.0)
    base = grpo(groups, Grpo.model_validate({"ddof": ddof}))

    def flipped(alpha: float) -> bool:
        """At the worst confidences: of prompt and response at opposite ends, either way round."""
        ends = [Confidences(torch.full_like(scores[:, :1], c), torch.full_like(scores, 1 - c)) for c in (0.0, 1.0)]
        bonuses = [arm_bonus(groups, end, Arm(alpha=alpha)) for end in ends]
        return any(bool((base * (base + bonus) < 0).any()) for bonus in bonuses if bonus is not None)

    smallest = float(base.abs().min())
    assert smallest == pytest.approx(size**-0.5 if ddof else (size - 1) ** -0.5, rel=1e-4)
    assert not flipped(0.999 * size**-0.5)
    assert flipped(1.001 * smallest)


@pytest.mark.parametrize("prompt_confidence", ["mean", "low"])
def test_a_prompt_without_a_token_that_follows_another_has_no_confidence(prompt_confidence: str) -> None:
    batch = rollouts(prompts=2, samples=2)
    bare = replace(batch, content=[batch.content[0], [0]])
    with pytest.raises(TrainingError, match=r"problem p1: .*c\(q\) is not defined.*group_mean or none"):
        run(policy(), bare, changed(SPEC, prompt_confidence=prompt_confidence))
    run(policy(), bare, changed(SPEC, prompt_confidence="none"))
