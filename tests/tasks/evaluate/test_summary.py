"""The summary of judged samples."""

from __future__ import annotations

import json
import math
import random
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks import table
from tasks.evaluate.judged_sample import FIELDS, JudgedSample, records_of
from tasks.evaluate.metrics.bootstrap import bootstrap_interval
from tasks.evaluate.metrics.diversity import self_bleu
from tasks.evaluate.metrics.majority import maj_at_k
from tasks.evaluate.metrics.pass_at_k import pass_at_k, pass_pow_k
from tasks.evaluate.summary import SEED, Counts, question_counts, question_means, summarise


def _record(problem: str, sample: int, score: float | None, answer: str | None = "x", **other: object) -> JudgedSample:
    kind = (
        "infrastructure"
        if score is None
        else "accepted"
        if score == 1.0
        else "no_answer"
        if answer is None
        else "wrong"
    )
    fields = {"kind": kind, "finish_reason": "stop", "response_tokens": 10, "entropy": 0.5, **other}
    return JudgedSample(problem_id=problem, sample=sample, score=score, answer=answer, **fields)


TWO = [
    *(_record("p", i, s, a, solutions=4) for i, (s, a) in enumerate([(1.0, "x"), (1.0, "y"), (0.0, "z"), (0.0, None)])),
    *(
        _record("q", i, 0.0, "w", finish_reason="stop" if i else "length", entropy=1.0, response_tokens=20)
        for i in range(4)
    ),
]


def test_two_problems_by_hand() -> None:
    summary = summarise(TWO, 1.0)
    assert (summary.problems, summary.samples) == (2, 4)
    assert summary.pass_at == {str(k): pytest.approx(pass_at_k(4, 2, k) / 2) for k in range(1, 5)}
    assert summary.pass_at_se["1"] == pytest.approx(0.25)  # means 0.5 and 0: half their distance
    assert (summary.avg, summary.maj) == (0.25, 0.5)
    assert (summary.entropy, summary.entropy_se, summary.response_tokens) == (0.75, pytest.approx(0.25), 15.0)
    assert (summary.distinct_answers, summary.distinct_correct, summary.distinct_correct_se) == (
        2.0,
        1.0,
        pytest.approx(1.0),
    )
    assert summary.coverage == 0.5
    assert (summary.truncated_share, summary.no_answer_share, summary.not_judged_share) == (0.125, 0.125, 0.0)


def test_what_was_not_judged_is_no_wrong_answer() -> None:
    summary = summarise([_record("p", 0, 1.0), _record("p", 1, None), _record("q", 0, 1.0), _record("q", 1, 1.0)], 1.0)
    assert (summary.samples, summary.pass_at, summary.avg) == (1, {"1": 1.0}, 1.0)
    assert summary.not_judged_share == 0.25


def test_a_problem_never_judged_leaves_the_others_as_they_are() -> None:
    lost = [_record("r", i, None, None, solutions=3) for i in range(4)]
    with_it, without = summarise([*TWO, *lost], 1.0), summarise(TWO, 1.0)
    for name in (
        "samples",
        "pass_at",
        "pass_at_se",
        "avg",
        "maj",
        "distinct_correct",
        "distinct_correct_se",
        "coverage",
    ):
        assert getattr(with_it, name) == getattr(without, name), name
    assert (with_it.problems, with_it.not_judged_share) == (3, pytest.approx(1 / 3))


def test_correct_is_a_score_of_at_least_the_limit() -> None:
    records = [_record("p", 0, 0.5), _record("p", 1, 0.4)]
    assert (summarise(records, 0.5).pass_at["1"], summarise(records, 1.0).pass_at["1"]) == (0.5, 0.0)


