"""Multiple choice: the label that a response names, in all the ways that models write it, and what names none."""

from __future__ import annotations

from typing import Any

import pytest

from specs.rewards import Reward
from tasks.data.answers import Prompt
from tasks.data.columns import Columns
from tasks.errors import DataError, VerifierError
from tasks.records import Message, Problem, VerdictKind
from tasks.reward.choice_answers import read_choice_answer
from tasks.reward.verifiers.base import Verifier
from tasks.reward.verifiers.registry import make_verifier, reader_of

FEW = "ABCDEFGH"
CITIES = ("Paris", "Rome", "Berlin", "Madrid")

#: (response, what it names): no choice is known but by its label.
BY_LABEL: list[tuple[str, str | None]] = [
    # boxes
    ("so $\\boxed{B}$.", "B"),
    ("\\boxed{\\text{B}}", "B"),
    ("\\boxed{\\text{(B)}}", "B"),
    ("\\boxed{\\textbf{(B)}\\ 12}", "B"),
    ("\\boxed{\\mathbf{B}}", "B"),
    ("\\boxed{b}", "B"),
    ("\\boxed{e}", "E"),
    ("\\boxed{(e)}", "E"),
    ("\\boxed{\\text{Option B}}", "B"),
    ("\\boxed{B. 12}", "B"),
    ("\\boxed{\\text{B) ATP and NADPH}}", "B"),
    ("\\boxed{Ｂ}", "B"),
    ("\\boxed{A} is tempting, but no.\n\\boxed{B}", "B"),
    ("<think>\\boxed{A}</think>\\boxed{B}", "B"),
    ("12 cm, that is \\boxed{12}. The answer is B.", "B"),
    ("\\boxed{B}\n\nAnswer: B", "B"),
    # statements
    ("The answer is B", "B"),
    ("The answer is (B).", "B"),
    ("The best answer is **B**.", "B"),
    ("The answer is option B.", "B"),
    ('The answer is "B".', "B"),
    ("Therefore, the correct choice is **(B)**.", "B"),
    ("The correct answer is: **B) mitochondria**", "B"),
    ("The correct answer is B) mitochondria, since they make ATP.", "B"),
    ("The correct choice is B: because it is right.", "B"),
    ("The answer is (B) 3 and 4.", "B"),
    ("Answer: B", "B"),
    ("ANSWER: b", "B"),
    ("**Answer:** (B) 12 cm", "B"),
    ("Answer: $B$", "B"),
    ("Long thought.\n\nFinal answer: B\n", "B"),
    ("## Answer\n\n**B**", "B"),
    ("<answer>B</answer>", "B"),
    ("<think>hm</think>\n<answer> (B) Rome </answer>", "B"),
    ("#### B", "B"),
    ("答案：B", "B"),
    ("正确答案是（B）。", "B"),
    ("I considered (A), but it is incorrect. Final answer: B.", "B"),
    ("The answer is B. A is wrong.", "B"),
    ('{"answer": "B"}', "B"),
    ('Because of that:\n```json\n{"reason": "x", "answer": "B"}\n```', "B"),
    # a last sentence
    ("B", "B"),
    ("b", "B"),
    ("(B)", "B"),
    ("B.", "B"),
    ("**B**", "B"),
    ("B) Rome", "B"),
    ("B. Rome and Berlin", "B"),
    ("We weigh them all.\n\nB", "B"),
    ("We weigh them all.\n\n**(B)**", "B"),
    ("We weigh them all. Option B is correct.", "B"),
    ("We weigh them all. B is the correct answer!", "B"),
    ("We weigh them all. So, the answer must be B.", "B"),
    ("We weigh them all. I'd go with B.", "B"),
    ("Thus, option B is the answer", "B"),
    # the text of a choice behind its label may hold all sorts of words
    ("The answer is (B) not wrong at all.", "(B) not wrong at all"),
    ("The answer is (B) Not wrong, Wrong.", "B"),
    ("The answer is **B. False**", "B"),
    ("\\boxed{B. \\text{ATP but not NADPH, and no oxygen}}", "B"),
    ("\\boxed{B. \\text{in meiosis I}}", "B"),
    ("The answer is B. -212.8 kcal", "B"),
    ("(B) They separate, but do not vanish.", "B"),
    ("\\boxed{B. \\text{or (C)}}", "B. or (C)"),
    ("\\boxed{B. D}", "B. D"),
    ("\\boxed{B) 3 or D) 4}", "B) 3 or D) 4"),
    ("B is wrong.", None),
    ("B. is wrong", None),
    ("A. First we look. Then we think.", None),
    # several labels, or none
    ("\\boxed{A} or \\boxed{B}", "A, B"),
    ("\\boxed{A, B}", "A, B"),
    ("\\boxed{A \\text{ or } B}", "A or B"),
    ("\\boxed{ABCD}", "ABCD"),
    ("\\boxed{A}\\boxed{B}", "A, B"),
    ("$\\boxed{A}$\n$\\boxed{B}$\n$\\boxed{C}$", "B, C"),
    ("\\boxed{A}. Answer: B", "A, B"),
    ("\\boxed{(A) or (B)}", "(A) or (B)"),
    ("\\boxed{12}", "12"),
    ("\\boxed{I}", "I"),  # of eight labels
    ("The answer is A or B", "A or B"),
    ("The answer is A and C.", "A and C"),
    ("The answer is (A) 12 or (B) 13", "(A) 12 or (B) 13"),
    ("The answer is either A or B", "either A or B"),
    ("The answer is not A", "not A"),
    ("The answer is A, not B", "A, not B"),
    ("The answer is a good idea", "a good idea"),
    ("The answer is A good idea", "A good idea"),
    ("A\nB\nC\nD", "C, D"),
    ("Answer: A\nB", "A, B"),
    ("Option A is correct. Option B is correct.", "A, B"),
    ("(A) and (C)", None),
    ("A B C D", None),
    ("A, B, C, D", None),
    ("A) x\nB) y\nC) z", None),
    ("A. x\nB. y\nC. z\nWhich one is it?", None),
    ("", None),
    (" \n", None),
    ("I", None),
    ("I think so", None),
    ("I think C. Then again no.", None),
    ("A good answer is hard to find.", None),
    ("A train leaves", None),
    ("A: Let me think about this one.", None),
    ("Option B is not correct.", None),
    ("Is it option B?", None),
    ("It may be B", None),
    ("\\boxed{B", None),
    ("\\boxed{}", None),
    ("\\boxed{B} is wrong", None),
    ("<think>The answer is B", None),
    ("<think>The answer is B. \\boxed{B}</think>", None),
    ("The answer is B? ", None),
]


