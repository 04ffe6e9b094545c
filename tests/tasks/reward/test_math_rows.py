"""The verifier on rows with known verdicts: ours (math_rows.py), a shared file's, and the golds of benchmarks.

Deadlines here are far beyond what any row takes, so that a verdict does not depend on the speed of the machine.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.records import Problem, VerdictKind
from tasks.reward.math import MathVerifier
from tests.tasks.reward.math_rows import OUTPUTS, ROWS

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "../shared/data"
DEADLINE_S = 120.0
BENCHMARKS = ("math500", "minerva_math", "olympiadbench", "amc23", "aime24", "aime25", "gsm8k_test")


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathVerifier]:
    with MathVerifier(deadline_s=DEADLINE_S, workers=2) as made:
        yield made


def problem(gold: str, name: str = "p", **more: object) -> Problem:
    return Problem(name, (), "math", {"answer": gold, **more})


def benchmark(name: str) -> list[Problem]:
    path = SHARED / "math" / f"{name}.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [Problem(r["id"], (), "math", {k: r[k] for k in ("answer", "unit", "tolerance") if r.get(k)}) for r in rows]


def boxed(answer: str) -> str:
    return f"So the final answer is $\\boxed{{{answer}}}$."


@pytest.mark.parametrize("category", sorted({row[0] for row in ROWS}))
def test_known_verdicts(category: str, verifier: MathVerifier) -> None:
    rows = [(gold, answer, expected) for c, gold, answer, expected in ROWS if c == category]
    verdicts = verifier.verify([(problem(gold), boxed(answer)) for gold, answer, _ in rows])
    assert [(g, a, v) for (g, a, e), v in zip(rows, verdicts, strict=True) if v.score != float(e)] == []


@pytest.mark.parametrize("category", sorted({row[0] for row in OUTPUTS}))
def test_known_verdicts_of_whole_outputs(category: str, verifier: MathVerifier) -> None:
    """No output raises, each ends before its deadline, and an unusable gold is never a reward."""
    rows = [(gold, output, expected) for c, gold, output, expected in OUTPUTS if c == category]
    verdicts = verifier.verify([(problem(gold), output) for gold, output, _ in rows])
    assert [
        (gold, output[:80], verdict)
        for (gold, output, expected), verdict in zip(rows, verdicts, strict=True)
        if (verdict.score == 1.0) is not expected or verdict.judged is not (category != "gold")
    ] == []
    assert {v.kind for v in verdicts}.isdisjoint({VerdictKind.TIME_LIMIT, VerdictKind.MEMORY_LIMIT})


def test_a_batch_is_its_rows_one_by_one(verifier: MathVerifier) -> None:
    items = [(problem(g), boxed(a)) for _, g, a, _ in random.Random(5).sample(ROWS, 80)]
    assert verifier.verify(items) == [verifier.verify([item])[0] for item in items]


def test_the_shared_file_agrees() -> None:
    path = SHARED / "math_equivalence.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    result = subprocess.run(
        [sys.executable, "-m", "tasks.reward.math", "check", str(path), "--deadline", str(DEADLINE_S)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    last = result.stdout.splitlines()[-1]
    assert last.startswith("317 rows, 317 agree, 0 false positives, 0 false negatives, 0 errors, slowest "), (
        result.stdout[-3000:]
    )
    assert result.returncode == 0


def test_check_prints_what_differs_and_names_a_bad_line(tmp_path: Path) -> None:
    def run(*rows: dict[str, object]) -> subprocess.CompletedProcess[str]:
        file = tmp_path / "rows.jsonl"
        file.write_text("\n".join(json.dumps(row) for row in rows) + "\n")
        return subprocess.run(
            [sys.executable, "-m", "tasks.reward.math", "check", str(file)],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )

    differs = run(
        {"id": "a", "gold": "5", "answer": "\\boxed{5}", "expected": False},
        {"id": "b", "gold": "5", "answer": "", "expected": True},
    )
    assert differs.returncode == 1
    assert differs.stdout.splitlines()[0].startswith("a: false positive")
    assert differs.stdout.splitlines()[1].startswith("b: false negative")
    assert differs.stdout.splitlines()[-1].startswith(
        "2 rows, 0 agree, 1 false positives, 1 false negatives, 0 errors, slowest "
    )
    broken = run({"id": "a", "gold": "5"})
    assert broken.returncode == 2
    assert broken.stderr.count("\n") == 1
    assert "rows.jsonl:1" in broken.stderr


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_benchmark_gold_is_equal_to_itself(name: str, verifier: MathVerifier) -> None:
    problems = benchmark(name)
    for p in problems:
        MathVerifier.check_reference(p)
    verdicts = verifier.verify([(p, boxed(p.reference["answer"])) for p in problems])
    assert [
        (p.id, p.reference["answer"], v)
        for p, v in zip(problems, verdicts, strict=True)
        if v.kind is not VerdictKind.ACCEPTED
    ] == []


@pytest.mark.parametrize("name", ["math500", "olympiadbench", "amc23", "gsm8k_test"])
def test_the_answer_of_another_problem_is_accepted_only_if_it_is_the_same_text(
    name: str, verifier: MathVerifier
) -> None:
    """In these shuffles only golds with the same text are equal (each accepted pair was inspected)."""
    problems = benchmark(name)
    others = problems[:]
    random.Random(1).shuffle(others)
    verdicts = verifier.verify([(p, boxed(o.reference["answer"])) for p, o in zip(problems, others, strict=True)])
    accepted = [
        (p.reference["answer"], o.reference["answer"])
        for p, o, v in zip(problems, others, verdicts, strict=True)
        if v.score == 1.0
    ]
    assert [pair for pair in accepted if pair[0] != pair[1]] == []
    assert all(
        v.score == 1.0
        for p, o, v in zip(problems, others, verdicts, strict=True)
        if p.reference["answer"] == o.reference["answer"]
    )
