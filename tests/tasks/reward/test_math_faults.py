"""The faults that public bug reports found (issue 13): variants, the shared rows, votes, tolerances, entry points."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.data.columns import Columns
from tasks.data.rows import problem_from_row
from tasks.errors import DataError, VerifierError
from tasks.evaluate.metrics.majority import maj_at_k_judged
from tasks.records import Problem, VerdictKind
from tasks.reward.math import MathVerifier, canonical
from tasks.reward.math.extract import extract
from tasks.reward.verifiers.registry import reader_of
from tests.tasks.reward.math_attacks import (
    ATTACKS,
    BOXES,
    KEPT,
    NO_STATEMENTS,
    OTHER_NUMBERS,
    STATED,
    STATEMENTS,
    TAKEN_BACK,
    entries,
)
from tests.tasks.reward.math_neighbours import NEIGHBOURS
from tests.tasks.reward.math_rows import ROWS
from tests.tasks.reward.math_variants import SENTENCES, VARIANTS

ROOT = Path(__file__).parents[3]
SHARED = ROOT / "../shared/data"
#: Rows whose text was shortened when the file was written.
SHORTENED = {"G012f"}


@pytest.fixture(scope="module")
def verifier() -> Iterator[MathVerifier]:
    with MathVerifier(deadline_s=120.0, workers=2) as made:
        yield made


def problem(gold: str, **more: object) -> Problem:
    return Problem("p", (), "math", {"answer": gold, **more})


def boxed(answer: str) -> str:
    return f"So the answer is $\\boxed{{{answer}}}$."


def shared_rows(name: str) -> list[dict[str, Any]]:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is missing")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("name", sorted({row[0] for row in (*VARIANTS, *NEIGHBOURS)}))
def test_variants(name: str, verifier: MathVerifier) -> None:
    rows = [(gold, answer, expected) for kind, gold, answer, expected in (*VARIANTS, *NEIGHBOURS) if kind == name]
    verdicts = verifier.verify([(problem(gold), boxed(answer)) for gold, answer, _ in rows])
    assert [(g, a, v) for (g, a, e), v in zip(rows, verdicts, strict=True) if (v.score == 1.0) is not e] == []


@pytest.mark.parametrize("name", sorted({row[0] for row in SENTENCES}))
def test_variants_of_whole_outputs(name: str, verifier: MathVerifier) -> None:
    rows = [(gold, output, expected) for kind, gold, output, expected in SENTENCES if kind == name]
    verdicts = verifier.verify([(problem(gold), output) for gold, output, _ in rows])
    assert [(g, a, v) for (g, a, e), v in zip(rows, verdicts, strict=True) if (v.score == 1.0) is not e] == []


def test_the_shared_rows_of_faults_agree(verifier: MathVerifier) -> None:
    rows = [row for row in shared_rows("faults/math.jsonl") if row["id"] not in SHORTENED]
    verdicts = verifier.verify([(problem(row["gold"]), row["answer"]) for row in rows])
    assert [
        (row["id"], row["gold"][:60], row["answer"][-100:])
        for row, verdict in zip(rows, verdicts, strict=True)
        if (verdict.score == 1.0) is not row["expected"]
    ] == []


# -- votes ------------------------------------------------------------------------------------------------------------
def rows_for_forms() -> list[tuple[str, str]]:
    rows = [(gold, boxed(answer)) for _, gold, answer, _ in (*ROWS, *VARIANTS, *NEIGHBOURS)]
    rows += [(gold, output) for _, gold, output, _ in SENTENCES]
    for name in ("math_equivalence.jsonl", "faults/math.jsonl"):
        if (SHARED / name).exists():
            rows += [(row["gold"], row["answer"]) for row in shared_rows(name)]
    return rows


def test_an_answer_is_accepted_if_and_only_if_it_has_the_form_of_the_gold(verifier: MathVerifier) -> None:
    rows = rows_for_forms()
    verdicts = verifier.verify([(problem(gold), output) for gold, output in rows])
    assert [
        (gold, output[-100:], verdict)
        for (gold, output), verdict in zip(rows, verdicts, strict=True)
        if verdict.answer is not None and (verdict.score == 1.0) is not (verdict.answer == canonical(gold, gold))
    ] == []


def test_the_cheap_form_beside_the_gold_tells_rejected_answers_from_it(verifier: MathVerifier) -> None:
    """Few need the mark that tells them from the gold: other labels, other domains, the rounding of a rounding."""
    rows = rows_for_forms()
    verdicts = verifier.verify([(problem(gold), output) for gold, output in rows])
    marked = [v for v in verdicts if v.answer is not None and v.answer.endswith("(not the reference)")]
    assert len(marked) <= len(rows) // 100


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (r"\text{B}", "B"),
        ("(B)", "B"),
        (r"50\%", "0.5"),
        (r"12.5\%", r"\frac18"),
        ("1:2", "2:4"),
        ("1:2:3", "2:4:6"),
        (r"\{1,2\}", "2,1"),
        (r"5\text{ m}", r"500\text{ cm}"),
        (r"5\text{ m/s}", r"18\text{ km/h}"),
        ("m = 3, n = 4", "(3,4)"),
        (r"\begin{pmatrix}3\\4\end{pmatrix}", r"\langle 3,4\rangle"),
        ("0.333333", r"\frac13"),
        ("2x+4y=3", r"y=\frac34-\frac12x"),
        ("x^2+y^2=1", "2=2x^2+2y^2"),
        ("e^{i\\pi}", "-1"),
        (r"\log 8", r"3\ln 2"),
        (r"\log_{10} 1000", "3"),
        (r"\cos\frac{\pi}{3}", r"\frac12"),
        (r"3:45\text{ PM}", "15:45"),
        (r"x\equiv 19 \pmod{12}", r"7 \bmod 12"),
        (r"A\cap B", r"B\cap A"),
        (r"x>1 \land x<3", "(1,3)"),
        (r"\text{all real numbers}", r"(-\infty,\infty)"),
        (r"\text{twelve}", "12"),
        (r"90^\circ", "90"),
        (r"\$18", r"18\text{ dollars}"),
        (r"f(x)=2x \text{ for all } x", "2x"),
        ("(E) 12", "12"),
    ],
)
def test_equal_answers_have_one_form(one: str, two: str) -> None:
    assert canonical(one) == canonical(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (r"\text{B}", r"\text{C}"),
        (r"5\text{ m}", r"5\text{ cm}"),
        ("1:2", "2:1"),
        ("(1,2)", "(2,1)"),
        (r"\{3\}", "3"),
        (r"50\%", "50"),
        ("0.333333", "0.333334"),
        (r"p \land q", r"p \lor q"),
        (r"\vec a\times\vec b", r"\vec b\times\vec a"),
        (r"x\equiv 7 \pmod{12}", r"x\equiv 7 \pmod{11}"),
        ("(1,2)", "[1,2]"),
        ("x<1", r"x\le 1"),
        (r"36\text{ euros}", "36"),
    ],
)
def test_other_answers_have_another_form(one: str, two: str) -> None:
    assert canonical(one) != canonical(two)


@pytest.mark.parametrize(
    ("gold", "votes", "credit"),
    [
        ("C", ["B", "B", r"\text{B}", r"\text{B}", "C", "C", "C"], 0.0),
        ("C", ["B", "B", "(B)", r"\textbf{B}", "C", "C", "C"], 0.0),
        ("C", ["B", r"\text{Option B}", "B. two", "C", "C"], 0.0),
        ("7", [r"50\%", "0.5", r"\frac12", "7", "7"], 0.0),
        ("7", ["0.333333", r"\frac13", "1/3", "7", "7"], 0.0),
        ("7", [r"\sqrt{8}", r"2\sqrt2", "2^{3/2}", "7", "7"], 0.0),
        ("7", [r"\sin 2", r"2\sin 1\cos 1", r"\sin(2)", "7", "7"], 0.0),
        ("7", ["e^{i\\pi}", "-1", "-1.0", "7", "7"], 0.0),
        ("7", [r"5\text{ m}", "5", r"5\text{ cm}", "7", "7"], 0.0),
        (r"7\text{ m}", [r"500\text{ cm}", "5", r"5\text{ m}", "7", "7"], 0.0),
        ("7", ["1", "2", "3", "7", r"\frac{14}{2}"], 1.0),
        (r"\frac12", ["0.5", r"50\%", "1:2", "3", "3"], 1.0),
        (r"\sin 2x", [r"2\sin x\cos x", r"\sin(2x)", "x", "x", r"\sin 2x"], 1.0),
    ],
)
def test_votes_count_equal_answers_as_one(gold: str, votes: list[str], credit: float, verifier: MathVerifier) -> None:
    verdicts = verifier.verify([(problem(gold), boxed(vote)) for vote in votes])
    right = {v.answer for v in verdicts if v.score == 1.0 and v.answer is not None}
    assert maj_at_k_judged([v.answer for v in verdicts], right, len(votes)) == credit


# -- tolerances -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "tolerance",
    ["1/0", "1e400", "-0.1", "inf", "nan", "Infinity", "1e999999999", "small", "1/3/4", "0x10", "１", "9" * 5000, "5",
     float("inf"), float("nan"), -1, True, [0.1]],
)  # fmt: skip
def test_a_tolerance_that_is_none_is_refused_with_its_row(tolerance: object) -> None:
    with pytest.raises(VerifierError, match=r"problem p: reference\['tolerance'\].*mend the data"):
        MathVerifier.check_reference(problem("3.14", tolerance=tolerance))
    if tolerance != "5":  # whether it is too large shows beside the answer
        with pytest.raises(DataError, match=r"^rows:7: tolerance: want a finite number from 0 up.*given "):
            loaded({"prompt": "p", "answer": "3.14", "tolerance": tolerance})


def loaded(row: dict[str, object]) -> Problem:
    return problem_from_row(row, Columns(), "rows:7", 0, reader_of("math"))


def test_data_can_give_a_tolerance(verifier: MathVerifier) -> None:
    for given in ("0.01", 0.01, "1e-2", "1/100"):
        made = loaded({"prompt": "p", "answer": "3.14", "tolerance": given})
        assert made.reference == {"answer": "3.14", "tolerance": str(given)}
        assert [v.score for v in verifier.verify([(made, boxed("3.15")), (made, boxed("3.151"))])] == [1.0, 0.0]
    for none in (None, ""):
        assert loaded({"prompt": "p", "answer": "3.14", "tolerance": none}).reference == {"answer": "3.14"}
    assert loaded({"prompt": "p", "answer": "3.14"}).reference == {"answer": "3.14"}


@pytest.mark.parametrize(
    ("gold", "tolerance", "answer", "expected"),
    [
        ("3.14", "0.01", "3.145", True),
        ("3.14", "0.01", "3.13", True),
        ("3.14", "0.01", "3.1299", False),
        (r"\sqrt{2}", "0.01", "1.41", True),
        (r"\sqrt{2}", "0.01", "1.40", False),
        (r"\pi", "0.005", "3.14", True),
        ("1.41", "0.01", r"\sqrt{2}", True),
        ("1000", "20", "1015", True),
        ("1000", "20", "1021", False),
        (r"4.2\text{ cm}", "0.1", r"4.25\text{ cm}", True),
        (r"4.2\text{ cm}", "0.1", r"42.5\text{ mm}", True),
        (r"4.2\text{ cm}", "0.1", r"4.2\text{ km}", False),
        (r"50\%", "1", "0.5", True),
        (r"50\%", "1", "1.2", False),
        ("4.2", "0.1", r"4.2\text{ euros}", False),
        ("3.14", "0.01", "(3.14, 3.15)", False),
        ("3.14", "0.01", r"3.14 \text{ or } 3.15", False),
        ("3.14", "0.01", "3.14i", False),
    ],
)
def test_a_tolerance_is_absolute_and_of_one_value(
    gold: str, tolerance: str, answer: str, expected: bool, verifier: MathVerifier
) -> None:
    (verdict,) = verifier.verify([(problem(gold, tolerance=tolerance), boxed(answer))])
    assert (verdict.score == 1.0) is expected


# -- large texts ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "answer",
    [
        "1" * 4301,
        "1" * 5000 + r".5\overline{3}",
        "[" + "1" * 4500 + ", " + "2" * 4500 + "]",
        "x < " + "1" * 4500,
        r"\frac{" + "1" * 4400 + "}{" + "3" * 4400 + "}",
        "1" * 4400 + r"\text{ cm}",
        "1" * 4400 + r"\pmod{7}",
        "7 \\pmod{" + "1" * 4400 + "}",
        "1" * 4400 + "!",
        r"\binom{" + "1" * 4400 + "}{2}",
        "1" * 4400 + "^{-1}",
        "1" * 4400 + ":" + "2" * 4400,
        "1e" + "1" * 4400,
        r"0.\overline{" + "1" * 4400 + "}",
    ],
)  # fmt: skip
def test_more_digits_than_python_converts_are_no_error(answer: str, verifier: MathVerifier) -> None:
    same, other = verifier.verify([(problem(answer), boxed(answer)), (problem("5"), boxed(answer))])
    assert (same.judged, other.score) == (True, 0.0)
    canonical(answer)


def test_long_equal_numbers_are_equal(verifier: MathVerifier) -> None:
    digits = "12345" * 900
    items = [
        (problem(digits), boxed(f"{digits}.0")),
        (problem(f"{digits}0"), boxed(rf"10 \cdot {digits}")),
        (problem(digits), boxed(digits[:-1] + "6")),
    ]
    assert [v.score for v in verifier.verify(items)] == [1.0, 1.0, 0.0]


# -- what the problem's text says -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("prompt", "answer", "expected"),
    [
        ("How many Rs. did he pay?", r"\text{Rs. }5", True),
        ("How many cents is it?", r"5\text{ cents}", True),
        ("他花了多少元?", r"5\text{元}", True),
        ("How many dollars?", r"5\text{ cents}", False),
        ("How many apples?", r"\text{Rs. }5", False),
    ],
)
def test_a_currency_is_that_of_the_problem(prompt: str, answer: str, expected: bool, verifier: MathVerifier) -> None:
    asked = Problem("p", ({"role": "user", "content": prompt},), "math", {"answer": "5"})
    assert (verifier.verify([(asked, boxed(answer))])[0].score == 1.0) is expected


# -- the command `check` ----------------------------------------------------------------------------------------------
ROW = {"id": "a", "gold": "5", "answer": "\\boxed{5}", "expected": True}


def check(path: Path) -> tuple[int, str, str]:
    result = subprocess.run(
        [sys.executable, "-m", "tasks.reward.math", "check", str(path)], cwd=ROOT, capture_output=True, text=True
    )
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize(
    "name, content",
    [
        ("bom.jsonl", b"\xef\xbb\xbf" + json.dumps(ROW).encode() + b"\r\n\r\n" + json.dumps(ROW).encode() + b"\r\n"),
        ("rows.jsonl.gz", gzip.compress(f"{json.dumps(ROW)}\n{json.dumps(ROW)}\n".encode())),
        ("plain.jsonl", f"{json.dumps(ROW)}\n{json.dumps(ROW)}".encode()),
    ],
    ids=["bom", "gzip", "plain"],  # gzip's bytes hold the time
)
def test_check_reads_a_file_as_the_loader_does(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    status, out, error = check(tmp_path / name)
    assert (status, error) == (0, "")
    assert out.startswith("2 rows, 2 agree, ")


@pytest.mark.parametrize(
    "line, message",
    [
        (b"\xff", "not UTF-8 at byte 0"),
        (b"{", "not JSON"),
        (b"[1]", "a JSON list, not an object"),
        (b'{"gold": "5", "answer": "5"}', "expected must be true or false"),
        (b'{"gold": 5, "answer": "5", "expected": true}', "gold and answer must be texts"),
    ],
)
def test_check_names_a_bad_line_and_keeps_the_other_verdicts(line: bytes, message: str, tmp_path: Path) -> None:
    wrong = {**ROW, "id": "late", "expected": False}
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"\n".join([json.dumps(ROW).encode(), line, json.dumps(wrong).encode()]))
    status, out, error = check(path)
    assert status == 2
    assert error.count("\n") == 1
    assert f"{path}:2: " in error
    assert message in error
    assert out.splitlines()[0].startswith("late: false positive")
    assert out.splitlines()[-1].startswith("3 rows, 1 agree, 1 false positives, 0 false negatives, 1 errors, ")


@pytest.mark.parametrize("content", [b"", b"\n\n"])
def test_check_refuses_a_file_without_rows(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "empty.jsonl"
    path.write_bytes(content)
    status, out, error = check(path)
    assert (status, out) == (2, "")
    assert str(path) in error


def test_check_names_a_missing_file(tmp_path: Path) -> None:
    status, _, error = check(tmp_path / "none.jsonl")
    assert status == 2
    assert error.count("\n") == 1
    assert "none.jsonl: no such file" in error


# -- extraction -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("The answer is **72** clips.", r"72 \text{ clips }"),
        ("The answer is $72$ or $73$.", "$72$ or $73$"),
        ("**Final Answer:** **42**", "42"),
        (r"\boxed{5}, in \boxed", "5"),
        (r"$\boxed\frac12$", r"\frac12"),
        ("答えは**42**です。", "42"),
    ],
)
def test_the_text_that_is_taken(output: str, text: str) -> None:
    assert extract(output).text == text


def test_nothing_of_this_is_an_infrastructure_failure(verifier: MathVerifier) -> None:
    rows = rows_for_forms()
    golds = {gold for gold, _ in rows}
    usable = {gold for gold in golds if _usable(gold)}
    verdicts = verifier.verify([(problem(gold), output) for gold, output in rows if gold in usable])
    assert {v.kind for v in verdicts}.isdisjoint({VerdictKind.INFRASTRUCTURE, VerdictKind.MEMORY_LIMIT})


def _usable(gold: str) -> bool:
    try:
        MathVerifier.check_reference(problem(gold))
    except VerifierError:
        return False
    return True


#: Reports of 2026 that the shared rows do not have: (repository and number, gold, model output, expected).
REPORTS = [
    ("huggingface/Math-Verify#76", "73", "So it is **73**.\n\n---\n\nFinal Answer: **73**", True),
    ("huggingface/Math-Verify#76", "73", "So it is **73**.\n\n---\n\nFinal Answer: **74**", False),
    ("NVIDIA-NeMo/Gym#1844", "E", r"\boxed{\text{E}}", True),
    ("NVIDIA-NeMo/Gym#1844", "E", r"\boxed{E: A polygenic risk score is used}", True),
    ("NVIDIA-NeMo/Gym#1844", "A", r"\boxed{\text{E: A polygenic risk}}", False),
    ("NVIDIA-NeMo/Gym#1844", "C", r"So \boxed{C} at first, then \boxed{E}", False),
    ("AI-Hypercomputer/maxtext#4150", "42", r"<answer>\boxed{\frac{84}{2}}</answer>", True),
    ("AI-Hypercomputer/maxtext#4150", "42", r"I saw \boxed{42}. <answer>\boxed{43}</answer>", False),
    ("PrimeIntellect-ai/verifiers#1028", "42", "I mention 42 and then say nothing else", False),
    ("PrimeIntellect-ai/verifiers#1028", "42", "Perhaps 41, 42 or 43.", False),
    ("OpenRLHF/OpenRLHF#1285", r"\frac12", r"\fbox{\frac{1}{2}}", True),
    ("OpenRLHF/OpenRLHF#1285", "42", r"\fbox{43}", False),
    ("modelscope/ms-swift#10147", r"\frac{1}{3}", r"\boxed{\frac{1}{2}}", False),
    ("modelscope/ms-swift#10147", r"\frac{1}{23}", r"\boxed{\frac{12}{3}}", False),
    ("verl-project/verl#7274", "42", "2+40=42\n#### 42\n" + " and this is consistent." * 30, True),
    ("verl-project/verl#7274", "42", "2+40=43\n#### 43\n" + " and this is consistent." * 30, False),
    ("jundot/omlx#3668", "B", "The answer is B. Note that A is a common distractor.", True),
    ("jundot/omlx#3668", "A", "The answer is B. Note that A is a common distractor.", False),
    ("jundot/omlx#3668", "I", "The answer is C because I computed the integral.", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{\\langle H\\rangle \\ll \\Delta E}.\n\n**Answer: D**", True),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{x > 3}. The answer is (D).", True),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{3.5}, hence the correct option is D.", True),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{3.5} and \\boxed{x}. Answer: D", True),
    ("NVIDIA-NeMo/Skills#1526", "E", "So \\boxed{\\langle H\\rangle \\ll \\Delta E}.\n\n**Answer: D**", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "Answer: D. So \\boxed{x > 3}", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{C}. Answer: D", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{3}. The answer is not D.", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{3}. Answer: D or C", False),
    ("NVIDIA-NeMo/Skills#1526", "D", "So \\boxed{3}. D is in doubt.", False),
    ("NVIDIA-NeMo/Skills#1526", "7", "So \\boxed{5}. Answer: 7", False),
    ("openai/evals#1767", "A", "ANSWER: AB", False),
    ("openai/evals#1767", "A", "ANSWER: A ... actually, ANSWER: B", False),
    ("openai/evals#1767", "B", "ANSWER: A ... actually, ANSWER: B", True),
    ("antirez/ds4#319", "293", "Answer: m+n = 256+37 = 293", True),
    ("antirez/ds4#319", "256", "Answer: m+n = 256+37 = 293", False),
    ("scitix/sieval#26", "n=3k", r"\boxed{3}", False),
    ("scitix/sieval#26", "3", r"\boxed{n=3k}", False),
    ("vllm-project/tpu-inference#3518", "A", "<think>The answer is A</think> The answer is B", False),
    ("vllm-project/tpu-inference#3518", "A", "<think>The answer is A", False),
    ("openai/frontier-evals#126", "B", "Answer: A\nAnswer: B", True),
]


@pytest.mark.parametrize("report, gold, response, expected", REPORTS)
def test_reports_of_2026(report: str, gold: str, response: str, expected: bool, verifier: MathVerifier) -> None:
    [verdict] = verifier.verify([(problem(gold), response)])
    assert (verdict.score == 1.0) is expected, (report, verdict)


@pytest.mark.parametrize("gold, response, expected", ATTACKS)
def test_answers_that_try_to_be_taken_for_right(
    gold: str, response: str, expected: bool, verifier: MathVerifier
) -> None:
    [verdict] = verifier.verify([(problem(gold), response)])
    assert (verdict.score == 1.0) is expected, verdict


def _wrong(verifier: MathVerifier, rows: list[tuple[str, str]], expected: bool) -> list[tuple[str, str]]:
    verdicts = verifier.verify([(problem(gold), response) for gold, response in rows])
    return [row for row, verdict in zip(rows, verdicts, strict=True) if (verdict.score == 1.0) is not expected]


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("gold, other", [("12", "13"), ("-5", "5"), (r"\frac{1}{2}", r"\frac{1}{3}"), ("C", "D")])
def test_an_answer_that_is_taken_back_is_none(statement: str, gold: str, other: str, verifier: MathVerifier) -> None:
    first = statement.format(gold)
    assert _wrong(verifier, [(gold, f"{first} {text.format(other)}") for text in entries(TAKEN_BACK)], False) == []
    assert _wrong(verifier, [(gold, f"{first}\n\n{text.format(other)}") for text in entries(TAKEN_BACK)], False) == []
    assert _wrong(verifier, [(other, f"{first} No.\nThe answer is {other}.")], True) == []


@pytest.mark.parametrize("statement", STATEMENTS)
def test_a_number_behind_which_another_follows_is_none(statement: str, verifier: MathVerifier) -> None:
    for gold, other in (("12", "13"), ("-5", "5"), (r"\frac{1}{2}", r"\frac{1}{3}")):
        texts = [f"{statement.format(gold)}\n\n{text.format(other)}" for text in entries(OTHER_NUMBERS)]
        assert _wrong(verifier, [(gold, text) for text in texts], False) == []


@pytest.mark.parametrize("statement", STATEMENTS)
def test_an_answer_with_words_behind_it_is_one(statement: str, verifier: MathVerifier) -> None:
    assert _wrong(verifier, [("12", f"{statement.format('12')}\n{text}") for text in entries(KEPT)], True) == []


@pytest.mark.parametrize("gold", ["12", "-5", r"\frac{1}{2}", "C"])
def test_only_a_sentence_of_harmless_words_states_an_answer(gold: str, verifier: MathVerifier) -> None:
    assert _wrong(verifier, [(gold, text.format(gold)) for text in entries(NO_STATEMENTS)], False) == []
    assert _wrong(verifier, [(gold, text.format(gold)) for text in entries(STATED)], True) == []


def test_contents_of_boxes(verifier: MathVerifier) -> None:
    for expected in (True, False):
        assert _wrong(verifier, [(gold, boxed(text)) for gold, text, want in BOXES if want is expected], expected) == []


@pytest.mark.parametrize(
    ("gold", "output", "expected"),
    [
        ("72", "The answer is 72!", True),
        ("72", "The answer is 72 clips!", True),
        ("72", "The answer is $72$!", True),
        ("B", "The answer is B!", True),
        ("72", "The answer is $72!$", False),
        ("72", r"\boxed{72!}", False),
        ("120", r"\boxed{5!}", True),
        ("120", "The answer is $5!$.", True),
        ("120", "The answer is 5!.", True),
        ("n!", "The answer is n!", True),
        ("5", "The answer is 5! + 1", False),
        ("120", "Answer: 5!", True),
        (r"(-\infty, 0)", r"#### $(-\infty, 0)$.", True),
        (r"(-\infty, 0) \cup \{1\}", r"#### $(-\infty, 0) \cup \{1\}$.", True),
        ("12", "```python\nanswer = 12\n```", False),
        ("12", "```\nAnswer: 12\n```", True),
        ("12", "The answer is 12 inches tall.", True),
        ("12", "The answer is **12** feet long.", True),
        ("12", "#### 12 miles away", True),
        ("12", "The answer is 12 apples tall.", False),
        ("D", "ANSWER IS D. A is incorrect.", True),
        ("D", "ANSWER IS D. A is right.", False),
        ("D", "ANSWER IS D. D is incorrect.", False),
    ],
)
def test_the_end_of_a_stated_answer(gold: str, output: str, expected: bool, verifier: MathVerifier) -> None:
    assert _wrong(verifier, [(gold, output)], expected) == []


def test_hostile_texts_behind_a_statement_take_linear_time() -> None:
    pieces = ("x", "it is ", ", ", "!", "$", "1,", "- ", "(A ", "=-", "# answer\n", "```a\n", "the answer is ", "####")
    for text in [*("The answer is 5. " + piece * 9000 for piece in pieces), "answer" + " " * 20_000]:
        start = time.process_time()
        extract(text)
        assert time.process_time() - start < 2.0, text[:40]
