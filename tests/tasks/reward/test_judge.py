"""Outcome and terms together: what each verdict holds, by terms that answer with canned values."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from specs.rewards import Reward
from tasks.errors import VerifierError
from tasks.records import FinishReason, Problem, SourceRow, Verdict, VerdictKind
from tasks.reward.judge import Judge, Response
from tasks.reward.terms.base import ResponseGroup, Term, TermScore
from tasks.reward.verdicts import require_judged, row, schema, verdict_of
from tasks.table import from_bytes, to_bytes


class Canned(Term):
    """Answers each group by a function, and keeps what it was asked."""

    def __init__(self, answer: Any) -> None:
        self.answer, self.asked, self.started = answer, list[ResponseGroup](), 0

    def start(self) -> None:
        self.started += 1

    def scores(self, groups: Sequence[ResponseGroup]) -> list[list[TermScore]]:
        self.asked += groups
        return [[self.answer(text) for text in group.texts] for group in groups]

    def metrics(self) -> dict[str, float]:
        return {"calls": float(len(self.asked))}


def length(text: str) -> TermScore:
    return TermScore(float(len(text)))


def response(problem: str, text: str, gold: str = "2", finish: FinishReason = FinishReason.STOP) -> Response:
    return Response(
        Problem(problem, ({"role": "user", "content": "1 + 1?"},), "math", {"answer": gold}), text, (7, 8), finish
    )


@contextlib.contextmanager
def judge(
    monkeypatch: pytest.MonkeyPatch, terms: Mapping[str, Any], answers: Mapping[str, Canned], **more: Any
) -> Iterator[Judge]:
    monkeypatch.setattr("tasks.reward.judge.make_term", lambda name, *_: answers[name])
    made = Judge(Reward.model_validate({"terms": terms, **more}), 100)
    with contextlib.closing(made):
        yield made


OWN = {"use": "my_rewards.py:f"}


def test_terms_stand_beside_the_verifiers_score(monkeypatch: pytest.MonkeyPatch) -> None:
    """Groups may stand apart in a batch: each is asked for once, and each response gets its own value."""
    own = Canned(length)
    responses = [response("a", r"\boxed{2}"), response("b", "no answer"), response("a", r"so \boxed{3}")]
    rows = {"a": SourceRow("1 + 1?", {"level": 3})}
    with judge(monkeypatch, {"own": OWN}, {"own": own}) as made:
        verdicts = made.judge(responses, rows, iteration=4)
        assert made.metrics() == {"logged_calls": 2.0}
    assert [v.score for v in verdicts] == [1.0, 0.0, 0.0]
    assert [v.terms for v in verdicts] == [{"own": float(len(each.text))} for each in responses]
    a, b = own.asked
    assert (a.problem_id, a.texts, a.correct) == ("a", (r"\boxed{2}", r"so \boxed{3}"), (True, False))
    assert (a.prompt, a.columns, a.iteration, a.token_ids) == ("1 + 1?", {"level": 3}, 4, ((7, 8), (7, 8)))
    assert b.columns == {} and b.prompt == responses[1].problem.prompt


def test_a_term_of_ones_own_as_the_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {"right": TermScore(1.0, extra={"answer": "4"}), "half": TermScore(0.5), "none": TermScore(None)}
    values["slow"] = TermScore(None, VerdictKind.TIME_LIMIT, "5 s")
    values["down"] = TermScore(None, VerdictKind.INFRASTRUCTURE, "no route to host")
    own = Canned(values.__getitem__)
    with judge(monkeypatch, {"mine": OWN}, {"mine": own}, outcome="mine", correct_at=0.5) as made:
        verdicts = made.judge([response("a", text) for text in values], {}, 0)
        evaluated = made.outcomes([response("a", "right")], {}, 0)
    kinds = [VerdictKind.ACCEPTED, VerdictKind.ACCEPTED, VerdictKind.NOT_APPLICABLE]
    assert [v.kind for v in verdicts] == [*kinds, VerdictKind.TIME_LIMIT, VerdictKind.INFRASTRUCTURE]
    assert [v.score for v in verdicts] == [1.0, 0.5, None, None, None]
    with pytest.raises(VerifierError, match=r"2 of 5 responses could not be judged .*; first: 5 s"):
        require_judged(verdicts, 0.3, "iteration 0")
    require_judged(verdicts, 0.4, "iteration 0")
    with pytest.raises(VerifierError, match=r"iteration 0: reward\.outcome gave None for each of the 2 responses"):
        require_judged([verdicts[2]] * 2, 1.0, "iteration 0")
    assert verdicts[0].answer == "4" and verdicts[0].terms == {} and evaluated[0].score == 1.0


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_an_outcome_is_from_0_to_1(monkeypatch: pytest.MonkeyPatch, value: float) -> None:
    own = Canned(lambda _: TermScore(value))
    with (
        judge(monkeypatch, {"correct": OWN}, {"correct": own}) as made,
        pytest.raises(VerifierError, match=r"reward.outcome: correct gave .* on problem a; .* from 0 to 1"),
    ):
        made.judge([response("a", "x")], {}, 0)


def test_the_verifiers_score_as_a_term_beside_another_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Canned(lambda text: TermScore(float("so" in text)))
    terms = {"correct": {"use": "math"}, "says_so": OWN}
    with judge(monkeypatch, terms, {"says_so": own}, outcome="says_so") as made:
        verdicts = made.judge([response("a", r"so \boxed{3}"), response("a", r"\boxed{2}")], {}, 0)
    assert [v.score for v in verdicts] == [1.0, 0.0]
    assert [v.terms for v in verdicts] == [{"correct": 0.0}, {"correct": 1.0}]


def test_a_masked_response_is_not_judged_and_its_terms_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Canned(length)
    with judge(monkeypatch, {"own": OWN}, {"own": own}, truncated="mask") as made:
        cut, whole = made.judge([response("a", "x", finish=FinishReason.LENGTH), response("a", r"\boxed{2}")], {}, 0)
        evaluated = made.outcomes([response("a", r"\boxed{2}", finish=FinishReason.LENGTH)], {}, 0)
    assert (cut.kind, cut.terms) == (VerdictKind.TRUNCATED, {"own": 1.0}) and whole.score == 1.0
    assert own.asked[0].correct == (None, True) and evaluated[0].score == 1.0, "an evaluation judges everything"


def test_a_failed_term_is_stored_counted_and_no_reward_of_0(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Canned(lambda text: TermScore(None, VerdictKind.TIME_LIMIT, "30 s") if text == "slow" else length(text))
    with judge(monkeypatch, {"own": OWN}, {"own": own}) as made:
        verdicts = made.judge([response("a", "slow"), response("a", r"\boxed{2}")], {}, 0)
    assert verdicts[0].failed == {"own": "time_limit: 30 s"} and verdicts[0].terms == {"own": None}
    stored = to_bytes(
        [{"problem_id": "a", "sample": i, **row(v, ["own"])} for i, v in enumerate(verdicts)], schema(["own"])
    )
    assert [verdict_of(each) for each in from_bytes(stored)] == verdicts
    require_judged(verdicts, 0.5, "iteration 0")
    with pytest.raises(
        VerifierError, match=r"1 of 2 responses could not be judged .* reward.terms.own: time_limit: 30 s"
    ):
        require_judged(verdicts, 0.4, "iteration 0")


def test_a_response_whose_outcome_and_term_failed_counts_once() -> None:
    away = {"own": "infrastructure: no route to host"}
    failed = Verdict(None, VerdictKind.INFRASTRUCTURE, "no disk", failed=away)
    judged = Verdict(1.0, VerdictKind.ACCEPTED, terms={"own": 2.0})
    require_judged([failed, judged], 0.5, "iteration 0")
    with pytest.raises(VerifierError, match=r"1 of 2 responses could not be judged .*; first: no disk"):
        require_judged([failed, judged], 0.4, "iteration 0")


def test_an_evaluation_starts_the_outcome_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terms = {"mine": OWN, "other": OWN}
    answers = {"mine": Canned(length), "other": Canned(length)}
    with judge(monkeypatch, terms, answers, outcome="mine") as made:
        made.start([], {}, outcome_only=True)
        assert [each.started for each in answers.values()] == [1, 0]
        made.start([], {})
        assert [each.started for each in answers.values()] == [2, 1]
