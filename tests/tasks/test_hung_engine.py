"""Training ranks and a rollout engine that hang are found at the deadline of the spec and replaced, and the run makes what it would have made."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.errors import EngineError
from infra.resident import Resident
from infra.steps import value
from tasks.data.task import data
from tasks.reward.task import judge
from tasks.rollout.task import rollout
from tasks.train.task import start, train
from tests.tasks.small_run import opened

DEADLINE_S = 10


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def hangs(engine: Resident | None, stage: Callable[[], object], what: str) -> None:
    """The stage fails at its deadline, because its engine is stopped; nothing of that engine is left."""
    assert engine is not None
    pids = [engine._process.pid, *engine.pids]
    os.kill(engine.pids[0], signal.SIGSTOP)
    with pytest.raises(
        EngineError, match=rf"{what} took longer than {DEADLINE_S} s; its stacks are in (\S+);"
    ) as caught:
        stage()
    stacks = Path(str(caught.value).partition("its stacks are in ")[2].partition(";")[0])
    assert "state stopped" in stacks.read_text() and "in serve" in stacks.read_text()
    assert all(gone(pid) for pid in pids)


@pytest.mark.slow
@pytest.mark.turn
def test_both_engines_are_replaced(tmp_path: Path) -> None:
    with opened(tmp_path / "store", f"placement.deadline_s={DEADLINE_S}", "warm_start.steps=5") as context:
        value(data.fn(context))
        value(start.fn(context))
        first = context.experiment.lineage(0)
        context.engine_for(first)
        hangs(context.roller._child, lambda: rollout.fn(context, 0), "rollout engine: generate")
        assert context.roller.state is None
        assert len(value(rollout.fn(context, 0))) == 2
        value(judge.fn(context, 0))
        context.trainer_for(first)
        hangs(context.trainer._ranks, lambda: train.fn(context, 0), "trainer: train")
        assert context.trainer.state is None
        assert value(train.fn(context, 0)).key == context.experiment.lineage(1)
        assert context.trainer.state == context.experiment.lineage(1)
