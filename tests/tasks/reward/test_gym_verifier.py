"""Answers to reasoning-gym: how they are taken from responses, and that nothing in them runs, forges or blocks."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox import jail
from specs.rewards import Reward
from specs.sections import Data
from tasks.data.sources.registry import make_source
from tasks.errors import VerifierError
from tasks.records import Message, Problem, VerdictKind
from tasks.reward import gym_scorer
from tasks.reward.verifiers.gym import GymVerifier, extract

GYM = pytest.mark.skipif(
    importlib.util.find_spec("reasoning_gym") is None or jail.unsupported() is not None,
    reason="needs reasoning-gym (pip install 'armature[gym]') and the jail",
)
#: Each run imports reasoning-gym in several jails, so one scorer is tried in `make test`. The slow rest
#: proves that the guard reaches the module that each of the nine calls `eval` or `parse_expr` in.
EXECUTING = [
    pytest.param(name, marks=() if name == "n_queens" else pytest.mark.slow)
    for name in sorted(gym_scorer.LITERALS | gym_scorer.EXPRESSIONS)
]
WRONG, TIME, MEMORY = VerdictKind.WRONG, VerdictKind.TIME_LIMIT, VerdictKind.MEMORY_LIMIT
#: Answers that would do something if they were executed.
ATTACKS = {
    "reads a file": "open('/packages/reasoning_gym/__init__.py').read()",
    "waits for ever": "__import__('time').sleep(10**6)",
    "loops": "[0 for _ in iter(int, 1)]",
    "computes": "9**9**9**9",
    "takes memory": "bytearray(1 << 40)",
    "takes memory as text": "'x' * 10**12",
    "exits": "__import__('os')._exit(0)",
    "raises SystemExit": "exit()",
    "kills": "__import__('os').kill(__import__('os').getppid(), 9)",
    "writes to stdout": "__import__('os').write(1, b'{\"score\": 1.0}\\n')",
    # Without the guard, one of these is right (7 with n_queens): the score goes over a pipe.
    **{f"hands over a score by {fd}": f"[__import__('os').write(fd, b'1.0') for fd in ({fd},)]" for fd in range(3, 10)},
    "patches the scorer": "(lambda: 0).__globals__.update(x=1)",
    "equals everything": "type('E', (), {'__eq__': lambda a, b: True, '__sub__': lambda a, b: 0})()",
    "looks for the answer": "__import__('sys')._getframe(3).f_locals['entry']['answer']",
    "calls by letters": "().__class__.__base__.__subclasses__()",
    "hides in sympy": "lambdify(x, 'x').__globals__",
    "nests": "(" * 5000 + "1" + ")" * 5000,
    "nests lists": "[" * 100_000,
}


@pytest.mark.parametrize(
    ("response", "answer"),
    [
        ("<think>1 <answer>2</answer></think> so <answer> 3\n4 </answer>", "3\n4"),
        ("<answer>1</answer> no, <ANSWER>2</ANSWER>", "2"),
        (r"It is \boxed{1} or \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        ("Reasons.\nAnswer: 7 x 8 \nBye", "7 x 8"),
        ("**Final answer:** 42", "** 42"),
        ("First\n\nlast line \n", "last line"),
        ("<think>never ends", None),
        ("<think>done</think>  ", None),
        ("<answer></answer>", None),
    ],
)
def test_the_answer_of_a_response(response: str, answer: str | None) -> None:
    assert extract(response) == answer


@pytest.mark.parametrize("text", ["2*(3 + 4)", "3*x**2/2 + sin(x) - exp(2*x) + C", "-1.5e-3*x", "83 - 74 + 40^2", ".5"])
def test_arithmetic_is_plain(text: str) -> None:
    assert gym_scorer.plain(text)


@pytest.mark.parametrize(
    "text",
    ["x.y", "'a'", "x_1", "a[0]", "lambda: 0", "Symbol(x)", "{1}", "x = 1", "1; 2", "é", "1 if x else 2", "x" * 10_001],
)
def test_what_is_more_than_arithmetic_is_not_plain(text: str) -> None:
    assert not gym_scorer.plain(text)


def test_a_reference_of_another_kind_is_refused() -> None:
    problem = Problem("a", (Message(role="user", content="1"),), "gym", {"answer": "1"})
    with pytest.raises(VerifierError, match="problem a: no reference of reasoning-gym"):
        GymVerifier("gym", Reward()).check(problem)


@pytest.fixture(scope="module")
def verifier() -> Iterator[GymVerifier]:
    made = GymVerifier("gym", Reward())
    yield made
    made.close()


def problem_of(name: str, **options: Any) -> Problem:
    query = "&".join(f"{key}={value}" for key, value in {"size": 3, "seed": 1, **options}.items())
    return make_source(Data(train=f"gym:{name}?{query}")).problems().problems[0]


def right_answer(problem: Problem) -> str:
    entry = problem.reference["entry"]
    if problem.reference["dataset"] == "n_queens":
        return str(entry["metadata"]["valid_answers"][0])
    return str(entry["answer"] or entry["metadata"].get("expression"))


@GYM
@pytest.mark.parametrize("name", EXECUTING)
def test_no_attack_on_a_scorer_that_executes_is_right_or_harms_others(name: str, verifier: GymVerifier) -> None:
    problem = problem_of(name)
    right = f"<answer>{right_answer(problem)}</answer>"
    responses = [each for attack in ATTACKS.values() for each in (f"<answer>{attack}</answer>", right)]
    verdicts = verifier.verify([(problem, each) for each in responses])
    ends = {name: verdict.kind for name, verdict in zip(ATTACKS, verdicts[::2], strict=True)}
    assert set(ends.values()) <= {WRONG, TIME, MEMORY, VerdictKind.RUNTIME_ERROR}, ends
    assert ends["reads a file"] is ends["waits for ever"] is ends["exits"] is ends["kills"] is WRONG, "nothing ran"
    assert ends["computes"] is (TIME if name in gym_scorer.EXPRESSIONS else WRONG)
    accepted = {verdict.kind for verdict in verdicts[1::2]}
    # puzzle24's entries hold no solution.
    assert accepted == {VerdictKind.ACCEPTED} or name == "puzzle24"
    assert verifier._started().counters.slots_lost == 0


@GYM
def test_only_a_score_of_1_is_right_and_the_score_is_kept(verifier: GymVerifier) -> None:
    problem = problem_of("spiral_matrix")
    answer = right_answer(problem)
    listed = str([int(each) for each in answer.split()])
    right, partly, none = verifier.verify([(problem, answer), (problem, listed), (problem, "<think>")])
    assert (right.kind, right.score) == (VerdictKind.ACCEPTED, 1.0)
    assert (partly.kind, partly.score, partly.detail) == (WRONG, 0.0, "score 0.1")
    assert none.kind is VerdictKind.NO_ANSWER


@GYM
def test_data_sets_are_judged_side_by_side(verifier: GymVerifier) -> None:
    items = [(problem, right_answer(problem)) for problem in map(problem_of, ("leg_counting", "chain_sum", "gcd"))]
    assert {each.kind for each in verifier.verify(items * 2)} == {VerdictKind.ACCEPTED}
