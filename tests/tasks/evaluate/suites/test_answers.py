"""The stand-ins as they lie, and each known answer, given as a model's, accepted by the project's own verifier."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from specs.names import suite_names
from specs.rewards import Reward
from tasks.data.puzzles.registry import demonstrations
from tasks.evaluate.suites.declare import read_suite
from tasks.evaluate.suites.load import LoadedSuite, digest
from tasks.records import FinishReason, Problem
from tasks.reward.verification import Verifiers
from tests.tasks.data.tools import load
from tests.tasks.evaluate.suites.tools import SHARED, load_suite, needs_shared

PUZZLES = ("countdown", "graph_colouring")
STAND_INS = [name for name in suite_names() if read_suite(name).stand_in is not None]
MATHEMATICS = [name for name in STAND_INS if read_suite(name).verifier == "math"]
#: Problems whose own known answer is not accepted. None: 1965, 1970 and 2349 of OlympiadBench are, to the letter.
EXCEPTIONS: dict[str, set[str]] = {}


@pytest.fixture(scope="module")
def verifiers() -> Iterator[Verifiers]:
    made = Verifiers(Reward())
    yield made
    made.close()


def accepted(verifiers: Verifiers, answers: list[tuple[Problem, str]]) -> list[bool]:
    return [
        v.score == 1.0
        for v in verifiers.verify([(p, text, FinishReason.STOP) for p, text in answers], mask_truncated=False)
    ]


@needs_shared
@pytest.mark.parametrize("name", STAND_INS)
def test_a_stand_in_is_whole_and_says_what_it_is(name: str, verifiers: Verifiers) -> None:
    suite = load_suite(name, SHARED)
    declared = suite.suite.stand_in
    assert declared is not None
    assert len(suite.problems) == declared.size
    assert (suite.differs, suite.revision, suite.origin) == (declared.differs, None, f"stand-in {declared.file}")
    assert suite.label.startswith(f"{suite.suite.title} (stand-in")
    assert (f"of {declared.size} problems" in suite.label) is (declared.size != suite.suite.answers)
    verifiers.check([p.problem for p in suite.problems])
    for each in suite.problems:
        shown = each.problem.prompt[-1]["content"]
        assert each.question.strip() and each.question in shown
        assert "Answer with the letter" not in each.question and "should pass these tests" not in each.question
    for column, value in (("level", "level"), ("subject", "subject"), ("source", "source")):
        assert any(getattr(each, value) for each in suite.problems) is (getattr(declared.columns, column) is not None)


@needs_shared
def test_the_digest_is_of_the_problems(verifiers: Verifiers) -> None:
    suite = load_suite("math500", SHARED)
    assert suite.digest == load_suite("math500", SHARED).digest == digest(suite.problems)
    assert suite.digest != digest(suite.problems[::-1])
    assert suite.digest != digest(suite.problems[:-1])


@needs_shared
@pytest.mark.parametrize("name", MATHEMATICS)
def test_each_known_answer_is_accepted_in_a_box(name: str, verifiers: Verifiers) -> None:
    problems = [p.problem for p in load_suite(name, SHARED).problems]
    verdicts = accepted(
        verifiers, [(p, f"So the final answer is $\\boxed{{{p.reference['answer']}}}$.") for p in problems]
    )
    assert {p.id for p, right in zip(problems, verdicts, strict=True) if not right} == EXCEPTIONS.get(name, set())


@needs_shared
def test_a_choice_is_accepted_by_letter_and_by_text_and_no_other_letter_is(verifiers: Verifiers) -> None:
    problems = [p.problem for p in load_suite("mmlu_pro", SHARED).problems]
    others = [(p, f"\\boxed{{{'B' if p.reference['answer'] == 'A' else 'A'}}}") for p in problems]
    assert not any(accepted(verifiers, others))
    plain = [(p, p.reference["choices"]["ABCDEFGHIJ".index(p.reference["answer"])]) for p in problems]
    words = [(p, f"\\boxed{{{text}}}") for p, text in plain if text.isalpha() and len(text) > 3]
    assert len(words) > 10
    assert all(accepted(verifiers, words))


@needs_shared
@pytest.mark.xfail(strict=True, reason="the gold is `$221,$8$`: its dollar signs do not match (the set's own fault)")
def test_the_two_values_of_olympiadbench_2349(verifiers: Verifiers) -> None:
    (problem,) = (
        p.problem for p in load_suite("olympiadbench", SHARED).problems if p.problem.id == "olympiadbench/2349"
    )
    assert all(accepted(verifiers, [(problem, "\\boxed{221, 8}")]))


@pytest.mark.parametrize("name", PUZZLES)
def test_a_puzzle_s_problems_are_those_that_training_keeps_out(name: str, verifiers: Verifiers) -> None:
    suite: LoadedSuite = load_suite(name)
    problems = [p.problem for p in suite.problems]
    assert load_suite(name, SHARED) == suite, "made on the spot, with or without stand-ins"
    assert (suite.differs, suite.revision, suite.label) == (None, None, suite.suite.title)
    source = f"puzzle:{name}" if name == "countdown" else f"puzzle:{name}?count=300"
    assert problems == load(source, "heldout", heldout=200).problems
    assert not {p.id for p in problems} & {p.id for p in load(source, heldout=200).problems}
    answers = [demonstrations(p) for p in problems]
    assert [len(each) for each in answers] == [p.solutions for p in problems]
    assert all(accepted(verifiers, [(p, each[-1]) for p, each in zip(problems, answers, strict=True)]))
