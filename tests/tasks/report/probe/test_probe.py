"""A probe's numbers, cost, samples, and each diagnosis beside a neighbour for which it is not given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.schema import Spec
from tasks.records import NOT_JUDGED, FinishReason, Rollout, Verdict, VerdictKind
from tasks.report.probe.cost import Cost
from tasks.report.probe.diagnosis import diagnoses
from tasks.report.probe.numbers import ProbeNumbers, probe_numbers
from tasks.report.probe.text import SAMPLES, Sample, render, shown_samples

A, W, N = VerdictKind.ACCEPTED, VerdictKind.WRONG, VerdictKind.NO_ANSWER


def spec(*overrides: str) -> Spec:
    return load_spec(REPOSITORY_ROOT / "specs/quickstart.yaml", ["control=null", *overrides], {}).spec


def samples(*groups: Sequence[VerdictKind], ids: Sequence[int] = (), cut: bool = False) -> list[Sample]:
    """A response to problem p for each kind, each with other tokens, or all with `ids`."""
    reason, found = FinishReason.LENGTH if cut else FinishReason.STOP, list[Sample]()
    for p, kinds in enumerate(groups):
        for g, kind in enumerate(kinds):
            tokens = tuple(ids) or (7, p, g, 1)
            rollout = Rollout(f"p{p}", g, (0,), tokens, (0.0,) * len(tokens), reason, "l", 0)
            score = None if kind in NOT_JUDGED else float(kind is A)
            found.append(Sample(rollout, Verdict(score, kind), f"text {p} {g}"))
    return found


def numbers(found: Sequence[Sample]) -> ProbeNumbers:
    return probe_numbers([each.rollout for each in found], [each.verdict for each in found], 1.0)


def test_the_numbers_of_three_groups() -> None:
    found = numbers(samples([A, W, N, W], [W, W, W, W], [A, A, A, VerdictKind.INFRASTRUCTURE]))
    assert (found.groups, found.responses, found.right, found.score) == (3, 12, 4 / 12, 4 / 11)
    assert (found.all_wrong, found.all_right) == (1 / 3, 1 / 3) and found.without_contrast == pytest.approx(2 / 3)
    assert found.not_judged == 1 / 12 and found.kinds[W] == 6 / 12
    assert (found.tokens, found.right_tokens, found.truncated, found.repeated, found.empty) == (4.0, 4.0, 0, 0, 0)
    alike = numbers(samples([A, A], [W, W], ids=(9,)))
    assert (alike.repeated, alike.empty) == (0.5, 1.0)
    assert numbers(samples([A], cut=True)).truncated == 1


@given(st.lists(st.lists(st.sampled_from(VerdictKind), min_size=1, max_size=5), min_size=1, max_size=5))
def test_shares_are_shares_whatever_the_verdicts(groups: list[list[VerdictKind]]) -> None:
    found = numbers(samples(*groups))
    assert sum(found.kinds.values()) == pytest.approx(1)
    shares = (found.right, found.all_right, found.all_wrong, found.without_contrast, found.not_judged, found.repeated)
    assert all(0 <= each <= 1 for each in shares)
    assert (found.score is None) == all(kind in NOT_JUDGED for group in groups for kind in group)
    diagnoses(found, spec())


MIXED = [A, W, W, A]
SECONDS = dict.fromkeys(("data", "start", "rollout", "reward", "train"), 1.0)


@pytest.mark.parametrize(
    ("found", "settings", "line"),
    [
        (samples(MIXED, MIXED), (), None),
        (samples(MIXED, [W, W, W, A]), (), None),
        (samples(MIXED, MIXED, cut=True), (), "every response was cut at rollout.max_response_tokens"),
        (samples(*[MIXED] * 4) + samples(MIXED, cut=True), (), "20% of the responses were cut at rollout.max_response"),
        (samples(*[MIXED] * 30) + samples([A], cut=True), (), None),
        (samples(*[MIXED] * 4) + samples([N, N, N, N], ids=(1,)), (), "20% of the responses are empty"),
        (samples([N, A, N, W]), (), "in 50% of the responses the verifier found no answer: does the prompt say"),
        (samples([N, A, N, W]), ("data.prompt=boxed",), "the prompt asks for it in \\boxed{}"),
        (samples([N, A, N, W]), ("data.prompt={prompt} End with \\boxed{}.",), "the prompt asks for it in \\boxed{}"),
        (samples([N, A, N, W], cut=True), (), "most of them were cut before it"),
        (
            samples([VerdictKind.COMPILE_ERROR, A, VerdictKind.COMPILE_ERROR, W]),
            (),
            "50% of the programs do not compile",
        ),
        (samples([VerdictKind.INFRASTRUCTURE, A, W, W]), (), "25.0% of the responses could not be judged"),
        (samples([VerdictKind.TIME_LIMIT, A, W, W]), (), "25% of the responses ran into the time limit"),
        (samples([VerdictKind.MEMORY_LIMIT, A, W, W]), (), "ran into the memory limit"),
        (samples([W] * 4, [W] * 4), (), "every reward is 0: nothing is learned from this"),
        (samples([A] * 4, [A] * 4), (), "every response is right"),
        (samples([W] * 4, [W] * 4, MIXED), (), "in 67% of the groups all responses are right, or all are wrong"),
        (samples([W] * 4, [W] * 4, MIXED), (), "take easier problems"),
        (samples([A] * 4, [A] * 4, MIXED), (), "take harder problems"),
        (samples(MIXED, MIXED, ids=(5, 6, 7)), ("rollout.temperature=0.1",), "raise rollout.temperature (0.1)"),
    ],
)
def test_each_diagnosis_is_given_where_it_holds(
    found: list[Sample], settings: tuple[str, ...], line: str | None
) -> None:
    lines = diagnoses(numbers(found), spec(*settings))
    assert (line is None and not lines) or any(line is not None and line in each for each in lines), lines


def with_term(found: list[Sample], *values: float | None, failed: str = "") -> list[Sample]:
    """Give the responses a term `own` with these values, again and again."""
    gone = {"own": failed} if failed else {}
    return [
        replace(
            each, verdict=replace(each.verdict, terms={"own": values[k % len(values)]}, failed=gone if k == 0 else {})
        )
        for k, each in enumerate(found)
    ]


OWN = "reward.terms={own: {use: repetition, weight: 0.5}}"


@pytest.mark.parametrize(
    ("values", "settings", "line"),
    [
        ((0.0, 0.2, 0.4, 0.1), (), None),
        ((None,), (), "reward.terms.own applied to no response"),
        ((0.3,), (), "reward.terms.own is the same for all responses of each group"),
        ((0.3,), ("reward.terms.own.weight=0.0",), None),
        ((0.0, 8.0, 0.0, 0.0), (), "reward.terms.own moves the reward more within a group than the outcome does"),
        ((0.0, 8.0, 0.0, 0.0), ("reward.aggregate=normalize_then_sum",), None),
    ],
)
def test_what_is_wrong_with_a_term(
    values: tuple[float | None, ...], settings: tuple[str, ...], line: str | None
) -> None:
    lines = diagnoses(numbers(with_term(samples(MIXED, MIXED), *values)), spec(OWN, *settings))
    assert (line is None and not lines) or [line is not None and each.startswith(line) for each in lines] == [True], (
        lines
    )


def test_a_term_that_failed_is_named() -> None:
    found = with_term(samples(MIXED, MIXED), 0.0, 0.2, 0.4, 0.1, failed="time_limit: 30 s")
    assert diagnoses(numbers(found), spec(OWN))[-1].startswith(
        "12.5% of the responses have no score in reward.terms.own"
    )
    text = render(spec(OWN), "", "", found, numbers(found), Cost(SECONDS, 1, 1, 0), {})
    assert "terms, mean: own 0.175" in text and "own 0.200" in text


def test_the_cost_is_that_of_all_iterations_and_evaluations() -> None:
    cost = Cost({"data": 5.0, "start": 10.0, "rollout": 4.0, "reward": 1.0, "train": 5.0}, 400, 40, 80)
    assert (cost.tokens_per_s, cost.iteration_s, cost.evaluations_s) == (100.0, 10.0, 10.0)
    assert cost.whole_s(spec("train.iterations=12")) == 10 + 120 + 10


def test_the_text_shows_a_sample_of_each_kind_and_of_most_problems() -> None:
    found = samples(*[[W] * 8] * 7, [W] * 7 + [A])
    shown = shown_samples(found)
    assert len(shown) == SAMPLES and {each.verdict.kind for each in shown} == {A, W}
    assert len({each.rollout.problem_id for each in shown}) == SAMPLES
    cost = Cost({"data": 1.0, "start": 1.0, "rollout": 1.0, "reward": 1.0, "train": 3600.0}, 640, 64, 0)
    on_gpus = spec("placement={gpus: 8}", "train.iterations=2", "control=quickstart-grpo.yaml")
    text = render(on_gpus, "ask", "<e> (1)", found, numbers(found), cost, {"trainer": 2**31})
    assert "  | ask" in text and all(f"{each.rollout.problem_id}, sample" in text for each in shown)
    assert "2 h 00 min, 16.0 GPU hours: 2 iterations of 3602.0 s" in text
    assert "memory, at most: trainer 2.0 GiB of the host" in text and "its control" in text
    assert "memory: not seen" in render(on_gpus, "ask", "<e> (1)", found, numbers(found), cost, {})
    assert text.rpartition("what is wrong:\n")[2].startswith("- in 88% of the groups")
    mixed = samples(MIXED)
    assert "nothing that these numbers show" in render(spec(), "", "", mixed, numbers(mixed), cost, {})