@pytest.mark.parametrize(("response", "expected"), BY_LABEL)
def test_the_label_that_a_response_names(response: str, expected: str | None) -> None:
    assert read_choice_answer(response, (), FEW)[0] == expected


def problem(answer: object, choices: list[str] | None = None) -> Problem:
    prompt = (Message(role="user", content="Which?"),)
    return Problem("number-7", prompt, "choice", {"answer": answer, **({"choices": choices} if choices else {})})


@pytest.fixture
def verifier() -> Verifier:
    return make_verifier("choice", Reward())


#: (right label, choices, response, score)
KNOWN: list[tuple[str, tuple[str, ...], str, float]] = [
    ("B", CITIES, "\\boxed{Rome}", 1),
    ("B", CITIES, "\\boxed{\\text{rome}}", 1),
    ("B", CITIES, "The answer is Rome.", 1),
    ("B", CITIES, "<answer>Rome</answer>", 1),
    ("B", CITIES, "Rome", 1),
    ("B", CITIES, "B. Rome", 1),
    ("B", CITIES, "\\boxed{B. Rome}", 1),
    ("B", CITIES, "\\boxed{B) the capital of Italy}", 1),
    ("B", CITIES, "\\boxed{Paris}", 0),
    ("B", CITIES, "\\boxed{B. Paris}", 0),  # the text of another choice
    ("A", CITIES, "\\boxed{B. Paris}", 0),
    ("B", CITIES, "Hm.\n\nB. Rome", 1),
    ("B", ("A: x", "Go? It is as they say."), "The answer is (B) Go? It is as they say.", 1),
    ("A", ("A: x", "Go? It is as they say."), "The answer is (A) Go? It is as they say.", 0),
    ("B", ("(a) 1, (b) 2", "(a) 2, (b) 1"), "\\boxed{\\text{(a) 2, (b) 1}}", 1),
    ("A", ("(a) 1, (b) 2", "(a) 2, (b) 1"), "\\boxed{\\text{(a) 2, (b) 1}}", 0),
    ("A", ("-4.5 $\\mathrm{kJ} \\mathrm{mol}^{-1}$", "4.5"), "**A. -4.5 $\\mathrm{kJ} \\mathrm{mol}^{-1}$**", 1),
    ("A", ("\\frac{1}{2}", "2"), "\\boxed{\\dfrac{1}{2}}", 1),
    ("A", ("10²", "102"), "\\boxed{102}", 0),
    ("B", CITIES, "\\boxed{Rome, Paris}", 0),
    ("B", CITIES, "\\boxed{Rome or Paris}", 0),
    ("B", CITIES, "\\boxed{E}", 0),
    ("B", CITIES, "It is Rome, or so they say.", 0),
    ("B", ("x", "yes", "Yes", "z"), "\\boxed{yes}", 1),  # capitals tell them apart
    ("B", ("x", "yes", "Yes", "z"), "\\boxed{YES}", 0),
    ("B", ("x", "same", "same", "z"), "\\boxed{same}", 0),  # it is not clear which
    ("B", ("x", "same", "same", "z"), "\\boxed{B}", 1),
    ("C", ("3", "1", "2", "0"), "\\boxed{2}", 1),  # a number is a text, and no place
    ("B", ("3", "1", "2", "0"), "\\boxed{2}", 0),
    ("A", ("15", "1.5"), "\\boxed{1.5}", 0),
    ("B", ("15", "1.5"), "\\boxed{1.5}", 1),
    ("B", ("C", "A", "B", "D"), "\\boxed{B}", 1),  # the label goes before the text
    ("C", ("C", "A", "B", "D"), "\\boxed{B}", 0),
    ("B", ("\\pi", "e", "1", "2", "3"), "\\boxed{e}", 0),  # is it the choice, or E?
    ("B", ("\\pi", "e", "1"), "\\boxed{e}", 1),
    ("D", ("I only", "II only", "I and III", "I and II"), "\\boxed{\\text{I and II}}", 1),
    ("D", ("I only", "II only", "I and III", "I and II"), "(D) I and II", 1),
    ("C", ("I", "II", "I and II"), "\\boxed{\\text{I and II}}", 1),
    ("A", ("I", "II", "I and II"), "\\boxed{I}", 1),  # no label of three
    ("I", tuple("stuvwxyzk"), "\\boxed{I}", 1),  # one of nine
    ("J", (), "The answer is J.", 1),
    ("I", (), "The answer is I.", 1),
    ("A", ("in a random direction", "12"), "\\boxed{\\text{in a random direction}}", 1),
    ("B", ("12", "No, it is not"), "\\boxed{\\text{B. No, it is not}}", 1),
]


