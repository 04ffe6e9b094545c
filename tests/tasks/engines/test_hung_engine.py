"""Training ranks and a rollout engine that hang are found at the deadline of the spec and replaced, and the run makes
what it would have made.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.errors import EngineError
from infra.resident import Resident
from tasks.stage import value
from tasks.stages import data, remake_start, reward, rollout, train
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
    with opened(tmp_path / "store", f"placement.deadline_s={DEADLINE_S}", "warm_start.steps=5") as run:
        value(data.plain(run))
        remake_start(run)
        first = run.experiment.lineage(0)
        run.policies.on_rollout(first)
        hangs(run.policies.rollout._processes, lambda: rollout.plain(run, 0), "rollout engine: generate")
        assert run.policies.rollout.state is None
        assert len(value(rollout.plain(run, 0))) == 2
        value(reward.plain(run, 0))
        run.policies.on_trainer(first)
        hangs(run.policies.trainer._processes, lambda: train.plain(run, 0), "trainer: train")
        assert run.policies.trainer.state is None
        assert value(train.plain(run, 0)).key == run.experiment.lineage(1)
        assert run.policies.trainer.state == run.experiment.lineage(1)
