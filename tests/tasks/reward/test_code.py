"""Verdicts on programs as rewards: the sandbox's words in ours, one batch in order, started when needed, never a
reward of 0 for its own faults.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import SandboxError
from sandbox.verdict import Kind
from sandbox.verdict import Verdict as Graded
from specs.rewards import CodeReward, MathReward, Reward
from tasks.errors import VerifierError
from tasks.records import FinishReason, Message, Problem, Rollout, Verdict, VerdictKind
from tasks.reward.measures import iteration_measures, reused_share
from tasks.reward.verdicts import require_judged, row, verdict_of
from tasks.reward.verification import Verifiers
from tasks.reward.verifiers import code
from tests.backends import BACKENDS, require
from tests.tasks.data.tools import load

FIRST = Path(__file__).parents[3] / "specs" / "data" / "first_programs.jsonl"


def problem(name: str, **reference: Any) -> Problem:
    return Problem(name, (Message(role="user", content=name),), "code", reference)


CALLS = [{"input": "1\n2", "output": "3"}, {"input": "-5\n5", "output": "0"}]
ADD = problem(
    "add",
    test_type="functional",
    prompt_style="functional",
    entry_point="add",
    starter_code="def add(a, b):\n",
    tests=CALLS,
)
DOUBLE = problem("double", test_type="stdin", prompt_style="stdin", tests=[{"input": "4\n", "output": "8\n"}])
ASSERTS = problem(
    "asserts",
    test_type="python",
    prompt_style="instruct",
    entry_point="f",
    tests=["assert f(2) == 4", "assert f(3) == 9"],
)


def block(program: str) -> str:
    return f"Here it is:\n```python\n{program}\n```\nDone."


def judged(verifiers: Verifiers, *answers: tuple[Problem, str]) -> list[Verdict]:
    return verifiers.verify([(p, text, FinishReason.STOP) for p, text in answers], mask_truncated=False)


def verifiers_with(**settings: Any) -> Verifiers:
    return Verifiers(Reward(math=MathReward(deadline_s=5.0, workers=1), code=CodeReward(**settings)))


@pytest.fixture(scope="module", params=BACKENDS)
def verifiers(request: pytest.FixtureRequest) -> Iterator[Verifiers]:
    verifiers = verifiers_with(sandbox=require(request.param), cpu_s=1.0, memory_mb=256)
    try:
        verifiers.start([ADD])
        yield verifiers
    finally:
        verifiers.close()


def test_a_batch_of_every_kind_in_order(verifiers: Verifiers) -> None:
    mathematics = Problem("m", (Message(role="user", content="1 + 1"),), "math", {"answer": "2"})
    answers = [
        (ADD, block("def add(a, b):\n    return a + b"), VerdictKind.ACCEPTED),
        (mathematics, "\\boxed{2}", VerdictKind.ACCEPTED),
        (ADD, block("def add(a, b):\n    return a - b"), VerdictKind.WRONG),
        (DOUBLE, block("print(2 * int(input()))"), VerdictKind.ACCEPTED),
        (DOUBLE, "no program", VerdictKind.NO_ANSWER),
        (ASSERTS, block("def f(x):\n    return x * x"), VerdictKind.ACCEPTED),
        (ASSERTS, block("def f(x):\n    return x + 2"), VerdictKind.WRONG),
        (ADD, block("def add(a, b):\n    return c"), VerdictKind.RUNTIME_ERROR),
        (ADD, block("def add(a, b)\n    return a + b"), VerdictKind.COMPILE_ERROR),
        (ADD, block("def add(a, b):\n    while True: pass"), VerdictKind.TIME_LIMIT),
        (DOUBLE, block("x = 'a' * (1 << 30)"), VerdictKind.MEMORY_LIMIT),
        (DOUBLE, block("while True: print('a' * 1000)"), VerdictKind.OUTPUT_LIMIT),
        (ADD, "```python\ndef add(a, b):\n    return a + b", VerdictKind.ACCEPTED),  # never closed
    ]
    verdicts = judged(verifiers, *(answer[:2] for answer in answers))
    assert [v.kind for v in verdicts] == [kind for *_, kind in answers], verdicts
    assert [v.score for v in verdicts] == [float(kind is VerdictKind.ACCEPTED) for *_, kind in answers]
    assert verdicts[4].answer is None and all(v.answer for i, v in enumerate(verdicts) if i != 4)
    assert verdicts[0].answer == verdicts[12].answer != verdicts[2].answer


def test_programs_that_were_judged_before_are_known(verifiers: Verifiers) -> None:
    answer = (ADD, block("def add(a, b):\n    return b + a + 0"))
    first, second = judged(verifiers, answer)[0], judged(verifiers, answer)[0]
    assert (first.cached, second.cached) == (False, True)
    assert row(first) == row(second)


def test_a_right_answer_that_only_looks_right_is_not(verifiers: Verifiers) -> None:
    lies = (
        "class Yes:\n    def __eq__(self, other): return True\ndef add(a, b): return Yes()",
        "import os\ndef add(a, b): os._exit(0)",
        "raise SystemExit(0)",
        "print('accepted')",
    )
    assert [v.score for v in judged(verifiers, *((ADD, block(lie)) for lie in lies))] == [0.0] * len(lies)


def test_the_first_programs_solutions_are_right_and_others_are_not(verifiers: Verifiers) -> None:
    problems = load(str(FIRST), verifier="code").problems
    solutions = {r["id"]: r["canonical_solution"] for r in map(json.loads, FIRST.read_text().splitlines())}
    assert len(problems) == 40
    verifiers.check(problems)
    right = judged(verifiers, *((p, block(solutions[p.id])) for p in problems))
    assert [p.id for p, v in zip(problems, right, strict=True) if v.score != 1.0] == []
    assert {v.trust for v in right} == {"strong"}
    # No problem takes the next one's solution under its own name, but where they ask for the same.
    nexts = list(zip(problems, problems[1:] + problems[:1], strict=True))
    renamed = [
        block(solutions[q.id].replace(q.reference.get("entry_point", "?"), p.reference.get("entry_point", "?")))
        for p, q in nexts
    ]
    verdicts = judged(verifiers, *((p, text) for (p, _), text in zip(nexts, renamed, strict=True)))
    assert [p.id for (p, _), v in zip(nexts, verdicts, strict=True) if v.score] == []


class Broken:
    """A sandbox that can judge nothing, or starts nowhere."""

    started = closed = 0

    def __init__(self, **options: Any) -> None:
        self.options = options

    def start(self) -> Broken:
        type(self).started += 1
        return self

    def grade_many(self, items: Sequence[Any]) -> list[Graded]:
        return [Graded(Kind.SANDBOX_ERROR, None, detail="no slot could run it") for _ in items]

    def close(self) -> None:
        type(self).closed += 1


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    Broken.started = Broken.closed = 0
    monkeypatch.setattr(code, "Sandbox", Broken)
    return Broken


def test_what_the_sandbox_cannot_judge_is_no_reward(broken: type[Broken]) -> None:
    verifiers = verifiers_with()
    (verdict,) = judged(verifiers, (ADD, block("def add(a, b): return a + b")))
    assert (verdict.score, verdict.kind) == (None, VerdictKind.INFRASTRUCTURE)
    with pytest.raises(VerifierError, match=r"1 of 1 responses could not be judged .*no slot could run it"):
        require_judged([verdict], 0.05, "iteration 0")
    verifiers.close()
    assert (broken.started, broken.closed) == (1, 1)


def test_the_sandbox_starts_only_for_programs_and_before_they_come(broken: type[Broken]) -> None:
    verifiers = verifiers_with()
    mathematics = Problem("m", (Message(role="user", content="1 + 1"),), "math", {"answer": "2"})
    verifiers.start([mathematics])
    verifiers.check([mathematics, ADD])
    judged(verifiers, (mathematics, "\\boxed{2}"))
    assert broken.started == 0
    verifiers.start([mathematics, ADD, DOUBLE])
    assert broken.started == 1
    judged(verifiers, (ADD, "none"), (DOUBLE, block("1")))
    assert broken.started == 1
    verifiers.close()
    assert broken.closed == 1


def test_a_sandbox_that_does_not_contain_programs_stops_the_run(
    broken: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Broken) -> Broken:
        raise SandboxError("a program reached the network; install Docker")

    monkeypatch.setattr(Broken, "start", refuse)
    verifiers = verifiers_with()
    with pytest.raises(SandboxError, match="install Docker"):
        verifiers.start([ADD])
    verifiers.close()


def test_tests_that_cannot_be_read_are_said_before_anything_runs(broken: type[Broken]) -> None:
    with pytest.raises(VerifierError, match=r"problem bad: "):
        verifiers_with().check([problem("bad", test_type="stdin", tests=[])])
    assert broken.started == 0


def test_humanevals_own_test_field_is_called(verifiers: Verifiers, tmp_path: Path) -> None:
    """Judge by a `check` that nobody calls, as it stands in the column `test` of openai/openai_humaneval."""
    test = "METADATA = {'author': 'jt'}\n\n\ndef check(candidate):\n    assert candidate([1, 2]) == 3\n"
    row = {"prompt": "Write total.", "test_type": "python", "entry_point": "total", "tests": [test]}
    (tmp_path / "x.jsonl").write_text(json.dumps(row))
    (its,) = load(str(tmp_path / "x.jsonl"), verifier="code").problems
    verifiers.check([its])
    programs = (
        "def total(a):\n    return sum(a)",
        "def total(a):\n    return 'nonsense'",
        "x = 1",
        "def total(a): pass",
    )
    verdicts = judged(verifiers, *((its, block(program)) for program in programs))
    assert [v.score for v in verdicts] == [1.0, 0.0, 0.0, 0.0]
    assert {v.trust for v in verdicts} == {"strong"}


@pytest.mark.parametrize(
    "test",
    ["", "# assert f(1) == 2", "f(1)", "print(f(1) == 2)", "assert (f(1) == 2, 'no')", "for x in []:\n    assert f(x)"],
)
def test_tests_that_judge_nothing_are_refused_and_judge_nobody(verifiers: Verifiers, test: str) -> None:
    its = problem("idle", test_type="python", entry_point="f", tests=[test])
    with pytest.raises(VerifierError, match=r"^problem idle: tests: .* every program would be accepted"):
        verifiers.check([its])
    for program in ("def f(x):\n    return 'nonsense'", "x = 1"):
        (verdict,) = judged(verifiers, (its, block(program)))
        assert (verdict.score, verdict.kind) == (None, VerdictKind.INFRASTRUCTURE)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_log_says_which_sandbox(backend: str, caplog: pytest.LogCaptureFixture) -> None:
    verifiers = verifiers_with(sandbox=require(backend), slots=1)
    with caplog.at_level(logging.INFO, logger="armature"):
        verifiers.start([ADD])
    verifiers.close()
    assert any(r.getMessage().startswith(f"sandbox: {backend}") and "1 slot" in r.getMessage() for r in caplog.records)


def test_measures_of_programs_are_there_for_programs_alone() -> None:
    def measures(*verdicts: Verdict) -> dict[str, Any]:
        rollouts = [
            Rollout("p", s, (1,), (2, 3), (-0.1, -0.1), FinishReason.STOP, "l", s) for s in range(len(verdicts))
        ]
        return iteration_measures(rollouts, verdicts, 1.0)

    strong = Verdict(1.0, VerdictKind.ACCEPTED, "", "a", trust="strong", cached=False)
    weak = Verdict(1.0, VerdictKind.ACCEPTED, "trust weak: ", "b", trust="weak", cached=True)
    plain = Verdict(1.0, VerdictKind.ACCEPTED, "", "a")
    masked = Verdict(None, VerdictKind.TRUNCATED)
    assert measures(strong, weak, weak, strong, masked)["weak_trust_share"] == 0.5
    assert "weak_trust_share" not in measures(plain, plain)
    assert (reused_share([strong, weak, masked]), reused_share([plain])) == (0.5, None)
    assert verdict_of(row(weak)) == Verdict(1.0, VerdictKind.ACCEPTED, "trust weak: ", "b")  # what is stored


def test_limits_come_from_the_settings_and_a_problem_may_state_more_time(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []

    class Seen(Broken):
        def grade_many(self, items: Sequence[Any]) -> list[Graded]:
            seen.extend((limits.cpu_s, limits.memory_mb) for _, _, limits in items)
            seen.append((self.options["backend"], self.options["slots"], self.options["limits"].memory_mb))
            return super().grade_many(items)

    monkeypatch.setattr(code, "Sandbox", Seen)
    slow, quick = (problem(f"{s} s", timeout_s=s, **DOUBLE.reference) for s in (10, 1))
    judged(
        verifiers_with(sandbox="jail", slots=3, cpu_s=2.5, memory_mb=99),
        *((p, block("print(1)")) for p in (DOUBLE, slow, quick)),
    )
    assert seen == [(2.5, 99), (10.0, 99), (2.5, 99), ("jail", 3, 99)]
