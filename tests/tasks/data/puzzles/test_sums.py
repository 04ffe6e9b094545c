"""Sums: the last number of a response counts, and nothing else does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.data.puzzles import sums
from tasks.errors import VerifierError
from tasks.records import VerdictKind


def test_every_problem_occurs_once_and_its_answer_is_right():
    problems = [sums.generate(3, index) for index in range(sums.size())]
    assert len({problem.id for problem in problems}) == 729
    for problem in problems:
        (answer,) = sums.demonstrations(problem)
        assert eval(problem.prompt[0]["content"].removesuffix("=")) == int(answer)
        assert sums.verify(problem.reference, answer).score == 1.0
    assert problems[:9] != [sums.generate(4, index) for index in range(9)]


@pytest.mark.parametrize(
    ("text", "kind", "answer"),
    [
        ("15", VerdictKind.ACCEPTED, "15"),
        ("3 + 4 = 7, and 7 + 8 is 15.", VerdictKind.ACCEPTED, "15"),
        ("The sum is 15!\n", VerdictKind.ACCEPTED, "15"),
        ("015", VerdictKind.ACCEPTED, "15"),
        ("15 or 16", VerdictKind.WRONG, "16"),
        ("7 15 8", VerdictKind.WRONG, "8"),
        ("115", VerdictKind.WRONG, "115"),
        ("15.5", VerdictKind.NO_ANSWER, None),
        ("1,015", VerdictKind.NO_ANSWER, None),
        ("fifteen", VerdictKind.NO_ANSWER, None),
        ("", VerdictKind.NO_ANSWER, None),
        ("١٥", VerdictKind.NO_ANSWER, None),
        ("9" * 100_000, VerdictKind.NO_ANSWER, None),
    ],
)
def test_the_last_whole_number_is_the_answer(text, kind, answer):
    verdict = sums.verify({"total": 15}, text)
    assert (verdict.kind, verdict.answer) == (kind, answer)


@given(st.text(max_size=40), st.integers(0, 99))
def test_any_text_is_judged_and_a_right_end_is_right(text, total):
    assert sums.verify({"total": total}, text).kind in (VerdictKind.ACCEPTED, VerdictKind.WRONG, VerdictKind.NO_ANSWER)
    assert sums.verify({"total": total}, f"{text} = {total}").score == 1.0


def test_a_problem_of_another_kind_is_refused():
    with pytest.raises(VerifierError, match="was not made by puzzle:sums"):
        sums.verify({"answer": 3}, "3")
