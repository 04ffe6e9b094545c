"""The section reward: its terms by name, what is wrong with them, and what of them is in identities and keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from specs.errors import SpecError
from specs.identity import data_part, identity, reward_part, train_part
from specs.load import describe, load_spec
from specs.rewards import Format, OwnTerm, Repetition
from specs.schema import Spec

OWN = """
def brevity(completions, target=300, **kwargs):
    return [-abs(len(c) - target) for c in completions]

def check(completions, answer):
    return [float(a in c) for c, a in zip(completions, answer)]
"""
TEXT = """
name: x
policy: {model: HuggingFaceTB/SmolLM2-135M-Instruct}
data: {train: rows.jsonl}
rollout: {max_response_tokens: 4096}
reward:
  terms:
    correct: {use: math}
    format: {use: format, weight: 0.2}
    overlong: {use: overlong, cache_tokens: 2048}
    brevity: {use: OWN:brevity, weight: 0.1, args: {target: 200}}
"""
PUZZLE = (
    "name: x\npolicy: {init: scratch}\ndata: {train: 'puzzle:countdown'}\nreward: {terms: {r: {use: repetition}}}\n"
)
PUZZLE += "rollout: {engine: transformers, max_response_tokens: 32, max_prompt_tokens: 64}\n"
PUZZLE += "policy: {init: scratch}\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    path = tmp_path / "my_rewards.py"
    path.write_text(OWN)
    return path


@pytest.fixture
def file(tmp_path: Path, own: Path) -> Path:
    path = tmp_path / "x.yaml"
    path.write_text(TEXT.replace("OWN", str(own)))
    return path


def spec_of(file: Path, *overrides: str) -> Spec:
    return load_spec(file, overrides, {}).spec


def test_a_verifier_term_says_how_references_are_read(file: Path, own: Path) -> None:
    spec = spec_of(file)
    assert spec.data.verifier == "math" and spec.reward.verifier_term == "correct" and spec.reward.own_outcome is None
    assert spec.reward.weights == {"correct": 1.0, "format": 0.2, "overlong": 1.0, "brevity": 0.1}
    mine = spec_of(file, f"reward.terms.correct.use={own}:check")
    assert mine.data.verifier == "none" and isinstance(mine.reward.own_outcome, OwnTerm)
    assert mine.reward.verifier_term is None


def test_the_verifier_alone_is_the_short_form(tmp_path: Path) -> None:
    base = TEXT.partition("reward:")[0]
    short, long = tmp_path / "short.yaml", tmp_path / "long.yaml"
    short.write_text(base.replace("rows.jsonl", "rows.jsonl, verifier: math"))
    long.write_text(base + "reward: {terms: {correct: {use: math}}}\n")
    one, other = spec_of(short), spec_of(long)
    assert identity(one) == identity(other) and other.reward.is_plain and data_part(one) == data_part(other)
    assert identity(spec_of(long, "reward.terms.correct.weight=2.0")) != identity(one)


def test_terms_beside_the_verifier_that_a_puzzle_brings(tmp_path: Path) -> None:
    path = tmp_path / "puzzle.yaml"
    path.write_text(PUZZLE.replace("policy: {init: scratch}\n", "", 1))
    spec = spec_of(path)
    assert spec.data.verifier is None and spec.reward.weights == {"correct": 1.0, "r": 1.0}
    assert spec.reward.verifier_term == "correct" and not spec.reward.is_plain
    with pytest.raises(
        SpecError, match=r"reward.terms.c.use: got 'math', but the problems are read for the verifier cou"
    ):
        spec_of(path, "reward.terms.c={use: math}")
    assert spec_of(path, "reward.terms.correct={use: countdown, weight: 2.0}").reward.weights["correct"] == 2.0


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("reward.terms.format.weight=0.5", "train"),
        ("reward.terms.format.weight=0.0", "train"),
        ("reward.aggregate=normalize_then_sum", "train"),
        ("reward.terms.format.pattern=boxed", "reward"),
        ("reward.terms.brevity.args.target=3", "reward"),
        ("reward.terms.brevity.deadline_s=3.0", "reward"),
        ("reward.outcome=format", "reward train"),
        ("reward.workers=7", ""),
    ],
)
def test_weights_are_in_trainings_part_and_the_rest_in_the_verdicts(file: Path, override: str, changed: str) -> None:
    before, after = spec_of(file), spec_of(file, override)
    parts = {"reward": reward_part, "train": train_part, "data": data_part}
    assert {name for name, part in parts.items() if part(before) != part(after)} == set(changed.split())


def test_another_kind_of_term_drops_what_it_lacks(file: Path) -> None:
    spec = spec_of(file, "reward.terms.format.use=repetition", "reward.terms.format.ngram=4")
    assert spec.reward.terms["format"] == Repetition(weight=0.2, ngram=4)
    assert spec_of(file, "reward.terms.brevity.use=format").reward.terms["brevity"] == Format(weight=0.1)


def test_an_inherited_term_is_changed_key_by_key(file: Path, tmp_path: Path) -> None:
    child = tmp_path / "child.yaml"
    child.write_text(
        "extends: x.yaml\nname: child\nreward: {terms: {format: {weight: 0.7}, more: {use: repetition}}}\n"
    )
    loaded = load_spec(child, (), {"ARMATURE_REWARD__TERMS__OVERLONG__CACHE_TOKENS": "16"})
    assert loaded.spec.reward.weights == {**spec_of(file).reward.weights, "format": 0.7, "more": 1.0}
    lines = describe(loaded).splitlines()
    assert any(line.startswith("reward.terms.format.weight = 0.7 (") and "child.yaml:3" in line for line in lines)
    assert "reward.terms.overlong.cache_tokens = 16 (ARMATURE_REWARD__TERMS__OVERLONG__CACHE_TOKENS)" in lines


@pytest.mark.parametrize(
    ("override", "line"),
    [
        (
            "reward.terms.format.wieght=0.5",
            "reward.terms.format.wieght: no such key; nearest is reward.terms.format.weight",
        ),
        (
            "reward.terms.format.cache_tokens=3",
            "reward.terms.format.cache_tokens: no such key of reward.terms.format.use format",
        ),
        (
            "reward.terms.format.use=formt",
            "reward.terms.format.use: got 'formt'; nearest of the built-in terms is format",
        ),
        ("reward.terms.correct.use=mth", "reward.terms.correct.use: no verifier 'mth'; nearest is math"),
        ("reward.terms.x={use: code}", "reward.terms.x.use: code is a second verifier beside math"),
        ("reward.terms.x={weight: 1.0}", "reward.terms.x.use: missing; want text"),
        ("reward.terms.x=3", "reward.terms.x: got 3, want a mapping with use, weight"),
        ("reward.terms=3", "reward.terms: got 3, want a mapping of names"),
        ("reward.terms.Bad={use: format}", "reward.terms.Bad: no name for a term"),
        ("reward.outcome=nix", "reward.outcome: no term 'nix'; there are correct, format, overlong, brevity"),
        ("reward.outcome=overlong", "reward.outcome: overlong is a term of overlong, which does not say what is right"),
        (
            "data.verifier=code",
            "reward.terms.correct.use: got 'math', but the problems are read for data.verifier code",
        ),
        (
            "reward.terms.overlong.cache_tokens=9000",
            "reward.terms.overlong.cache_tokens: 9000 exceeds the limit of 4096",
        ),
        (
            "reward.terms.overlong.max_tokens=9000",
            "reward.terms.overlong.max_tokens: 9000 exceeds rollout.max_response_t",
        ),
        ("reward.terms.l={use: length, kind: kimi, wrong: [0.0, 1.0]}", "reward.terms.l.wrong: only with kind cosine"),
        ("reward.terms.brevity.args={tagret: 3}", None),
        (
            "reward.terms.check={use: 'OWN:check', args: {foo: 1}}",
            "reward.terms.check.args.foo: no such argument of check",
        ),
        ("reward.terms.brevity.use=OWN:brev", "reward.terms.brevity.use: no brev in "),
        (
            "reward.terms.brevity={isolation: jail, reads: [README.md]}",
            "reward.terms.brevity.reads: not with isolation jail, which has no files",
        ),
        ("reward.terms.brevity.reads=[nix.txt]", "reward.terms.brevity.reads: no such file: "),
        ("advantage={estimator: pass_at_k, k: 2}", "reward.terms: advantage.estimator pass_at_k reads only which"),
        ("advantage.estimator=weighted_reinforce", "reward.terms: advantage.estimator weighted_reinforce reads only"),
    ],
)
def test_what_is_wrong_is_said_with_its_key(file: Path, own: Path, override: str, line: str | None) -> None:
    override = override.replace("OWN", str(own))
    if line is None:  # **kwargs takes any argument
        assert spec_of(file, override)
        return
    with pytest.raises(SpecError) as caught:
        spec_of(file, override)
    assert str(caught.value).startswith(line), str(caught.value)


def test_an_outcome_that_is_missing_is_said_and_no_key_error(tmp_path: Path, file: Path) -> None:
    path = tmp_path / "named.yaml"
    path.write_text(TEXT.partition("reward:")[0] + "reward: {terms: {acc: {use: math}}}\n")
    with pytest.raises(SpecError, match=r"^reward.outcome: correct is the verifier, which is called reward.terms.acc"):
        spec_of(path)
    assert spec_of(path, "reward.outcome=acc").reward.is_plain
    with pytest.raises(SpecError, match=r"^reward.outcome: no term 'nix'"):
        spec_of(file, "reward.outcome=nix", "advantage={estimator: pass_at_k, k: 2}")


@pytest.mark.parametrize("name", ["rows.tsv", "ROWS.TSV.gz", "rows.parquet.gz"])
def test_a_format_that_no_source_reads_is_said(file: Path, name: str) -> None:
    with pytest.raises(SpecError, match=rf"^data.train: got '{name}', but no source reads .*convert it to JSONL"):
        spec_of(file, f"data.train={name}")
