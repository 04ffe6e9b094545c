"""summarise: from judged samples to numbers."""

from __future__ import annotations

import json
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.evaluate.metrics.pass_at_k import pass_at_k
from tasks.evaluate.summary import SampleRecord, summarise


def _record(problem: str, sample: int, score: float | None, answer: str | None = "x", **other: object) -> SampleRecord:
    kind = "infrastructure" if score is None else "accepted" if score == 1.0 else "no_answer" if answer is None else "wrong"
    fields = {"finish_reason": "stop", "response_tokens": 10, "entropy": 0.5, "solutions": None, **other}
    return SampleRecord(problem, sample, score, kind, answer, **fields)  # type: ignore[arg-type]


TWO = [
    *(_record("p", i, s, a, solutions=4) for i, (s, a) in enumerate([(1.0, "x"), (1.0, "y"), (0.0, "z"), (0.0, None)])),
    *(_record("q", i, 0.0, "w", finish_reason="stop" if i else "length", entropy=1.0, response_tokens=20) for i in range(4)),
]


def test_two_problems_by_hand() -> None:
    summary = summarise(TWO, 1.0)
    assert (summary.problems, summary.samples) == (2, 4)
    assert summary.pass_at == {str(k): pytest.approx(pass_at_k(4, 2, k) / 2) for k in range(1, 5)}
    assert summary.pass_at_se["1"] == pytest.approx(0.25)  # means 0.5 and 0: half their distance
    assert (summary.avg, summary.maj) == (0.25, 0.5)
    assert (summary.entropy, summary.entropy_se, summary.response_tokens) == (0.75, pytest.approx(0.25), 15.0)
    assert (summary.distinct_answers, summary.distinct_correct, summary.distinct_correct_se) == (2.0, 1.0, pytest.approx(1.0))
    assert summary.coverage == 0.5
    assert (summary.truncated_share, summary.no_answer_share, summary.not_judged_share) == (0.125, 0.125, 0.0)


def test_what_was_not_judged_is_no_wrong_answer() -> None:
    summary = summarise([_record("p", 0, 1.0), _record("p", 1, None), _record("q", 0, 1.0), _record("q", 1, 1.0)], 1.0)
    assert (summary.samples, summary.pass_at, summary.avg) == (1, {"1": 1.0}, 1.0)
    assert summary.not_judged_share == 0.25


def test_a_problem_never_judged_leaves_the_others_as_they_are() -> None:
    lost = [_record("r", i, None, None, solutions=3) for i in range(4)]
    with_it, without = summarise([*TWO, *lost], 1.0), summarise(TWO, 1.0)
    for name in ("samples", "pass_at", "pass_at_se", "avg", "maj", "distinct_correct", "distinct_correct_se", "coverage"):
        assert getattr(with_it, name) == getattr(without, name), name
    assert (with_it.problems, with_it.not_judged_share) == (3, pytest.approx(1 / 3))


def test_correct_is_a_score_of_at_least_the_limit() -> None:
    records = [_record("p", 0, 0.5), _record("p", 1, 0.4)]
    assert (summarise(records, 0.5).pass_at["1"], summarise(records, 1.0).pass_at["1"]) == (0.5, 0.0)


RECORDS = st.lists(
    st.builds(
        _record,
        st.sampled_from("pqr"),
        st.just(0),
        st.sampled_from([0.0, 0.5, 1.0, None]),
        st.sampled_from(["x", "y", None]),
        entropy=st.sampled_from([None, 0.25, 2.0]),
    ),
    max_size=14,
)


@settings(deadline=None)
@given(RECORDS, st.randoms(use_true_random=False))
def test_any_records_give_finite_numbers_whatever_their_order(records: list[SampleRecord], order: random.Random) -> None:
    summary = summarise(records, 1.0)
    json.dumps(summary.to_json(), allow_nan=False)
    curve = list(summary.pass_at.values())
    assert list(summary.pass_at) == [str(k) for k in range(1, summary.samples + 1)]
    assert curve == sorted(curve)
    assert all(0.0 <= value <= 1.0 for value in curve)
    shuffled = list(records)
    order.shuffle(shuffled)
    assert _rounded(summarise(shuffled, 1.0).to_json()) == _rounded(summary.to_json())


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return round(value, 9) if isinstance(value, float) else value
