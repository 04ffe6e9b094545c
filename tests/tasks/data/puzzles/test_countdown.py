"""Chain countdown against an independent enumeration, and its verifier against mutated answers."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.puzzles import countdown
from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tests.tasks.data.puzzles.number_puzzles import check_changed_word, check_demonstrations, check_generation

WORDS = [*map(str, range(100)), "+", "-", "*", "/"]
PROBLEMS = st.integers(0, countdown.size() - 1).map(lambda index: countdown.generate(17, index))


def brute_force(numbers: list[int], target: int) -> set[str]:
    """All orders times all operators, in fractions; equal token strings count once."""
    found = set()
    for order in set(itertools.permutations(numbers)):
        for operators in itertools.product("+-*/", repeat=3):
            result, tokens = Fraction(order[0]), [str(order[0])]
            for operator, number in zip(operators, order[1:], strict=True):
                result = {"+": result + number, "-": result - number, "*": result * number, "/": result / number}[
                    operator
                ]
                if result.denominator != 1 or not 0 <= result <= 99:
                    break
                tokens += [operator, str(number), str(result)]
            else:
                if result == target:
                    found.add(" ".join(tokens))
    return found


@given(PROBLEMS)
@settings(max_examples=60, deadline=None)
def test_solutions_are_those_of_a_brute_force_and_all_are_accepted(problem):
    numbers, target = problem.reference["numbers"], problem.reference["target"]
    assert set(countdown.demonstrations(problem)) == brute_force(numbers, target)
    check_demonstrations(countdown, problem, words=10)


@given(PROBLEMS, st.integers(0, 10**6), st.integers(0, 9), st.sampled_from(WORDS))
@settings(max_examples=400, deadline=None)
def test_a_changed_token_is_accepted_only_if_it_makes_another_solution(problem, pick, place, word):
    check_changed_word(countdown, problem, pick, place, word)


@given(PROBLEMS, st.lists(st.sampled_from(WORDS), min_size=8, max_size=12).map(" ".join))
@settings(max_examples=200, deadline=None)
def test_any_tokens_are_accepted_only_if_they_are_a_solution(problem, text):
    assert countdown.verify(problem.reference, text).score == float(text in countdown.demonstrations(problem))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("2 * 9 18 - 4 14 * 3 42", VerdictKind.ACCEPTED),
        ("  2 * 9  18 - 4 14 * 3 42\n", VerdictKind.ACCEPTED),
        ("2 * 9 18 - 4 14 * 3 42 42", VerdictKind.NO_ANSWER),
        ("2 * 9 18 - 4 14 * 3", VerdictKind.NO_ANSWER),
        ("02 * 9 18 - 4 14 * 3 42", VerdictKind.NO_ANSWER),
        ("2 ** 9 18 - 4 14 * 3 42", VerdictKind.NO_ANSWER),
        ("٢ * 9 18 - 4 14 * 3 42", VerdictKind.NO_ANSWER),  # an Arabic two, which int() would take
        ("2 x 9 18 - 4 14 * 3 42", VerdictKind.NO_ANSWER),
        ("", VerdictKind.NO_ANSWER),
        ("2 * 9 19 - 4 14 * 3 42", VerdictKind.WRONG),  # a wrong step
        ("2 * 9 18 + 4 22 + 3 25", VerdictKind.WRONG),  # another target
        ("2 * 9 18 - 4 14 * 4 56", VerdictKind.WRONG),  # a number twice
        ("9 * 4 36 + 3 39 + 3 42", VerdictKind.WRONG),  # the target, but not with the given numbers
        ("4 / 0 0 + 9 9 + 3 12", VerdictKind.WRONG),  # division by zero
        ("9 / 2 4 * 4 16 * 3 48", VerdictKind.WRONG),  # inexact division
        ("4 - 9 5 * 2 10 + 3 13", VerdictKind.WRONG),  # below zero
    ],
)
def test_verdicts(text, kind):
    verdict = countdown.verify({"numbers": [2, 3, 4, 9], "target": 42}, text)
    assert verdict.kind is kind
    assert (verdict.answer is None) == (kind is VerdictKind.NO_ANSWER)


def test_a_foreign_reference_is_not_a_wrong_answer():
    with pytest.raises(VerifierError, match="numbers"):
        countdown.verify({"answer": "42"}, "2 * 9 18 - 4 14 * 3 42")


def test_generation_is_a_pure_function_that_reaches_every_problem_once():
    check_generation(countdown, 16_870, "countdown/4-6-9-9/4")


def test_generating_everything_enumerates_each_four_numbers_and_each_order_once():
    for cached in (countdown.answers, countdown._pairs, countdown._order):
        cached.cache_clear()
    assert all(countdown.generate(3, index).solutions for index in range(countdown.size()))
    assert countdown.answers.cache_info().misses == math.comb(
        len(countdown.NUMBERS) + countdown.COUNT - 1, countdown.COUNT
    )
    assert (countdown._pairs.cache_info().misses, countdown._order.cache_info().misses) == (1, 1)
