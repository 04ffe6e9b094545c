"""The graph: each step stands behind all that it takes from, references lead to everything that a step needs, and keys
are frozen.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.graph.cells import all_steps, shared_steps
from tasks.graph.experiment import Experiment
from tasks.graph.node import Node, stages_of
from tasks.report.figures import STAGES
from tests.flows.runs import TINY

KEYS = Path(__file__).with_name("keys.json")
CASES: dict[str, tuple[str, ...]] = {
    "arm": (),
    "cold": ("warm_start=null",),
    "control": ("advantage.estimator=grpo",),
    "gspo": ("objective.kind=gspo", "evaluate.temperature=0.6"),
    "kl": ("objective={kl: {}, reference: {reset_every: 2}}",),
    "shards": ("rollout.problems=20", "rollout.shard_prompts=2", "evaluate.every=1", "checkpoint.every=1"),
}


def experiment(*overrides: str) -> Experiment:
    settings = [*TINY, "control=null", *overrides]
    return Experiment(load_spec(ROOT / "specs" / "quickstart.yaml", settings, environ={}).spec, download=False)


def nodes(*overrides: str) -> list[Node]:
    return list(experiment(*overrides).steps())


@pytest.mark.parametrize("overrides", CASES.values(), ids=CASES)
def test_every_step_comes_after_the_steps_that_it_takes_from(overrides: tuple[str, ...]) -> None:
    seen: set[str] = set()
    for node in nodes(*overrides):
        assert {each for each in node.takes if not each.startswith("samples/")} <= seen, node.label
        seen.add(node.step.reference)


def test_steps_are_numbered_as_the_loop_runs_them() -> None:
    found = [(node.stage, node.iteration, node.shard) for node in nodes("rollout.shard_prompts=4")]
    assert found[:4] == [
        ("data", None, None),
        ("contamination", None, None),
        ("start", None, None),
        ("evaluate", 0, None),
    ]
    iteration = [("rollout", 1, 0), ("rollout", 1, 1), ("reward", 1, None), ("train", 1, None), ("checkpoint", 2, None)]
    assert iteration == [row for row in found if row[1] == 1 and row[0] != "checkpoint"] + [("checkpoint", 2, None)]
    assert [row for row in found if row[0] == "checkpoint"] == [("checkpoint", 2, None), ("checkpoint", 3, None)]
    assert found[-1] == ("evaluate", 3, None)


def test_roots_name_each_step_and_each_policy_once() -> None:
    it = experiment("evaluate.every=1")
    roots = it.roots()
    assert len(roots) == len(set(roots))
    assert {node.step.reference for node in it.steps()} <= set(roots)
    assert {f"policy/{it.lineage(k)}" for k in range(4)} <= set(roots)
    assert sum(each.startswith("samples/") for each in roots) == 4


def test_keys_are_frozen() -> None:
    """A refactoring moves no key. Where a change is meant, delete keys.json and run this test twice."""
    now = {name: [f"{n.stage} {n.place}: {n.step.key}" for n in nodes(*more)] for name, more in CASES.items()}
    if not KEYS.exists():
        KEYS.write_text(json.dumps(now, indent=1) + "\n")
        pytest.fail("keys.json was not there and is written now")
    assert now == json.loads(KEYS.read_text())


def test_thinking_is_in_the_keys_of_verdicts_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = experiment()
    part = {"thinking": {"opened": "<think>"}}
    monkeypatch.setattr("tasks.graph.experiment.thinking_key_part", lambda tokenizer, form: part)
    thinks = experiment()
    assert thinks.data.key == plain.data.key and thinks.rollouts(0) == plain.rollouts(0)
    assert thinks.reward(0).inputs == {**plain.reward(0).inputs, **part}
    one, other = thinks.evaluation(0, "heldout"), plain.evaluation(0, "heldout")
    assert one.inputs == {**other.inputs, **part}
    assert thinks.sample_set(one) == plain.sample_set(other), "nothing is sampled again"


def test_variants_of_a_seed_share_the_steps_before_training() -> None:
    one, other = experiment(), experiment("advantage.alpha=0.3")
    shared = {step.key for step in shared_steps([one])}
    assert shared == {step.key for step in shared_steps([other])}
    assert {step.key for step in all_steps([one])} & {step.key for step in all_steps([other])} == shared


def test_a_report_draws_the_seconds_of_stages_by_their_names_in_the_graph() -> None:
    assert {stage for _, stage, _ in STAGES} <= {*stages_of(nodes())}


def reward_key(*overrides: str) -> str:
    return experiment(*overrides).reward(0).key


def test_verdicts_with_the_verifiers_score_beside_another_outcome_have_a_key_of_their_own() -> None:
    """They hold one score more, by its name: found in the place of the others, it would be missing in training."""
    alone = ("reward.terms.good.use=format", "reward.outcome=good")
    beside = (*alone, "reward.terms.puzzle.use=graph_colouring")
    renamed = (*alone, "reward.terms.other.use=graph_colouring")
    assert len({reward_key(*each) for each in (alone, beside, renamed)}) == 3
    assert reward_key(*beside) == reward_key(*beside, "reward.terms.puzzle.weight=0.0")


def test_a_verifier_that_is_not_asked_is_in_no_key(tmp_path: Path) -> None:
    (tmp_path / "rows.py").write_text(
        "def rows():\n    for n in range(30):\n        yield {'prompt': f'{n} + 1 =', 'answer': str(n + 1)}\n"
    )
    rows = (f"data.train={tmp_path}/rows.py:rows", "data.verifier=math", "warm_start=null", "data.heldout=4")
    outcome, slower = ("reward.terms.good.use=format", "reward.outcome=good"), "reward.math.deadline_s=9.0"
    before, after = experiment(*rows, *outcome), experiment(*rows, *outcome, slower)
    assert before.reward(0).key == after.reward(0).key
    assert before.evaluation(0, "heldout").key == after.evaluation(0, "heldout").key
    beside = (*rows, *outcome, "reward.terms.correct.use=math")
    assert reward_key(*beside) != reward_key(*beside, slower)
    assert reward_key(*rows) != reward_key(*rows, slower)
