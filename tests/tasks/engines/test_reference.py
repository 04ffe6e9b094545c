"""Steps that read a reference policy: a replay of them is the same bit by bit, wherever the reference comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tasks.engines.conftest import Copy
from tests.tasks.engines.test_policies import expected, held, stored
from tests.tasks.small_run import iterate, opened

#: Weights after 0, 2, 3 and 4; iterations 0 and 1 read the policy at the start, 2 and 3 the one after 2.
KL = (
    "train.iterations=4",
    "checkpoint.every=3",
    "objective={kl: {coefficient: 0.5}, reference: {reset_every: 2}}",
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "store"
    with opened(folder, *KL) as run:
        iterate(run, 4)
        assert run.policies.replayed == 0
        rows = [run.session.require("train", run.experiment.lineage(k + 1)).result["metrics"] for k in range(4)]
        distances = [row["reference_kl"] for row in rows]
        assert distances[1] > 0 and distances[3] > 0 and all(row["forward_calls"] == 4 for row in rows), rows
    return folder


@pytest.mark.parametrize(
    ("lost", "replayed"),
    [
        pytest.param((2, 4), 3, id="the reference is replayed, and then the policy comes back"),
        pytest.param((4,), 1, id="from the store", marks=pytest.mark.slow),
        pytest.param((3, 4), 2, id="from the trainer, which begins with it", marks=pytest.mark.slow),
        pytest.param((2, 3, 4), 4, id="from the trainer, which comes by it", marks=pytest.mark.slow),
    ],
)
def test_a_replay_is_the_same_wherever_its_reference_comes_from(
    lost: tuple[int, ...], replayed: int, copy: Copy, tmp_path: Path
) -> None:
    with opened(copy(), *KL) as run:
        wanted = {k: expected(stored(run, k)) for k in (2, 4)}
        for k in lost:
            run.store.drop("policy", run.experiment.lineage(k))
        run.policies.on_trainer(run.experiment.lineage(4))
        assert run.policies.replayed == replayed
        assert held(run, tmp_path / "held") == wanted[4] != wanted[2]
        assert expected(stored(run, 2)) == wanted[2], "a reference stays in the store, or is saved again"