def test_intervals_errors_and_pass_pow_rest_on_the_problems() -> None:
    records = [_record(name, i, float(i < right)) for name, right in (("p", 4), ("q", 1), ("r", 0)) for i in range(4)]
    summary = summarise(records, 1.0)
    assert summary.pass_pow == {str(k): pytest.approx((1.0 + pass_pow_k(4, 1, k)) / 3) for k in range(1, 5)}
    means = [1.0, 0.25, 0.0]
    assert (summary.avg, summary.pass_at["1"]) == (pytest.approx(1.25 / 3), pytest.approx(1.25 / 3))
    assert summary.avg_se == summary.pass_at_se["1"] == pytest.approx(float(np.std(means, ddof=1)) / math.sqrt(3))
    assert summary.avg_interval == list(bootstrap_interval(means, SEED) or ())
    assert summary.pass_at_interval == {
        str(k): list(bootstrap_interval([1.0, pass_at_k(4, 1, k), 0.0], SEED) or ()) for k in range(1, 5)
    }
    alone = summarise(records[:4], 1.0)
    assert (alone.avg, alone.avg_se, alone.avg_interval, alone.pass_at_interval["4"]) == (1.0, None, None, None)


def test_the_vote_at_every_power_of_two_and_at_n() -> None:
    scored = [(1.0, "x"), (1.0, "y"), (0.0, "z"), (0.0, "z"), (0.0, "z"), (0.0, None)]
    summary = summarise([_record("p", i, *each) for i, each in enumerate(scored)], 1.0)
    names = ["right" if score else answer for score, answer in scored]
    assert summary.maj_at == {str(k): maj_at_k(names, "right", k) for k in (1, 2, 4, 6)}
    assert summary.maj == summary.maj_at["6"] == 0.0


def test_groups_are_summaries_of_their_problems() -> None:
    records = [
        _record(name, i, float(i < right), level=level, source="s") for name, right, level in GRADED for i in range(4)
    ]
    records += [_record("u", 0, None, level="3", source="s")]
    groups = summarise(records, 1.0).groups
    assert list(groups) == ["level", "source"]
    assert list(groups["level"]) == ["1", "3"]
    for level in ("1", "3"):
        alone = summarise([r for r in records if r.level == level], 1.0)
        assert groups["level"][level] == {
            "problems": alone.problems,
            "samples": alone.samples,
            "avg": alone.avg,
            "avg_se": alone.avg_se,
            "pass_at": {k: alone.pass_at[k] for k in ("1", "2", "4")},
        }
    assert groups["level"]["3"]["problems"] == 2
    assert groups["source"]["s"]["problems"] == 5


GRADED = (("p", 4, "1"), ("q", 1, "1"), ("r", 0, "3"), ("t", 2, None))


def test_diversity_of_all_and_of_correct_responses_by_hand() -> None:
    records = [
        _record("p", 0, 1.0, "x", text="a b", solutions=4, surprisal=0.25),
        _record("p", 1, 1.0, "y", text="c d", solutions=4, surprisal=0.75),
        _record("p", 2, 0.0, "z", text="a b", solutions=4, response_tokens=40),
        _record("q", 0, 0.0, None, text="e", solutions=2, kind="time_limit"),
        _record("q", 1, 0.0, None, text="", solutions=2),
    ]
    summary = summarise(records, 1.0)
    every, correct = summary.diversity["all"], summary.diversity["correct"]
    assert (every["responses"], every["problems"], correct["responses"], correct["problems"]) == (5, 2, 2, 1)
    assert (every["response_tokens"], correct["response_tokens"]) == (15.0, 10.0)
    assert (every["surprisal"], correct["surprisal"], summary.surprisal) == (0.5, 0.5, 0.5)
    assert (every["distinct_answers"], correct["distinct_answers"]) == (1.5, 2.0)
    assert (every["answer_entropy"], correct["answer_entropy"]) == (
        pytest.approx(math.log(3)),
        pytest.approx(math.log(2)),
    )
    assert (every["distinct_1"], correct["distinct_1"]) == ((4 / 6 + 1.0) / 2, 1.0)
    assert (every["distinct_2"], correct["distinct_2"]) == (2 / 3, 1.0)  # q has no two words
    assert (correct["self_bleu"], correct["vendi"]) == (0.0, pytest.approx(2.0))
    assert every["self_bleu"] == pytest.approx(sum(self_bleu(["a b", "c d", "a b"])) / 3 / 2)
    assert every["vendi"] == pytest.approx((math.exp(-2 / 3 * math.log(2 / 3) - 1 / 3 * math.log(1 / 3)) + 2.0) / 2)
    assert (every["coverage"], correct["coverage"], summary.coverage) == (0.25, 0.5, 0.25)
    assert every["kernel"] == "word 1-2-gram cosine"
    assert summary.time_limit_share == 0.2


