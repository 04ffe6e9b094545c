"""What a living flow has found or made is named by a record from the beginning, so that gc leaves it alone.

The flows are stopped where their first policy would be made. Steps run without Prefect.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import arm_cell, arm_train, compare
from infra.gc import survey
from infra.store import Store
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.study import load_study
from tasks import stages
from tasks.engines.engines import Engines
from tasks.run.named_policies import NamedPolicy
from tests.tasks.test_stand_in_run import QUICK


class Stopped(Exception):
    """Where the first policy would be made."""


def begin_run(folder: Path) -> None:
    loaded = load_spec(ROOT / "specs" / "quickstart.yaml", [*QUICK, f"store={folder}"], environ={})
    arm_train.run_experiments([loaded], replay=False)


def begin_cell(folder: Path) -> None:
    value = {
        "name": "gc-test",
        "base": str(ROOT / "specs" / "quickstart.yaml"),
        "results": str(folder.with_name("results")),
        "set": {
            "data.train": "puzzle:graph_colouring?vertices=4&count=40",
            "data.heldout": 4,
            "rollout.max_prompt_tokens": 64,
        },
        "settings": {"fresh": {"label": "fresh"}},
        "seeds": [1],
        "control": "grpo",
        "variants": {"grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}}, "arm": {"label": "ARM"}},
        "temperatures": [1.0, 0.6],
    }
    (folder.parent / "study.yaml").write_text(yaml.safe_dump(value))
    loaded = load_study(folder.parent / "study.yaml", environ={"ARMATURE_STORE": str(folder)})
    planned = loaded.cells[0]
    arm_cell.run_cell(loaded.study, planned, Engines(planned.loaded.spec), lambda: None)


def begin_comparison(folder: Path) -> None:
    loaded = load_spec(ROOT / "specs" / "quickstart.yaml", [*QUICK, f"store={folder}"], environ={})
    policies = [NamedPolicy(label, loaded.spec) for label in ("one", "other")]
    compare._compare(policies, loaded, Store(loaded.spec.store))


@pytest.mark.parametrize("begin", [begin_run, begin_cell, begin_comparison])
def test_gc_takes_nothing_of_what_a_flow_has_begun(
    begin: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, looks = tmp_path / "store", []

    def looked(stage: Callable[..., Any]) -> Callable[..., Any]:
        def call(run: Any, *place: Any) -> Any:
            made = stage(run, *place)
            looks.append([each.name for each in survey(run.store.files, float("inf"))])
            return made

        return call

    def stop(run: Any) -> None:
        stages.suite_steps(run, "heldout")
        raise Stopped

    monkeypatch.setattr("infra.paths.HOME", tmp_path / "home")
    monkeypatch.setattr(stages, "contamination", looked(stages.contamination.plain))
    monkeypatch.setattr(stages, "data", looked(stages.data.plain))
    for module in (arm_train, arm_cell, compare):
        monkeypatch.setattr(module, "start", stop)
    with pytest.raises(Stopped):
        begin(folder)
    assert looks and not any(looks), "while it lives"
    assert survey(Store(folder.as_uri()).files, float("inf")) == [], "and once it was stopped: it goes on from there"
