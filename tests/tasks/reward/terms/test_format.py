"""Formats: the named ones, a user's own expression, and expressions that would never end."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from specs.rewards import FORMATS as NAMES
from specs.rewards import Format, Reward
from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tasks.reward.terms import format as formats
from tasks.reward.terms.format import FORMATS, is_boxed, is_think_answer, matches
from tasks.reward.terms.registry import make_term, term_key_part
from tests.tasks.reward.terms.groups import group

GOOD = "<think>\nlong\nthought\n</think>\n<answer>\n4\n</answer>"


def test_the_names_in_a_spec_are_those_that_the_term_knows() -> None:
    assert tuple(FORMATS) == NAMES


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (GOOD, True),
        ("<think>a</think><answer>b</answer>", True),
        ("<think> a </think> <answer> b </answer>", True),  # as the prompt of DeepSeek-R1 has it
        (f"\n{GOOD}\n", True),
        ("<think>a <b>c</b></think><answer>$\\boxed{4}$ < 5</answer>", True),
        ("", False),
        ("4", False),
        ("<think>a</think>4", False),
        ("<think>a</think>", False),
        ("<answer>4</answer>", False),
        ("<answer>4</answer><think>a</think>", False),
        ("<think>a<answer>4</answer></think>", False),
        ("<think>a</think><answer>4", False),
        ("<think>a<answer>4</answer>", False),
        ("a</think><answer>4</answer>", False),
        (f"So: {GOOD}", False),
        (f"{GOOD} I hope it helps", False),
        (GOOD + GOOD, False),
        ("<think>a</think> so <answer>4</answer>", False),
        ("<think>a</think><think>b</think><answer>4</answer>", False),
        ("<think>a</think><answer>4</answer><answer>5</answer>", False),
        ("<think><think>a</think><answer>4</answer>", False),
        ("<think>a</think><answer>4</answer></answer>", False),
        ("<THINK>a</THINK><answer>4</answer>", False),
        ("<think></think><answer>4</answer>", False),  # no thought, and no answer, in them
        ("<think>a</think><answer> \n</answer>", False),
    ],
)
def test_think_answer(text: str, expected: bool) -> None:
    assert is_think_answer(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\\boxed{4}", True),
        ("so $\\boxed{\\frac{1}{2}}$.", True),
        ("<think>hm</think> $\\boxed{4}$", True),
        ("<think>\\boxed{3}</think> \\boxed{4}", True),
        ("", False),
        ("4", False),
        ("\\boxed{4", False),
        ("\\boxed{\\frac{1}{2}", False),
        ("\\boxed{}", False),
        ("<think>\\boxed{4}", False),
        ("<think>\\boxed{4}</think> 4", False),
        ("\\boxed{3} or rather \\boxed{4", False),
        ("The answer is 4.", False),
        ("put it into \\boxed", False),
    ],
)
def test_boxed(text: str, expected: bool) -> None:
    assert is_boxed(text) is expected


def values(settings: Format, *texts: str) -> list[float | None]:
    return [each.value for each in make_term("format", settings, Reward(), 100).scores([group(texts=texts)])[0]]


def test_each_response_is_scored() -> None:
    assert values(Format(), GOOD, "4", "") == [1.0, 0.0, 0.0]
    assert values(Format(pattern="boxed"), GOOD, "\\boxed{4}") == [0.0, 1.0]
    assert make_term("format", Format(), Reward(), 100).scores([group(), group(texts=[GOOD])])[0] == []


def test_an_expression_matches_the_whole_response_and_its_dot_newlines() -> None:
    settings = Format(pattern=r"Step 1:.*Answer: \d+")
    assert values(settings, "Step 1: a\nAnswer: 4", "Step 1: a\nAnswer: 4.", "x Step 1: Answer: 4", "") == [1, 0, 0, 0]
    assert values(Format(pattern=r"(?i)yes|no"), "YES", "no", "yes no", "") == [1, 1, 0, 0]
    assert values(Format(pattern=r"\p{Lu}\w*+\."), "Ägypten.", "ägypten.") == [1, 0]  # what `regex` adds
    assert values(Format(pattern=r"[[a]+"), "[a", "b") == [1, 0]  # version 0: a set in a set is none


HANGING = [
    ("(a|aa)+$", "a" * 3000 + "!"),
    ("(?:a.*?b.*?c.*?d.*?e)+f", "abcde" * 8000),
    (r"(?b:(?:abcdefghij){e<=8})+", "abcdxfghi" * 3000),
]


@pytest.mark.parametrize(("pattern", "text"), HANGING)
def test_an_expression_that_would_never_end_is_stopped(pattern: str, text: str) -> None:
    with pytest.raises(TimeoutError):
        matches(pattern, text, deadline_s=0.1)


def test_a_response_that_reaches_the_deadline_has_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "DEADLINE_S", 0.1)
    pattern, slow = HANGING[0]
    scores = make_term("format", Format(pattern=pattern), Reward(), 100).scores([group(texts=["aa", slow, "b"])])[0]
    assert [each.value for each in scores] == [1.0, None, 0.0]
    assert scores[1].failure is VerdictKind.TIME_LIMIT and "more than 0.1 s" in scores[1].detail


def test_an_expression_that_keeps_reaching_the_deadline_stops_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(pattern: str, text: str, deadline_s: float) -> bool:
        raise TimeoutError

    monkeypatch.setattr(formats, "matches", never)
    term = make_term("format", Format(pattern="(a|aa)+$"), Reward(), 100)
    below = [group(texts=["a"] * (formats.MAX_LATE - 1))]
    assert len(term.scores(below)[0]) == formats.MAX_LATE - 1
    with pytest.raises(VerifierError, match=r"\(a\|aa\)\+\$.*60 responses"):
        term.scores([*below, group(texts=["a"])])


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(", "missing )"),
        ("[a", "unterminated"),
        ("a**", "multiple repeat"),
        (r"\L<words>", "undefined named list"),
        ("think_anwser", "nearest is think_answer"),
        ("Boxed", "nearest is boxed"),
        ("xyz", "there are think_answer, boxed"),
        ("", "at least 1 character"),
    ],
)
def test_a_wrong_pattern_is_refused_when_the_spec_is_read(pattern: str, said: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Format(pattern=pattern)
    assert said in str(caught.value)


def test_the_key_has_the_pattern() -> None:
    assert term_key_part(Format(pattern="a+", weight=0.2), 5) == {"use": "format", "pattern": "a+"}
