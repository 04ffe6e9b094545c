"""A fork and its control as a user starts them: one command each, from a file that extends the source's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.flows.runs import NAME, TINY, Finished, Run, clean_environment, settings
from tests.flows.test_errors import Refused, logger_kept, refused
from tests.flows.test_run import ended_well, front_door, manifests, record, records

__all__ = ["front_door", "logger_kept", "refused"]  # fixtures

MORE, CONTROL = f"{NAME}-more", f"{NAME}-more-grpo"
SPEC = """\
extends: {base}
name: {name}
control: {control}
policy: {{init: {{run: {run}, iteration: {iteration}}}, dtype: float32}}
warm_start: null
advantage: {{alpha: 0.3}}
"""
SETTINGS = settings(
    *(each for each in TINY if not each.startswith(("warm_start.", "train.iterations"))), "train.iterations=2"
)


def write(folder: Path, run: str, iteration: int = 2) -> str:
    """The fork's file and its control's; the path of the first."""
    base = ROOT / "specs" / "quickstart.yaml"
    (folder / "more.yaml").write_text(
        SPEC.format(base=base, name=MORE, control="more-grpo.yaml", run=run, iteration=iteration)
    )
    (folder / "more-grpo.yaml").write_text(
        f"extends: more.yaml\nname: {CONTROL}\ncontrol: null\nadvantage: {{estimator: grpo}}\n"
    )
    return str(folder / "more.yaml")


@pytest.mark.slow
@pytest.mark.turn
def test_the_plan_of_a_fork(finished: Finished, front_door: Any, tmp_path: Path) -> None:
    source = record(finished.store)
    spec = write(tmp_path, source["run"])
    before = sorted(path for path in finished.folder.rglob("*"))
    out = front_door(spec, *SETTINGS, *settings(f"store={finished.store.uri}"), "--plan")
    assert (
        out.count(f"goes on from run {source['run']} after 2 iterations (policy {source['lineages'][2][:12]})") == 2
    ), "the control too"
    for stage in ("data", "start"):
        assert [line.split()[1:4] for line in out.splitlines() if line.split()[:1] == [stage]] == [
            ["1", "1", "0"]
        ] * 2, stage
    assert "426,112 parameters" in out or "parameters, float32" in out
    assert before == sorted(path for path in finished.folder.rglob("*")), "a plan writes nothing, no pin either"


@pytest.mark.slow
@pytest.mark.turn
def test_a_control_that_does_not_go_on_from_the_same_policy(
    finished: Finished, refused: Refused, tmp_path: Path
) -> None:
    spec = write(tmp_path, record(finished.store)["run"])
    (tmp_path / "more-grpo.yaml").write_text(f"extends: {ROOT / 'specs' / 'quickstart-grpo.yaml'}\nname: {CONTROL}\n")
    line = refused(spec, *SETTINGS, *settings(f"store={finished.store.uri}"))
    assert "more-grpo.yaml differs in policy, warm_start or seed" in line


@pytest.mark.slow
@pytest.mark.turn
def test_a_fork_of_what_is_not_kept(finished: Finished, refused: Refused, tmp_path: Path) -> None:
    line = refused(
        write(tmp_path, record(finished.store)["run"], iteration=1), *SETTINGS, *settings(f"store={finished.store.uri}")
    )
    assert "after 1 iterations are not in" in line and "those after 0, 2, 3" in line


@pytest.mark.proof()
def test_a_fork_and_its_control_run_and_are_found_again(
    finished: Finished, run: Run, front_door: Any, tmp_path: Path
) -> None:
    store = finished.copy(tmp_path / "store")
    source = record(store)
    before = manifests(store)
    spec, where = write(tmp_path, source["run"]), settings(f"store={store.uri}")
    out = ended_well(run(spec, *SETTINGS, *where, env=clean_environment()))
    assert (
        f"goes on from run {source['run']} after 2 iterations" in out
        and "iteration 2/2" in out
        and "warm start" not in out
    )
    fork, control = record(store, MORE), record(store, CONTROL)
    wanted = {"run": source["run"], "iteration": 2, "lineage": source["lineages"][2]}
    assert (
        fork["fork"] == control["fork"] == wanted
        and fork["lineages"][0] == control["lineages"][0] == source["lineages"][2]
    )
    new = sorted(name.partition("/")[0] for name in set(manifests(store)) - set(before))
    assert "data" not in new and new.count("train") == 4
    assert new.count("policy") == 2, "the ends of both; no copy of where they began"
    assert new.count("rollout") == 6 and new.count("verdict") == 3, "the first rollouts are shared by the two"
    pins = sorted(store.files.list(f"pins/{source['lineages'][2]}"))
    assert pins == sorted(f"{each['run'].replace('/', '-')}.json" for each in (fork, control))
    report = store.files.read(f"runs/{fork['run']}/report.html").decode()
    assert f"{source['run']} after 2 iterations (policy {source['lineages'][2][:12]})" in report

    assert len(records(store)) == 4 and len(front_door("ls", "--store", store.uri).splitlines()) == 4
    status = front_door("status", MORE, "--store", store.uri)
    assert (
        "2 of 2 iterations are in the store" in status
        and f"went on from run {source['run']} after 2 iterations" in status
    )
    assert "after 2 iterations" in front_door("export", MORE, str(tmp_path / "model"), "--store", store.uri)
    config = json.loads((tmp_path / "model" / "config.json").read_text())
    assert config["vocab_size"] == len(
        json.loads((tmp_path / "model" / "tokenizer.json").read_text())["model"]["vocab"]
    )

    made = set(manifests(store))
    assert "nothing to do: all" in ended_well(run(spec, *SETTINGS, *where, env=clean_environment()))
    assert set(manifests(Store(store.uri))) == made
