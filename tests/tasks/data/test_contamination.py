"""Contamination: the duplicates of the shared sets, and what a finding does and does not depend on."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.data.contamination import NGRAM, THRESHOLD, Finding, Pair, Report, TrainingTexts, contamination
from tasks.errors import DataError

SHARED = Path(__file__).parents[3].parent / "shared" / "data" / "math"
TRAINING = ("gsm8k_train", "math_train", "deepmath_5k", "aime22_23")
EVALUATION = (
    "gsm8k_test",
    "svamp",
    "math500",
    "minerva_math",
    "olympiadbench",
    "amc23",
    "aime24",
    "aime25",
    "mmlu_pro_sample700",
)

#: Words, and gaps that hold neither letter nor digit.
WORDS = st.lists(st.text("abcdefghij0123456789", min_size=1, max_size=6), max_size=40)
GAPS = st.text(" \t\n\u2028\u00a0.,;:!?$\\{}()[]+-=_^'\"–—…", min_size=1, max_size=4)


def compare(evaluation: list[str], *training: list[str]) -> Report:
    """Texts named by their position, training sets A, B, ..."""
    sets = [
        TrainingTexts.of("ABC"[k], ((f"{i}", text) for i, text in enumerate(texts))) for k, texts in enumerate(training)
    ]
    return contamination("test", ((f"{i}", text) for i, text in enumerate(evaluation)), sets)


def numbered(first: int, count: int) -> str:
    return " ".join(f"w{i}" for i in range(first, first + count))


def shared(name: str) -> Iterator[tuple[str, str]]:
    path = SHARED / f"{name}.jsonl"
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            row = json.loads(line)
            yield row["id"], row["prompt"]


@pytest.fixture(scope="module")
def real() -> dict[str, Report]:
    if not SHARED.is_dir():
        pytest.skip("no ../shared/data/math")
    training = [TrainingTexts.of(name, shared(name)) for name in TRAINING]
    return {name: contamination(name, shared(name), training) for name in EVALUATION}


def test_the_six_duplicates_of_the_shared_sets_and_no_others(real: dict[str, Report]) -> None:
    exact = {
        (f.evaluation_id, f.training, f.training_id)
        for report in real.values()
        for f in report.findings
        if f.kind == "exact"
    }
    assert exact == {
        ("olympiadbench/2713", "math_train", "math/train12k/04175"),
        ("olympiadbench/2791", "math_train", "math/train12k/05652"),
        ("olympiadbench/2890", "math_train", "math/train12k/08450"),
        ("mmlu_pro/8710", "math_train", "math/train12k/03159"),
        ("mmlu_pro/8712", "math_train", "math/train12k/07311"),
        ("mmlu_pro/8713", "math_train", "math/train12k/07486"),
    }


def test_the_shared_sets_by_13_grams(real: dict[str, Report]) -> None:
    """MATH-500 has siblings in MATH, one of them a real duplicate; exact findings are not reported twice."""
    close = [f for report in real.values() for f in report.findings if f.kind == "13-gram"]
    assert len(close) == 25
    assert {f.evaluation_id.split("/")[0] for f in close} == {"math500", "gsm8k"}
    assert Finding("math500/339", "math_train", "math/train12k/00589", "13-gram", 20 / 31) in close
    assert all(THRESHOLD <= f.share < 1 for f in close)


def test_the_shared_sets_were_all_compared(real: dict[str, Report]) -> None:
    pairs = {
        (p.evaluation, p.training): (p.evaluation_texts, p.training_texts)
        for report in real.values()
        for p in report.pairs
    }
    assert set(pairs) == {(e, t) for e in EVALUATION for t in TRAINING}
    assert pairs["gsm8k_test", "gsm8k_train"] == (1319, 7473), "rows with U+2028 are whole"
    assert {name: len(report.too_short) for name, report in real.items() if report.too_short} == {
        "math500": 51,
        "minerva_math": 4,
        "olympiadbench": 4,
        "amc23": 1,
        "mmlu_pro_sample700": 147,
    }


@given(WORDS.filter(bool), st.data())
@settings(max_examples=100, deadline=None)
def test_case_punctuation_and_white_space_never_matter(words: list[str], data: st.DataObject) -> None:
    left, right = (data.draw(GAPS) + "".join(word + data.draw(GAPS) for word in words) for _ in range(2))
    changed = "".join(data.draw(st.sampled_from((c.lower(), c.upper()))) for c in right)
    assert compare([left], [changed]).findings == (Finding("0", "A", "0", "exact", 1.0),)
    different = compare([f"{left} tail"], [changed]).findings
    ngrams = {tuple([*words, "tail"][i : i + NGRAM]) for i in range(len(words) + 2 - NGRAM)}
    share = sum("tail" not in each for each in ngrams) / len(ngrams) if ngrams else 0.0
    assert different == ((Finding("0", "A", "0", "13-gram", share),) if share >= THRESHOLD else ())


@given(st.text(min_size=1).filter(lambda text: "ı" not in text))  # dotless i: its capital is everybody's I
@example("ΐ")  # folds into three characters, its capital is two
@example("Straße ſ ǅ ﬁ ½ ²")
@settings(max_examples=200, deadline=None)
def test_case_never_matters_in_any_script(text: str) -> None:
    for form in (text.upper(), text.lower(), text.casefold()):
        assert compare([form], [text]).findings == compare([text], [text]).findings, form


@pytest.mark.parametrize(
    ("written", "plain"),
    [("𝐀", "a"), ("ﬁnd", "find"), ("x²", "x2"), ("½", "1/2"), ("Ｘ＝１", "x=1"), ("①", "1"), ("e\u0301", "é")],
)
def test_compatibility_forms_are_one(written: str, plain: str) -> None:
    assert compare([written], [plain]).findings == (Finding("0", "A", "0", "exact", 1.0),)


@given(st.lists(st.text("abcdefghij0123456789", min_size=1, max_size=6), min_size=NGRAM, max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_text_has_all_its_own_13_grams_and_none_of_a_disjoint_one(words: list[str]) -> None:
    text = " ".join(words)
    assert compare([text], [text]).findings == (Finding("0", "A", "0", "exact", 1.0),)
    assert compare([text], [f"zz {text} zz"]).findings == (Finding("0", "A", "0", "13-gram", 1.0),)
    assert compare([text], [" ".join(f"x{word}" for word in words)]).findings == ()


@pytest.mark.parametrize("ngrams", [2, 3, 10, 11])
def test_half_of_the_13_grams_is_a_finding_and_one_less_is_none(ngrams: int) -> None:
    text = numbered(0, ngrams + NGRAM - 1)
    half = -(-ngrams // 2)
    assert compare([text], [numbered(0, half + NGRAM - 1)]).findings == (
        Finding("0", "A", "0", "13-gram", half / ngrams),
    )
    assert compare([text], [numbered(0, half + NGRAM - 2)]).findings == ()


def test_the_share_is_of_distinct_13_grams_and_of_one_set_whose_closest_row_is_named() -> None:
    text = numbered(0, 10 + NGRAM - 1)
    parts = [numbered(0, 1 + NGRAM), numbered(2, 3 + NGRAM)]  # 2 and 4 of the ten
    assert compare([text], parts).findings == (Finding("0", "A", "1", "13-gram", 0.6),)
    assert compare([text], [parts[0]], [parts[1]]).findings == (), "0.2 in one set and 0.4 in another"
    again = " ".join(["w"] * 40)
    assert compare([f"{again} {numbered(0, 1)}"], [again]).findings == (Finding("0", "A", "0", "13-gram", 0.5),), (
        "one of two distinct ones"
    )


def test_of_rows_that_are_equally_close_the_first_id_is_named_and_of_equal_ones_all_are() -> None:
    text = numbered(0, 20)
    assert compare([text], [f"z{i} {text}" for i in range(3)]).findings == (Finding("0", "A", "0", "13-gram", 1.0),)
    assert [f.training_id for f in compare([text], [text.upper(), "other", text]).findings] == ["0", "2"]


def test_order_changes_nothing() -> None:
    rng = random.Random(0)
    pool = [numbered(rng.randrange(12), rng.randrange(30)) for _ in range(60)]
    evaluation, *training = ([(f"{k}/{i}", text) for i, text in enumerate(pool[k::3])] for k in range(3))

    def shuffled() -> Report:
        sets = [TrainingTexts.of(f"set {k}", rng.sample(texts, len(texts))) for k, texts in enumerate(training)]
        return contamination("test", rng.sample(evaluation, len(evaluation)), rng.sample(sets, len(sets)))

    first = shuffled()
    assert {f.kind for f in first.findings} == {"exact", "13-gram"} and first.too_short
    assert all(shuffled() == first for _ in range(20))


def test_a_short_text_is_seen_by_the_exact_test_alone_and_said_to_be() -> None:
    short = numbered(0, NGRAM - 1)
    report = compare([short, numbered(0, NGRAM), "What is $2+2$?"], [f"{short} and more", "what is 22"])
    assert report.too_short == ("0", "2")
    assert report.findings == (Finding("2", "A", "1", "exact", 1.0),), "signs do not count: the docstring says so"


def test_texts_without_a_letter_or_digit_equal_nothing() -> None:
    report = compare(["", "?!", "$+$", "_", "\ud800"], ["", "...", "_", "\ud800"])
    assert report.findings == () and report.too_short == ("0", "1", "2", "3", "4")


def test_a_report_is_json_and_says_what_was_compared() -> None:
    report = compare(["the same", "another"], ["The same."], [])
    assert report.pairs == (Pair("test", "A", 2, 1), Pair("test", "B", 2, 0))
    assert json.loads(json.dumps(report.to_json())) == {
        "findings": [{"evaluation_id": "0", "training": "A", "training_id": "0", "kind": "exact", "share": 1.0}],
        "pairs": [
            {"evaluation": "test", "training": "A", "evaluation_texts": 2, "training_texts": 1},
            {"evaluation": "test", "training": "B", "evaluation_texts": 2, "training_texts": 0},
        ],
        "too_short": ["0", "1"],
    }


def test_two_training_sets_of_one_name_are_refused() -> None:
    sets = [TrainingTexts.of("gsm8k", []), TrainingTexts.of("gsm8k", [])]
    with pytest.raises(DataError, match=r"contamination of aime24: more than one training set is called gsm8k: give"):
        contamination("aime24", [], sets)
