"""Every wrong spec says which key, what was given and what is wanted; every rule that joins two keys names both."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specs.errors import SpecError
from specs.keys import field_at, fields_at, section_of, wanted
from specs.load import load_spec
from specs.schema import Spec
from specs.text import KeyPath
from tests.specs.conftest import LEAVES, MODEL, PUZZLE, Lines, Write, every_key


def test_all_problems_of_a_file_are_reported_each_with_its_line(problems: Lines) -> None:
    text = """\
name: Bad Name
sed: 3
policy: {init: {run: a}, dtype: float16}
data: {verifier: math}
rollout: {prompts: "32", samples: 2.5}
advantage: {estimator: gpo}
train:
  learning_rate: fast
  betas: [0.9, 1.5]
  iterations: true
  warm_up_steps: 3
reward: 3
evaluate: {suites: heldout}
"""
    lines = problems(text)
    at = lines[0].rsplit("(", 1)[1].rsplit(":", 1)[0]
    assert sorted(lines) == sorted(
        [
            rf"name: got 'Bad Name', want text (like ^[a-z0-9][a-z0-9._-]*$, at most 64 long) ({at}:1)",
            f"sed: no such key; nearest is seed ({at}:2)",
            "policy.init.iteration: missing; want a whole number (int >= 0)",
            f"policy.dtype: got 'float16', want one of float32, bfloat16 ({at}:3)",
            "data.train: missing; want text (not empty) or a mapping of names to mappings with source",
            f"rollout.prompts: got '32', want a whole number (int > 0) ({at}:5)",
            f"rollout.samples: got 2.5, want a whole number (int > 0) ({at}:5)",
            "advantage.estimator: got 'gpo', want one of grpo, arm, dr_grpo, rloo, reinforce_pp_baseline, pass_at_k, "
            f"weighted_reinforce, or your own by advantage.use: my_file.py:name ({at}:6)",
            f"train.learning_rate: got 'fast', want a number (float > 0) ({at}:8)",
            f"train.betas: got [0.9, 1.5], want a list (2, each a number (float >= 0, < 1)) ({at}:9)",
            f"train.iterations: got true, want a whole number (int > 0) ({at}:10)",
            f"train.warm_up_steps: no such key; nearest is train.warmup_steps ({at}:11)",
            "reward: got 3, want a mapping with correct_at, truncated, max_not_judged_share, terms, outcome, "
            f"aggregate, workers, math, code ({at}:12)",
            f"evaluate.suites: got 'heldout', want a list (each text (not empty)) ({at}:13)",
        ]
    )


def test_what_is_missing_is_named_to_the_last_key(problems: Lines) -> None:
    lines = problems("seed: 3\n")
    assert [line.partition(":")[0] for line in lines] == ["name", "data.train"]


@pytest.mark.parametrize("value", ["{a: 1}", "[[1]]", "-1", "surely-not-a-word", ".nan", ".inf"])
@pytest.mark.parametrize("path", LEAVES, ids=".".join)
def test_a_bad_value_of_any_key_gives_lines_that_begin_with_its_path(write: Write, path: KeyPath, value: str) -> None:
    key = ".".join(path)
    try:
        load_spec(write(PUZZLE), [f"{key}={value}"], {})
    except SpecError as error:
        assert str(error).splitlines(), key
        for line in str(error).splitlines():
            first = line.partition(":")[0]
            assert field_at(tuple(first.split("."))) is not None or first.startswith(key), line
        if path != ("policy", "init", "run"):  # any text will do, but then its neighbour is missing
            assert any(key in line for line in str(error).splitlines())
    else:
        info = field_at(path)
        assert info is not None
        assert any(word in wanted(info) for word in ("text", "list", "a mapping of names")), f"{key} took {value}"


@given(path=st.sampled_from(every_key()), position=st.integers(0, 30), letter=st.sampled_from("aeqxz"))
def test_a_misspelt_key_is_refused_with_a_name_that_exists(
    tmp_path_factory: pytest.TempPathFactory, path: KeyPath, position: int, letter: str
) -> None:
    name = path[-1]
    misspelt = name[: position % len(name)] + letter + name[position % len(name) + 1 :]
    if misspelt in fields_at(path[:-1]):
        return
    file = tmp_path_factory.mktemp("spec") / "x.yaml"
    file.write_text(PUZZLE)
    key = ".".join((*path[:-1], misspelt))
    with pytest.raises(SpecError) as caught:
        load_spec(file, [f"{key}=1"], {})
    line = str(caught.value)
    assert line.startswith(f"{key}: no such key; ")
    if len(name) > 4:
        nearest = line.partition("nearest is ")[2].partition(" ")[0]
        assert field_at(tuple(nearest.split("."))) is not None, line


def test_every_field_says_what_it_wants_and_what_it_means() -> None:
    for path in every_key():
        info = field_at(path)
        assert info is not None
        assert wanted(info)
        assert section_of(info.annotation) or info.description, path


def test_specs_are_frozen(write: Write) -> None:
    spec = load_spec(write(PUZZLE), (), {}).spec
    with pytest.raises(ValueError, match="frozen"):
        spec.train.learning_rate = 1.0  # type: ignore[misc]


# Base, overrides, the key that the line begins with, and what else it names. Each is the only problem of its spec.
RULES: list[tuple[str, list[str], str, list[str]]] = [
    (PUZZLE, ["train.minibatch_prompts=3"], "train.minibatch_prompts", ["rollout.prompts 4"]),
    (PUZZLE, ["evaluate.samples=8"], "evaluate.samples", ["evaluate.ks", "32"]),
    (PUZZLE, ["evaluate.ks=[64]"], "evaluate.samples", ["evaluate.ks", "64"]),
    (PUZZLE, ["rollout.problems=3"], "rollout.problems", ["rollout.prompts 4"]),
    (PUZZLE, ["rollout.samples=1"], "rollout.samples", ["advantage.estimator arm"]),
    (PUZZLE, ["rollout.top_p=0.9"], "rollout.top_p", ["objective.importance_correction", "objective.kind"]),
    (PUZZLE, ["rollout.top_k=20"], "rollout.top_k", ["objective.importance_correction", "objective.kind"]),
    (
        PUZZLE,
        ["rollout.max_prompt_tokens=120"],
        "rollout.max_prompt_tokens",
        ["132", "128", "policy.architecture.max_positions"],
    ),
    (
        MODEL,
        ["rollout.max_response_tokens=130000", "train.token_budget=200000"],
        "rollout.max_prompt_tokens",
        ["131072", "policy.model"],
    ),
    (PUZZLE, ["policy.model=a/b"], "policy.model", ["drop it, or set policy.init to pretrained"]),
    (
        PUZZLE,
        ["policy={init: {run: tiny/0123abcd, iteration: 3}, model: a/b}"],
        "policy.model",
        ["policy.init names a run"],
    ),
    (PUZZLE, ["policy={init: {run: tiny/0123abcd, iteration: 3}}", "warm_start={}"], "warm_start", ["policy.init"]),
    (MODEL, ["policy.model=null"], "policy.model", ["policy.init"]),
    (
        MODEL,
        ["policy.init=scratch", "policy.model=null", "rollout={max_prompt_tokens: 9, max_response_tokens: 9}"],
        "policy.init",
        ["data.train is 'some/problems.jsonl'", "policy.init: pretrained with policy.model", "puzzle:<name>"],
    ),
    (MODEL, ["policy.architecture={}"], "policy.architecture", ["policy.init"]),
    (PUZZLE, ["policy.architecture.heads=3"], "policy.architecture.hidden", ["policy.architecture.heads 3"]),
    (PUZZLE, ["policy.revision=abc"], "policy.revision", ["policy.model"]),
    (MODEL, ["warm_start={}"], "warm_start", ["data.train"]),
    (
        PUZZLE,
        ["data.verifier=math"],
        "data.verifier",
        ["drop it, or use rows of your own", "data.train: my_rows.jsonl", "policy.init: pretrained", "policy.model"],
    ),
    (MODEL, ["data.verifier=null"], "data.verifier", ["data.train", "my_verifier.py:name"]),
    (PUZZLE, ["data.subset=main"], "data.subset", ["data.train"]),
    (MODEL, ["data.revision=abc"], "data.revision", ["data.train"]),
    (
        PUZZLE,
        ["train.token_budget=20"],
        "train.token_budget",
        ["rollout.max_prompt_tokens 16", "rollout.max_response_tokens 12"],
    ),
    (PUZZLE, ["train.decay_steps=20"], "train.decay_steps", ["train.schedule constant"]),
    (PUZZLE, ["train.min_ratio=0.1"], "train.min_ratio", ["train.schedule constant"]),
    (PUZZLE, ["train.schedule=cosine"], "train.decay_steps", ["train.schedule cosine"]),
    (PUZZLE, ["advantage.estimator=pass_at_k"], "advantage.k", ["advantage.estimator pass_at_k", "int > 0"]),
    (PUZZLE, ["advantage={estimator: pass_at_k, k: 4}"], "advantage.k", ["4", "rollout.samples 4"]),
    (PUZZLE, ["advantage.k=2"], "advantage.k", ["advantage.estimator arm"]),
    (PUZZLE, ["objective.aggregation=constant"], "objective.constant_length", ["objective.aggregation"]),
    (
        PUZZLE,
        ["objective={entropy_coefficient: 0.1, entropy_target: {target: 0.3}}"],
        "objective.entropy_coefficient",
        ["0.1", "objective.entropy_target", "drop one"],
    ),
    (
        PUZZLE,
        ["objective.entropy_target={target: 0.3, min: 2.0}"],
        "objective.entropy_target.min",
        ["2.0", "objective.entropy_target.max 1.0"],
    ),
    (PUZZLE, ["objective.entropy_target={}"], "objective.entropy_target.target", ["missing"]),
    (PUZZLE, ["objective.dual_clip=1.0"], "objective.dual_clip", ["> 1"]),
    (PUZZLE, ["objective={kind: gspo, dual_clip: 3.0}"], "objective.dual_clip", ["gspo", "ppo_clip has it"]),
    (
        PUZZLE,
        ["objective={kind: clip_cov, covariance_low: 6.0}"],
        "objective.covariance_low",
        ["6.0", "objective.covariance_high 5.0"],
    ),
    (PUZZLE, ["objective.constant_length=9"], "objective.constant_length", ["objective.aggregation token_mean"]),
    (PUZZLE, ["objective.reference={}"], "objective.reference", ["objective.kl", "coefficient 0"]),
    (
        PUZZLE,
        ["objective={kl: {}, reference: {policy: base}}"],
        "objective.reference.policy",
        ["policy.adapter", "want start"],
    ),
    (
        PUZZLE,
        ["objective={kl: {}, reference: {policy: base, reset_every: 3}}", "policy.adapter={}"],
        "objective.reference.reset_every",
        ["3", "objective.reference.policy base"],
    ),
    (MODEL, ["placement.tensor_parallel=2"], "placement.tensor_parallel", ["placement.gpus"]),
    (PUZZLE, ["placement={gpus: 4, tensor_parallel: 2}"], "placement.tensor_parallel", ["rollout.engine vllm"]),
    (
        MODEL,
        ["placement={gpus: 8, tensor_parallel: 8}"],
        "placement.tensor_parallel",
        ["28 attention heads", "policy.model"],
    ),
    (
        MODEL,
        ["policy.model=x/y", "placement={gpus: 4, tensor_parallel: 3}"],
        "placement.tensor_parallel",
        ["placement.gpus 4"],
    ),
    (PUZZLE, ["placement={gpus: 4, ranks: 2}"], "placement.ranks", ["placement.gpus 4"]),
    (
        PUZZLE,
        ["placement={layout: separate, gpus: 4, ranks: 4}"],
        "placement.ranks",
        ["placement.gpus 4", "placement.layout"],
    ),
    (
        MODEL,
        ["placement={layout: separate, gpus: 4, ranks: 1, tensor_parallel: 2}"],
        "placement.tensor_parallel",
        ["placement.gpus 4", "placement.ranks 1"],
    ),
    (
        PUZZLE,
        ["placement={layout: separate, gpus: 2, sleep: rollout}"],
        "placement.sleep",
        ["placement.layout separate"],
    ),
    (
        PUZZLE,
        ["train.zero_stage=0", "placement.offload_optimizer=cpu"],
        "placement.offload_optimizer",
        ["train.zero_stage"],
    ),
    (MODEL, ["placement.trainer_sleeps=true", "train.zero_stage=3"], "placement.trainer_sleeps", ["placement.gpus 0"]),
    (
        MODEL,
        ["placement={gpus: 8, trainer_sleeps: true}", "train.zero_stage=2"],
        "placement.trainer_sleeps",
        ["train.zero_stage 3, got 2"],
    ),
    (
        MODEL,
        ["placement={layout: separate, gpus: 8, ranks: 4, trainer_sleeps: true}", "train.zero_stage=3"],
        "placement.trainer_sleeps",
        ["placement.sleep is none"],
    ),
    (
        MODEL,
        ["placement={gpus: 8, offload_optimizer: cpu, trainer_sleeps: true}", "train.zero_stage=3"],
        "placement.trainer_sleeps",
        ["placement.offload_optimizer cpu"],
    ),
    (
        MODEL,
        ["placement={gpus: 8, trainer_sleeps: true}", "train.zero_stage=3", "policy.adapter={rank: 4}"],
        "placement.trainer_sleeps",
        ["policy.adapter"],
    ),
    (MODEL, ["placement.gpu_memory_gib=80"], "placement.gpu_memory_gib", ["placement.gpus is 0; drop it"]),
    (MODEL, ["placement.gpu_memory_utilization=0.5"], "placement.gpu_memory_utilization", ["placement.gpus is 0"]),
    (PUZZLE, ["placement.max_num_seqs=8"], "placement.max_num_seqs", ["no effect with rollout.engine transformers"]),
    (
        MODEL,
        ["placement={max_num_seqs: 64, max_num_batched_tokens: 32}"],
        "placement.max_num_batched_tokens",
        ["placement.max_num_seqs 64", "raise it, or lower that"],
    ),
    (PUZZLE, ["placement.ranks=17"], "placement.ranks", ["rollout.prompts 4", "rollout.samples 4"]),
    (PUZZLE, ["evaluate.suites=[heldout, heldout]"], "evaluate.suites", ["twice; name each once"]),
    (
        PUZZLE,
        ["data.heldout=0", "evaluate.suites=[heldout]"],
        "evaluate.suites",
        ["data.heldout", "; raise it, or name"],
    ),
    (PUZZLE, ["evaluate.samples=8"], "evaluate.samples", ["raise it, or shorten evaluate.ks"]),
    (PUZZLE, ["evaluate.temperature=0"], "evaluate.temperature", ["evaluate.samples", "same response"]),
    (
        PUZZLE,
        ["evaluate.max_response_tokens=9999"],
        "evaluate.max_response_tokens",
        ["rollout.max_prompt_tokens", "window"],
    ),
    (
        PUZZLE,
        ["evaluate={suites: [heldout], problems: 9}"],
        "evaluate.problems",
        ["data.heldout 8; lower it, or raise that"],
    ),
    (PUZZLE, ["schedule.nightly_eval=daily"], "schedule.nightly_eval", ["five cron fields"]),
    (PUZZLE, ["schedule.timezone=Mars/Olympus"], "schedule.timezone", ["IANA"]),
]


@pytest.mark.parametrize(("base", "overrides", "key", "names"), RULES, ids=[" ".join(rule[1]) for rule in RULES])
def test_a_rule_that_joins_keys_names_them_both(
    problems: Lines, base: str, overrides: list[str], key: str, names: list[str]
) -> None:
    (line,) = problems(base, overrides)
    assert line.startswith(f"{key}: ")
    for name in names:
        assert name in line


@pytest.mark.parametrize(
    ("base", "overrides"),
    [
        (MODEL, ["placement={gpus: 8, tensor_parallel: 2}", "train.zero_stage=3", "placement.offload_optimizer=cpu"]),
        (MODEL, ["placement={layout: separate, gpus: 8, ranks: 4, tensor_parallel: 4}"]),
        (MODEL, ["placement={gpus: 8, trainer_sleeps: true}", "train.zero_stage=3"]),
        (PUZZLE, ["train.schedule=linear", "train.decay_steps=100", "train.min_ratio=0.1"]),
        (PUZZLE, ["objective.aggregation=constant", "objective.constant_length=12"]),
        (PUZZLE, ["advantage={estimator: pass_at_k, k: 3}", "objective={kind: cispo, clip_high: 4.0}"]),
        (PUZZLE, ["objective={kl: {}, reference: {reset_every: 3}}"]),
        (PUZZLE, ["objective={use: tests/specs/own_code.py:Objective, reference: {}}"]),
        (PUZZLE, ["policy.dtype=float32", "placement.ranks=2"]),
        (PUZZLE, ["evaluate.samples=8", "evaluate.ks=[1, 8]"]),
        (PUZZLE, ["policy={init: {run: tiny/0123abcd, iteration: 3}}"]),
        (PUZZLE, ["schedule={nightly_eval: '0 2 * * *', timezone: Europe/Zurich}"]),
    ],
)
def test_sound_specs_pass(write: Write, base: str, overrides: list[str]) -> None:
    assert isinstance(load_spec(write(base), overrides, {}).spec, Spec)


def test_several_broken_rules_are_reported_together_with_bad_overrides(problems: Lines) -> None:
    lines = problems(PUZZLE, ["rollout.samples=1", "evaluate.samples=4", "rollout.smples=3"])
    assert [line.partition(":")[0] for line in lines] == ["rollout.smples", "rollout.samples", "evaluate.samples"]
    assert lines[1].endswith("(--set rollout.samples=1)")


def test_ranks_follow_the_gpus_when_colocated(write: Write) -> None:
    path = write(MODEL)
    assert load_spec(path, ["placement.gpus=8"], {}).spec.placement.ranks == 8
    assert load_spec(path, (), {}).spec.placement.ranks == 1
    separate = load_spec(path, ["placement={layout: separate, gpus: 2}"], {}).spec.placement
    assert (separate.ranks, separate.sleep) == (1, "none")


def test_clips_follow_the_objective(write: Write) -> None:
    path = write(PUZZLE)
    for kind, clips in (
        ("ppo_clip", (0.2, 0.28)),
        ("gspo", (3e-4, 4e-4)),
        ("cispo", (None, 0.28)),
        ("clip_cov", (1.0, 1.0)),
    ):
        objective = load_spec(path, [f"objective.kind={kind}"], {}).spec.objective
        assert (getattr(objective, "clip_low", None), objective.clip_high) == clips
    given_one = load_spec(path, ["objective={kind: gspo, clip_high: 1e-3}"], {}).spec.objective
    assert (given_one.clip_low, given_one.clip_high) == (3e-4, 1e-3)