@pytest.mark.parametrize(("right", "choices", "response", "score"), KNOWN)
def test_verdicts_where_the_choices_are_known(
    verifier: Verifier, right: str, choices: tuple[str, ...], response: str, score: float
) -> None:
    (verdict,) = verifier.verify([(problem(right, list(choices)), response)])
    assert verdict.score == score, verdict


def test_verdicts_have_the_label_as_their_answer(verifier: Verifier) -> None:
    responses = ["(B)", "\\boxed{Rome}", "\\boxed{Paris}", "hm", "\\boxed{b}"]
    verdicts = verifier.verify([(problem("B", list(CITIES)), text) for text in responses])
    assert [each.answer for each in verdicts] == ["B", "B", "A", None, "B"]
    assert [each.kind for each in verdicts] == [
        VerdictKind.ACCEPTED, VerdictKind.ACCEPTED, VerdictKind.WRONG, VerdictKind.NO_ANSWER, VerdictKind.ACCEPTED
    ]  # fmt: skip
    long = verifier.verify([(problem("B"), "\\boxed{" + "x" * 100_000 + "}"), (problem("B"), "A" * 100_000)])
    assert [each.score for each in long] == [0.0, 0.0]


@pytest.mark.parametrize(("answer", "choices"), [("K", None), ("AB", None), ("", None), (1, None), ("E", [*CITIES])])
def test_a_reference_that_names_no_choice_is_refused(
    verifier: Verifier, answer: object, choices: list[str] | None
) -> None:
    verifier.check(problem("B", choices))
    with pytest.raises(VerifierError, match=r"number-7.*must be a label from A to"):
        verifier.check(problem(answer, choices))


# -- rows
ASKED: Prompt = (Message(role="user", content="Which is the capital of Italy?"),)
SHOWN = "Which is the capital of Italy?\n\nA. Paris\nB. Rome\n\nAnswer with the letter of the right choice."
PAIR = ["Paris", "Rome"]


