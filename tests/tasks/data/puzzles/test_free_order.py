"""Free order against an independent enumeration, and its verifier against mutated answers."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.data.encode import encode_responses
from tasks.data.puzzles import free_order
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tests.tasks.data.puzzles.number_puzzles import check_changed_word, check_demonstrations, check_generation

WORDS = [*map(str, range(100)), "+", "-", "*", "/", "=", ":", ","]
PROBLEMS = st.integers(0, free_order.size() - 1).map(lambda index: free_order.generate(17, index))
REFERENCE = {"numbers": [2, 2, 3, 3, 9], "target": 32}
RIGHT = "2 + 2 = 4 : 3 3 9 , 9 + 3 = 12 : 3 4 , 12 * 3 = 36 : 4 , 36 - 4 = 32"


def brute_force(values: Counter[int]) -> set[tuple[str, int]]:
    """All chains from `values`, each with its last value: every ordered pair of values, every operator; equal token
    strings count once.
    """
    if values.total() == 1:
        return {("", *values.elements())}
    found = set()
    for a, b in itertools.product(list(values), repeat=2):
        others = values - Counter([a, b])
        if others.total() != values.total() - 2 or a < b:
            continue
        for sign, result in (("+", a + b), ("-", a - b), ("*", a * b)):
            if 1 <= result <= 99:
                left = "".join(f" {other}" for other in sorted(others.elements()))
                for text, last in brute_force(others + Counter([result])):
                    found.add((f"{a} {sign} {b} = {result}" + (f" :{left} , {text}" if left else ""), last))
    return found


@pytest.mark.parametrize("numbers", [(2, 3, 4, 5, 9), (1, 1, 1, 1, 1), (2, 2, 3, 3, 9), (7, 8, 9, 9, 9)])
def test_counts_and_answers_are_those_of_a_brute_force(numbers: tuple[int, ...]) -> None:
    found = brute_force(Counter(numbers))
    assert Counter(last for _, last in found) == free_order.counts(numbers)
    for target in free_order.counts(numbers):
        answers = free_order.Answers(numbers, target)
        assert set(answers) == {text for text, last in found if last == target}
        assert len(set(answers)) == len(answers)
    assert len(free_order.Answers(numbers, 0)) == 0


@given(PROBLEMS)
@settings(max_examples=30, deadline=None)
def test_every_demonstration_is_accepted_and_has_32_tokens(problem):
    check_demonstrations(free_order, problem, words=32)


@given(PROBLEMS, st.integers(0, 10**6), st.integers(0, 31), st.sampled_from(WORDS))
@settings(max_examples=100, deadline=None)
def test_a_changed_token_is_accepted_only_if_it_makes_another_answer(problem, pick, place, word):
    check_changed_word(free_order, problem, pick, place, word)


@given(PROBLEMS, st.integers(0, 10**6), st.integers(1, 9), st.integers(1, 80))
@settings(max_examples=200, deadline=None)
def test_an_answer_is_right_for_its_own_problem_alone(problem, pick, number, target):
    texts = free_order.demonstrations(problem)
    text = texts[pick % len(texts)]
    numbers = sorted([number, *problem.reference["numbers"][1:]])
    other = {"numbers": numbers, "target": target}
    same = numbers == problem.reference["numbers"] and target == problem.reference["target"]
    assert free_order.verify(other, text).score == float(same)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (RIGHT, VerdictKind.ACCEPTED),
        (f"  {RIGHT.replace(' : ', '  :  ')}\n", VerdictKind.ACCEPTED),
        (f"{RIGHT} ,", VerdictKind.NO_ANSWER),
        (f"{RIGHT} , {RIGHT}", VerdictKind.NO_ANSWER),
        (f"{RIGHT} 32", VerdictKind.NO_ANSWER),
        (RIGHT.removesuffix(" = 32"), VerdictKind.NO_ANSWER),
        (RIGHT.partition(" , ")[2], VerdictKind.NO_ANSWER),  # a step left out
        (RIGHT.replace("9 + 3", "9 ** 3"), VerdictKind.NO_ANSWER),
        (RIGHT.replace("9 + 3", "9 / 3"), VerdictKind.NO_ANSWER),
        (RIGHT.replace("9 + 3", "09 + 3"), VerdictKind.NO_ANSWER),
        (RIGHT.replace("9 + 3", "٩ + 3"), VerdictKind.NO_ANSWER),  # an Arabic nine, which int() would take
        (RIGHT.replace(": 3 3 9", ": 3 9"), VerdictKind.NO_ANSWER),
        ("", VerdictKind.NO_ANSWER),
        ("9 " * 1_000_000, VerdictKind.NO_ANSWER),
        ("32", VerdictKind.NO_ANSWER),
        (RIGHT.replace("9 + 3 = 12", "9 + 3 = 13"), VerdictKind.WRONG),  # a wrong result
        (RIGHT.replace(": 3 3 9", ": 3 9 3"), VerdictKind.WRONG),  # what is left, not ascending
        (RIGHT.replace(": 3 3 9", ": 3 3 8"), VerdictKind.WRONG),  # something else left
        (RIGHT.replace(": 3 3 9", ": 3 9 9"), VerdictKind.WRONG),  # another number twice
        (RIGHT.replace("9 + 3 = 12", "3 + 9 = 12"), VerdictKind.WRONG),  # the smaller operand left
        ("2 + 2 = 4 : 3 3 9 , 9 + 3 = 12 : 3 4 , 12 * 3 = 36 : 4 , 36 + 4 = 40", VerdictKind.WRONG),  # another target
        ("2 + 2 = 4 : 3 3 9 , 9 + 3 = 12 : 3 4 , 12 * 3 = 36 : 4 , 36 - 4 = 40", VerdictKind.WRONG),
        (
            "2 + 2 = 4 : 3 3 9 , 9 + 3 = 12 : 3 4 , 12 * 4 = 48 : 3 , 36 - 4 = 32",
            VerdictKind.WRONG,
        ),  # values that are not at hand
        (
            "9 + 3 = 12 : 2 2 3 , 9 + 3 = 12 : 2 3 , 12 * 3 = 36 : 2 , 16 * 2 = 32",
            VerdictKind.WRONG,
        ),  # numbers used again
        ("8 * 4 = 32 : 3 3 9 , 9 * 3 = 27 : 3 32 , 3 - 3 = 0 : 32 , 32 - 0 = 32", VerdictKind.WRONG),
        (
            "3 - 3 = 0 : 2 2 9 , 9 * 2 = 18 : 0 2 , 18 - 2 = 16 : 0 , 16 + 0 = 16",
            VerdictKind.WRONG,
        ),  # zero is no result
    ],
)
def test_verdicts(text: str, kind: VerdictKind) -> None:
    verdict = free_order.verify(REFERENCE, text)
    assert verdict.kind is kind
    assert verdict.answer == (None if kind is VerdictKind.NO_ANSWER else " ".join(text.split()))
    assert len(verdict.detail) < 200


@pytest.mark.parametrize("numbers", [[], [32], [2, 2, 3, 3], [2, 2, 3, 3, 9, 9]])
def test_an_answer_to_other_than_five_numbers_is_wrong_and_nothing_breaks(numbers: list[int]) -> None:
    assert free_order.verify({"numbers": numbers, "target": 32}, RIGHT).kind is VerdictKind.WRONG


def test_a_foreign_reference_is_not_a_wrong_answer() -> None:
    with pytest.raises(VerifierError, match="numbers"):
        free_order.verify({"answer": "42"}, RIGHT)


def test_answers_are_a_sequence() -> None:
    answers = free_order.Answers((2, 2, 3, 3, 9), 32)
    every = list(answers)
    assert (answers[-1], answers[3:5], RIGHT in answers) == (every[-1], every[3:5], True)
    with pytest.raises(IndexError):
        answers[len(answers)]


def test_the_puzzle_tokenizer_knows_every_word() -> None:
    tokenizer = puzzle_tokenizer()
    for index in range(50):
        problem = free_order.generate(17, index)
        (ids,) = encode_responses([free_order.demonstrations(problem)[0]], tokenizer)
        assert len(ids) == 33  # with the end token
        assert tokenizer.unk_token_id not in tokenizer(problem.prompt[0]["content"])["input_ids"]


def test_generation_is_a_pure_function_that_reaches_every_problem_once() -> None:
    check_generation(free_order, 12_572, "free_order/3-4-6-8-9/17")
