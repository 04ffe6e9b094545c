"""A mixture in `data.train`: what parts inherit, what is refused, and which part of an identity it is in."""

from __future__ import annotations

import pytest

from specs.identity import data_part, identity, rollout_part, warm_start_part
from specs.load import describe, load_spec
from specs.schema import Spec
from specs.sources import named_verifiers, parts_of
from tests.specs.conftest import MODEL, PUZZLE, Lines, Write

PUZZLES = PUZZLE.replace(
    'train: "puzzle:countdown"', 'train: {a: {source: "puzzle:countdown", weight: 3}, b: {source: "puzzle:sums"}}'
)
ROWS = MODEL.replace(
    "train: some/problems.jsonl, verifier: math",
    "verifier: math, answer_column: x, answer_after: '####', revision: abc, "
    "train: {rows: {source: some/problems.jsonl, answer_column: y}, hub: {source: 'hf://a/b', split: test}, "
    "puzzle: {source: 'puzzle:sums'}, code: {source: some/programs.jsonl, verifier: code}}",
)


@pytest.fixture
def load(write: Write):
    def loaded(text: str, *overrides: str, **environ: str) -> Spec:
        return load_spec(write(text), overrides, environ).spec

    return loaded


def test_a_part_has_what_it_says_and_of_data_what_its_source_can_use(load) -> None:
    spec = load(ROWS)
    parts = {part.name: part.data for part in parts_of(spec.data)}
    assert list(parts) == ["code", "hub", "puzzle", "rows"]
    verifiers = {name: data.verifier for name, data in parts.items()}
    assert verifiers == {"code": "code", "hub": "math", "puzzle": None, "rows": "math"}
    assert [data.answer_column for data in parts.values()] == ["x", "x", "x", "y"]
    assert (parts["code"].answer_after, parts["rows"].answer_after) == (None, "####")
    assert (parts["hub"].revision, parts["hub"].split, parts["rows"].revision) == ("abc", "test", None)
    assert named_verifiers(spec.data) == ["code", "math", "sums", "math"]


def test_parts_are_set_one_by_one_from_the_command_line_and_the_environment(load, write: Write) -> None:
    spec = load(PUZZLES, "data.train.b.weight=0.5", ARMATURE_DATA__TRAIN__A__SOURCE="puzzle:sums")
    assert spec.data.weights == {"a": 3.0, "b": 0.5}
    assert load(PUZZLES, "data.train={c: {source: 'puzzle:sums'}}").data.weights == {"a": 3.0, "b": 1.0, "c": 1.0}
    assert load(PUZZLES, "data.train=puzzle:sums").data.train == "puzzle:sums"
    assert load(PUZZLE, "data.train={c: {source: 'puzzle:sums'}}").data.weights == {"c": 1.0}
    text = describe(load_spec(write(PUZZLES), ["data.train.b.weight=2"], {}))
    assert "data.train.b.weight = 2.0 (--set data.train.b.weight=2)" in text and "answer_column" not in text


@pytest.mark.parametrize(
    ("override", "line"),
    [
        ("data.train.a.wight=1", "data.train.a.wight: no such key; nearest is data.train.a.weight"),
        ("data.train.a.zzz=1", "data.train.a.zzz: no such key; want one of source, weight, "),
        ("data.train.a.weight=0", "data.train.a.weight: got 0, want a number (float > 0)"),
        ("data.train.a.weight=.inf", "data.train.a.weight: got inf, want a number (float > 0)"),
        ("data.train.a=3", "data.train.a: got 3, want a mapping with source, weight"),
        ("data.train.A={source: q}", "data.train.A: not the name of a part"),
        ("data.train.c={weight: 2}", "data.train.c.source: missing; want text (not empty)"),
        ("data.train.b.source=puzzle:sum", "data.train.b.source: no puzzle 'sum'; nearest is sums"),
        (
            "data.train.b.verifier=math",
            "data.train.b.verifier: got 'math', but data.train.b.source 'puzzle:sums' brings",
        ),
        ("data.train.b.subset=x", "data.train.b.subset: only with an hf:// dataset, but data.train.b.source is"),
        ("data.verifier=math", "data.verifier: got 'math', which no part of data.train takes"),
        ("data.train.b.source=my.py:Name", "data.train.b.source: no such file: "),
    ],
)
def test_what_is_wrong_with_a_part_is_one_line(problems: Lines, override: str, line: str) -> None:
    (found,) = problems(PUZZLES, [override])
    assert found.startswith(line) and f"(--set {override})" in found.replace("missing;", f"missing; (--set {override})")


def test_rows_without_a_verifier_or_demonstrations_are_named(problems: Lines) -> None:
    lines = problems(PUZZLES + "warm_start: {}\n", ["data.train.b.source=rows.jsonl"])
    assert [line.partition(":")[0] for line in lines] == ["policy.init", "warm_start", "data.train.b.verifier"]
    assert all("data.train.b.source" in line for line in lines)


def test_a_verifiers_term_reaches_only_parts_that_take_a_verifier(load) -> None:
    """Where all bring their own, or name it, `data.verifier` stays unset: it would be one that no part takes."""
    term = "reward.terms={correct: {use: sums, weight: 2.0}}"
    both = load(PUZZLES, "data.train.a.source=puzzle:sums", term)
    assert both.data.verifier is None and both.reward.weights == {"correct": 2.0}
    term, train = "reward.terms={correct: {use: math}}", ROWS.replace("verifier: math, ", "", 1)
    named = load(train, term, "data.train={rows: {verifier: math}, hub: {verifier: math}, code: {verifier: math}}",
                 "data.train.puzzle.source=more.jsonl", "data.train.puzzle.verifier=math")  # fmt: skip
    assert named.data.verifier is None and set(named_verifiers(named.data)) == {"math"}
    assert (
        load(train, term, "data.train.code.verifier=math", "data.train.puzzle.source=x.jsonl").data.verifier == "math"
    )


def test_no_part_at_all_is_refused(problems: Lines) -> None:
    text = PUZZLE.replace('"puzzle:countdown"', "{}")
    (line,) = problems(text)
    assert line.startswith("data.train: got {}, want one part or more") and ":3)" in line


def test_weights_are_in_the_part_of_rollouts_alone(load) -> None:
    spec, other = load(PUZZLES), load(PUZZLES, "data.train.a.weight=2")
    assert data_part(spec) == data_part(other) and warm_start_part(spec) == warm_start_part(other)
    assert rollout_part(spec)["mixture"] == {"a": 3.0, "b": 1.0} and rollout_part(spec) != rollout_part(other)
    assert identity(spec) != identity(other)
    assert "mixture" not in rollout_part(load(PUZZLE))


def test_the_order_of_parts_is_no_part_of_the_identity(load) -> None:
    other = PUZZLE.replace(
        'train: "puzzle:countdown"', 'train: {b: {source: "puzzle:sums"}, a: {weight: 3.0, source: "puzzle:countdown"}}'
    )
    assert identity(load(PUZZLES)) == identity(load(other))