def read(row: dict[str, Any], prompt: Prompt = ASKED, columns: Columns | None = None) -> tuple[Any, Prompt]:
    return reader_of("choice")(row, columns or Columns(verifier="choice"), "rows.jsonl:3", prompt)


@pytest.mark.parametrize("answer", ["B", "b", "(B)", "B.", "B)", "(b).", " B "])
def test_a_label_is_a_reference(answer: str) -> None:
    assert read({"answer": answer}) == ({"answer": "B"}, ASKED)


@pytest.mark.parametrize(
    ("answer", "choices"),
    [
        ("B", PAIR),
        ("(b)", PAIR),
        (1, PAIR),  # MMLU counts from 0
        ("Rome", PAIR),
        (" Rome", ("Paris", "Rome")),
        ("B", {"text": PAIR, "label": ["A", "B"]}),  # ARC
        ("2", {"text": PAIR, "label": ["1", "2"]}),
        (2, {"text": PAIR, "label": ["1", "2"]}),
        ("Rome", {"text": PAIR}),
    ],
)
def test_the_right_one_of_known_choices(answer: object, choices: object) -> None:
    reference, prompt = read({"answer": answer, "choices": choices})
    assert reference == {"answer": "B", "choices": PAIR}
    assert [each["content"] for each in prompt] == [SHOWN]
    make_verifier("choice", Reward()).check(Problem("p", prompt, "choice", reference))


@pytest.mark.parametrize("shown", [SHOWN, "(A) Paris (B) Rome: which?", "Which?\nA: Paris\nB)  Rome"])
def test_choices_that_the_prompt_shows_are_not_shown_twice(shown: str) -> None:
    prompt = (Message(role="system", content="Think."), Message(role="user", content=shown))
    assert read({"answer": 1, "choices": PAIR}, prompt)[1] == prompt
    other = (*prompt[:1], Message(role="user", content="Paris or Rome, A or B?"))
    assert read({"answer": 1, "choices": PAIR}, other)[1][-1]["content"].endswith(
        "B. Rome\n\nAnswer with the letter of the right choice."
    )


def test_numbers_are_choices_too_and_the_answer_may_stand_behind_a_mark() -> None:
    assert read({"answer": "B", "choices": [1, 2.5]})[0] == {"answer": "B", "choices": ["1", "2.5"]}
    columns = Columns(answer="key", answer_after="####", verifier="choice")
    assert read({"key": "Since ... #### B"}, columns=columns)[0] == {"answer": "B"}
    with pytest.raises(DataError, match=r"key: no '####' \(data\.answer_after\)"):
        read({"key": "B"}, columns=columns)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({}, "no key 'answer'"),
        ({"answer": "Rome"}, "answer: want a label from A to J, or a column choices"),
        ({"answer": 1}, "or a column choices"),
        ({"answer": None}, "given None"),
        ({"answer": "K"}, "given 'K'"),
        ({"answer": "C", "choices": PAIR}, "from A to B.*it is none of them, given 'C'"),
        ({"answer": 2, "choices": PAIR}, "from 0 to 1"),
        ({"answer": -1, "choices": PAIR}, "from 0 to 1"),
        ({"answer": True, "choices": PAIR}, "given True"),
        ({"answer": "x", "choices": ["x", "x"]}, "which of them is not clear"),
        ({"answer": "b", "choices": ["b", "a"]}, "which of them is not clear"),
        ({"answer": "3", "choices": {"text": PAIR, "label": ["1", "2"]}}, "none of them"),
        ({"answer": "B", "choices": ["x"]}, "choices: want a list of 2 to 10 texts"),
        ({"answer": "B", "choices": list("abcdefghijk")}, "2 to 10 texts"),
        ({"answer": "B", "choices": ["x", " "]}, "2 to 10 texts"),
        ({"answer": "B", "choices": ["x", None]}, "2 to 10 texts"),
        ({"answer": "B", "choices": "xy"}, "2 to 10 texts"),
        ({"answer": "B", "choices": {"label": ["A"]}}, "2 to 10 texts"),
        ({"answer": "B", "choices": {"text": PAIR, "label": ["A"]}}, r"choices\.label: want one for each of 2"),
    ],
)
def test_a_row_that_is_no_multiple_choice_is_refused_with_its_place(row: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError, match=f"^rows.jsonl:3: .*{said}"):
        read(row)
