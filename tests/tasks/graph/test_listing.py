"""What a plan calls drawn is what an evaluation would not draw."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.evaluate.samples import Sample, SampleSet
from tasks.graph.experiment import Experiment
from tasks.graph.listing import Listing
from tasks.records import FinishReason
from tests.flows.runs import TINY

HELDOUT = 8  # of TINY


@pytest.mark.parametrize(
    ("problems", "samples", "stored", "drawn"),
    [
        (None, 2, [(8, 2)], True),
        (None, 2, [(8, 3)], True),
        (None, 2, [(8, 1)], False),
        (None, 2, [], False),
        (None, 2, [(7, 2)], False),
        (4, 2, [(4, 2)], True),
        (4, 2, [(8, 2)], True),
        (4, 4, [(8, 2)], False),  # as many samples as are wanted, and not those
        (8, 1, [(4, 2)], False),
        (4, 4, [(8, 2), (4, 4)], True),
    ],
)
def test_drawn_is_when_no_sample_is_missing(
    tmp_path: Path, problems: int | None, samples: int, stored: list[tuple[int, int]], drawn: bool
) -> None:
    store = Store((tmp_path / "store").as_uri())
    overrides = [*TINY, "control=null", f"evaluate.samples={samples}", "evaluate.ks=[1]", f"store={store.uri}"]
    overrides += [f"evaluate.problems={problems}"] if problems else []
    experiment = Experiment(load_spec(ROOT / "specs" / "quickstart.yaml", overrides, environ={}).spec)
    store.commit(experiment.data, {"x": b"x"}, kind="rows", result={"heldout": {"problems": HELDOUT}})
    step = experiment.evaluation(0, "heldout")
    into = SampleSet(store.files, experiment.sample_set(step))
    for many, each in stored:
        into.append(
            [Sample(f"p/{p}", s, (1,), (-1.0,), FinishReason.STOP, None, 0) for p in range(many) for s in range(each)]
        )
    assert Listing(store, experiment).drawn(step) is drawn
