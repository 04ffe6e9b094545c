"""Canonical solutions of public data sets are accepted, and most mutants of them are not."""

from __future__ import annotations

import gzip
import json
import random
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.api import Sandbox
from sandbox.job import Limits
from sandbox.problem import Problem
from sandbox.verdict import Kind
from tests.sandbox.mutants import mutant

DATA = Path(__file__).parents[3] / "shared" / "data" / "code"
SETS = {
    "humaneval": 164,
    "humanevalplus": 164,
    "mbpp": 974,
    "mbpp_sanitized": 427,
    "mbppplus": 378,
    "codecontests_test_public": 107,
    "livecodebench_v1_public_sample": 69,
}
MUTANTS = 200


def rows(name: str) -> list[dict[str, Any]]:
    plain, packed = DATA / f"{name}.jsonl", DATA / f"{name}.jsonl.gz"
    if not plain.exists() and not packed.exists():
        pytest.skip(f"no {plain}: the sets are not part of the project")
    with gzip.open(packed, "rt") if packed.exists() else plain.open() as file:
        return [json.loads(line) for line in file]


def solution(row: dict[str, Any]) -> str:
    text: str = row.get("canonical_solution") or row["reference_solution"]
    return text


def limits(row: dict[str, Any]) -> Limits:
    """Return limits of time that a right program does not reach on a slow machine: ten times those of the set."""
    return Limits(cpu_s=10 * float(row["timeout_s"]), memory_mb=2048)


@pytest.fixture(scope="module")
def sandbox(backend: str) -> Iterator[Sandbox]:
    with Sandbox(backend, limits=Limits(memory_mb=2048)) as started:  # type: ignore[arg-type]
        yield started


def refused(sandbox: Sandbox, chosen: list[dict[str, Any]]) -> tuple[list[str], int]:
    """Return the problems whose canonical solution is not accepted, and the number of verdicts with weak trust."""
    verdicts = sandbox.grade_many([(row, solution(row), limits(row)) for row in chosen])
    bad = [
        f"{row['id']}: {v.kind} {v.detail[:200]}"
        for row, v in zip(chosen, verdicts, strict=True)
        if v.kind is not Kind.ACCEPTED
    ]
    return bad, sum(v.trust == "weak" for v in verdicts)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if "plus" in name else ()) for name in SETS]
)
def test_a_sample_of_right_programs(sandbox: Sandbox, name: str) -> None:
    assert refused(sandbox, random.Random(3).sample(rows(name), 8)) == ([], 0)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.proof if "plus" in name else ()) for name in SETS]
)
def test_all_right_programs(sandbox: Sandbox, name: str, record_property: Callable[[str, object], None]) -> None:
    chosen = rows(name)
    assert len(chosen) == SETS[name]
    bad, weak = refused(sandbox, chosen)
    record_property("programs", len(chosen))
    record_property("weak_trust", weak)
    assert bad == []
    assert weak == 0


@pytest.mark.proof
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", SETS)
def test_mutants(sandbox: Sandbox, name: str, record_property: Callable[[str, object], None]) -> None:
    """Grade mutants; some are right all the same (dead code, a wider bound), or pass a set's own tests."""
    generator, chosen, items, kinds = random.Random(5), rows(name), [], []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        while len(items) < MUTANTS:
            row = generator.choice(chosen)
            made = mutant(solution(row), generator)
            if made is not None:
                kinds.append(made[0])
                items.append((Problem.read(row), made[1], Limits(cpu_s=4.0, memory_mb=2048)))
    verdicts = sandbox.grade_many(items)
    assert all(v.score is not None for v in verdicts)
    accepted = Counter(kind for kind, v in zip(kinds, verdicts, strict=True) if v.kind is Kind.ACCEPTED)
    record_property("mutants", len(verdicts))
    record_property("rejected", sum(v.kind is not Kind.ACCEPTED for v in verdicts))
    record_property("verdicts", dict(Counter(str(v.kind) for v in verdicts)))
    record_property("accepted_by_kind", dict(accepted))
    assert sum(accepted.values()) < 0.4 * len(verdicts), "the tests of a set see most changes"
