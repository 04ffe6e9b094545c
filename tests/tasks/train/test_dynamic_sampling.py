"""Dynamic sampling: which groups are trained, and that a step on them is the step on a batch of them alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.checkpoint.weights import POLICY_STAGE
from tasks.train.batch import GroupBatch
from tasks.train.dynamic_sampling import selected
from tests.tasks.small_run import iterate, opened

SCORES = st.lists(st.sampled_from([0.0, 0.4, 1.0, None]), min_size=2, max_size=2)


def batch(scores: list[list[float | None]]) -> GroupBatch:
    each = range(len(scores))
    return GroupBatch(
        problem_ids=[f"p{g}" for g in each],
        prompt_ids=[(g,) for g in each],
        content=[(0,) for _ in each],
        response_ids=[[(g, s) for s in range(2)] for g in each],
        engine_log_probs=[[(0.0, 0.0)] * 2 for _ in each],
        scores=scores,
    )


def test_the_first_mixed_groups_are_taken_in_the_order_of_the_draw() -> None:
    found = selected(batch([[0, 0], [0, 1], [1, 1], [1, None], [0.4, 1.0], [1, 0]]), 2, 1.0)
    assert found.batch.problem_ids == ["p1", "p4"] and found.batch.response_ids[1] == [(4, 0), (4, 1)]
    assert found.drawn == {
        "reward_mean": pytest.approx(6.4 / 11),
        "all_correct_share": 2 / 6,
        "all_wrong_share": 1 / 6,
        "mixed_groups": 3.0,
        "trained_groups": 2.0,
    }
    assert selected(batch([[0, 0.4], [0, 1]]), 2, 0.4).batch.problem_ids == ["p0", "p1"], "by correct_at"
    assert selected(batch([[None, None]]), 2, 1.0).drawn["reward_mean"] is None


@given(st.lists(SCORES, min_size=1, max_size=8), st.integers(1, 8))
def test_whatever_was_drawn(scores: list[list[float | None]], prompts: int) -> None:
    found = selected(batch(scores), prompts, 1.0)
    names = list(found.batch.problem_ids)
    assert 1 <= len(names) <= prompts and names == sorted(names)
    mixed = {f"p{g}" for g, row in enumerate(scores) if 1.0 in row and any(s is not None and s < 1 for s in row)}
    assert set(names) <= mixed if mixed else names == [f"p{g}" for g in range(len(names))]
    assert len(names) == min(prompts, len(mixed) or len(scores))


@pytest.mark.slow()
def test_a_run_trains_fewer_groups_on_several_ranks_and_is_replayed_bit_for_bit(tmp_path: Path) -> None:
    """Real engines: a batch with fewer groups than ranks need, repeated from the store by other ranks."""
    settings = ("rollout.oversample=2", "train.iterations=2", "checkpoint.every=1", "placement.ranks=2")
    with opened(tmp_path / "store", *settings) as run:
        iterate(run, 2)
        lineages = [run.experiment.lineage(k) for k in range(3)]
        policy = run.session.require(POLICY_STAGE, lineages[2])
        steps = [run.session.require("train", lineage).result["metrics"] for lineage in lineages[1:]]
    assert all(1 <= step["trained_groups"] <= 4 and step["mixed_groups"] <= 8 for step in steps)
    with opened(tmp_path / "store", *settings) as run:
        run.store.drop(POLICY_STAGE, lineages[2])
        if (saved := run.checkpoints.save(2)) is not None:
            run.checkpoints.commit(saved, 2)
        assert run.session.require(POLICY_STAGE, lineages[2]).files == policy.files and run.policies.replayed == 1