def test_what_no_response_can_tell_is_none() -> None:
    diversity = summarise([_record("p", 0, 0.0, text="alone"), _record("q", 0, 0.0)], 1.0).diversity
    assert {k for k, v in diversity["all"].items() if v is None} == {
        "surprisal",
        "distinct_2",
        "self_bleu",
        "vendi",
        "coverage",
    }
    assert {k: v for k, v in diversity["correct"].items() if v is not None} == {
        "responses": 0,
        "problems": 0,
        "kernel": "word 1-2-gram cosine",
    }


def test_texts_are_compared_within_their_bounds_and_no_further() -> None:
    def texts(tail: str) -> list[JudgedSample]:
        words = [" ".join(f"w{i % 40}" for i in range(500 + 12)) for _ in range(8)]
        return [_record("p", i, 1.0, text=text) for i, text in enumerate([*(f"{w} {tail}" for w in words), tail])]

    assert summarise(texts("x"), 1.0).diversity == summarise(texts("y y"), 1.0).diversity


def test_a_questions_counts_are_what_the_means_are_made_of() -> None:
    counts = question_counts([_record("r", 0, 1.0), _record("r", 1, None), *TWO], 1.0)
    assert list(counts.items()) == [("p", Counts(4, 2, 2)), ("q", Counts(4, 0, 0)), ("r", Counts(1, 1, 1))]
    assert (
        sum(pass_at_k(each.judged, each.correct, 2) for each in list(counts.values())[:2]) / 2
        == summarise(TWO, 1.0).pass_at["2"]
    )
    assert question_means(
        [_record("p", 0, 0.5), _record("p", 1, 0.25), _record("p", 2, None), _record("q", 0, None)]
    ) == {"p": 0.375}


def test_a_judged_sample_has_the_columns_of_its_table_in_their_order() -> None:
    assert tuple(table.SAMPLES) == FIELDS
    rows = table.from_bytes(table.to_bytes([asdict(record) for record in TWO], table.SAMPLES))
    assert records_of(rows) == TWO


RECORDS = st.lists(
    st.builds(
        _record,
        st.sampled_from("pqr"),
        st.just(0),
        st.sampled_from([0.0, 0.5, 1.0, None]),
        st.sampled_from(["x", "y", None]),
        entropy=st.sampled_from([None, 0.25, 2.0]),
        surprisal=st.sampled_from([None, 0.25, 2.0]),
        text=st.sampled_from([None, "", "a", "a b c", "b a", "c"]),
        solutions=st.sampled_from([None, 0, 2]),
        level=st.sampled_from([None, "1"]),
    ),
    max_size=14,
).map(lambda records: [replace(record, sample=place) for place, record in enumerate(records)])


@settings(deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_any_records_give_finite_numbers_whatever_their_order(
    records: list[JudgedSample], order: random.Random
) -> None:
    summary = summarise(records, 1.0)
    json.dumps(summary.to_json(), allow_nan=False)
    curve, down = list(summary.pass_at.values()), list(summary.pass_pow.values())
    assert (
        list(summary.pass_at)
        == list(summary.pass_pow)
        == list(summary.pass_at_interval)
        == [str(k) for k in range(1, summary.samples + 1)]
    )
    assert curve == sorted(curve)
    assert down == sorted(down, reverse=True)
    assert all(0.0 <= value <= 1.0 for value in (*curve, *down, *summary.maj_at.values()))
    for value, interval in zip(curve, summary.pass_at_interval.values(), strict=True):
        assert interval is None or 0.0 <= interval[0] <= value + 1e-12
        assert interval is None or value - 1e-12 <= interval[1] <= 1.0
    shuffled = list(records)
    order.shuffle(shuffled)
    assert _rounded(summarise(shuffled, 1.0).to_json()) == _rounded(summary.to_json())


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rounded(inner) for inner in value]
    return round(value, 9) if isinstance(value, float) else value
