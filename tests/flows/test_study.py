"""A study as a user runs it: real engines, two cells at a time, a real Prefect server."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from infra.gc import survey
from infra.paths import HOME, local_views
from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.study.cells import Cell, write_cell
from tests.flows.runs import NAME, TINY, Server, kill_tree, tree
from tests.tasks.study.tools import read_cells

pytestmark = pytest.mark.timeout(900)


class Place:
    """A study file, its results, and a store."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self.server, self.file = folder, server, folder / "study.yaml"
        self.results, self.store = folder / "results", Store((folder / "store").as_uri())
        self.value: dict[str, Any] = {
            "name": NAME,
            "base": str(ROOT / "specs" / "quickstart.yaml"),
            "results": str(self.results),
            "set": {
                **{key: yaml.safe_load(text) for key, _, text in (each.partition("=") for each in TINY)},
                "train.iterations": 2,
                "evaluate.every": 1,
            },
            "settings": {"fresh": {"label": "fresh"}},
            "variants": {"grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}}, "arm": {"label": "ARM"}},
            "seeds": [1, 2],
            "control": "grpo",
            "comparisons": [["arm", "grpo"]],
            "temperatures": [1.0, 0.6],
            "side_by_side": 2,
        }

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        self.file.write_text(yaml.safe_dump(self.value, sort_keys=False))
        environment = {**self.server.environment, "ARMATURE_STORE": self.store.uri}
        command = [sys.executable, "-m", "flows.arm_study", str(self.file), *arguments]
        return subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, *arguments: str, status: int = 0) -> str:
        process = self.start(*arguments)
        try:
            out, _ = process.communicate(timeout=600)
        except BaseException:
            kill_tree(process)
            raise
        assert process.returncode == status, out
        return out

    def cells(self) -> dict[tuple[str, str, int], Cell]:
        return {cell.name: cell for cell in read_cells(self.results)}


def numbers(cell: Cell) -> Cell:
    """A cell without what depends on when and where it ran."""
    return replace(cell, seconds=0.0, steps_made=0, steps_found=0, seconds_made=0.0, seconds_found=0.0, host={})


@pytest.fixture(scope="module")
def place(prefect_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """After a first run of four cells."""
    made = Place(tmp_path_factory.mktemp("study"), prefect_server)
    made.output = made.run()  # type: ignore[attr-defined]
    yield made
    shutil.rmtree(HOME / "studies" / NAME, ignore_errors=True)
    shutil.rmtree(local_views(made.store.uri), ignore_errors=True)


@pytest.mark.slow
def test_every_cell_has_its_numbers_and_what_a_seeds_variants_share_is_made_once(place: Place) -> None:
    cells = place.cells()
    assert set(cells) == {("fresh", variant, seed) for variant in ("grpo", "arm") for seed in (1, 2)}
    for cell in cells.values():
        assert [(point.temperature, point.iteration) for point in cell.points] == [
            (t, k) for t in (1.0, 0.6) for k in range(3)
        ]
        assert all(len(point.correct) == cell.questions[0] == 8 and set(point.judged) == {4} for point in cell.points)
        assert len(cell.dynamics["entropy"]) == 2 and cell.tokens > 0
    for seed in (1, 2):
        grpo, arm = cells["fresh", "grpo", seed], cells["fresh", "arm", seed]
        assert grpo.start == arm.start and grpo.at(0, 1.0) == arm.at(0, 1.0) and grpo.at(0, 0.6) == arm.at(0, 0.6)
        assert grpo.dynamics["reward_mean"][0] == arm.dynamics["reward_mean"][0] and set(
            arm.dynamics["bonus_abs_mean"]
        ) != {0.0}
        assert sum(cell.steps_found == 8 for cell in (grpo, arm)) == 1, (
            "one of the two found the whole beginning: data to first verdicts"
        )
    assert cells["fresh", "arm", 1].start != cells["fresh", "arm", 2].start
    starts = [
        key
        for key in place.store.files.list("steps/policy")
        if (manifest := place.store.find("policy", key)) and manifest.inputs.get("part")
    ]
    assert len(starts) == 2


@pytest.mark.slow
def test_the_report_lies_in_the_store_and_the_cells_are_flow_runs_below_the_study(place: Place) -> None:
    report = place.store.files.read(f"studies/{NAME}/report.html").decode()
    assert all(cell.run in report for cell in place.cells().values())
    with httpx.Client(base_url=place.server.api, timeout=60) as client:
        (study,) = client.post("/flow_runs/filter", json={"flows": {"name": {"any_": ["arm-study"]}}}).json()
        below = {"flow_runs": {"parent_flow_run_id": {"any_": [study["id"]]}}}
        names = {run["name"] for run in client.post("/flow_runs/filter", json=below).json()}
    assert names == {f"fresh / {variant} / seed {seed}" for variant in ("grpo", "arm") for seed in (1, 2)}


@pytest.mark.slow
def test_evaluations_at_every_temperature_are_spared_by_gc(place: Place) -> None:
    later = time.time() + 3600
    artifacts = {point.artifact for cell in place.cells().values() for point in cell.points}
    swept = {each.name.rpartition("/")[2] for each in survey(place.store.files, later)}
    assert len(artifacts) == 2 * 2 * 2 * 2 + 2 * 2 and not artifacts & swept


@pytest.mark.slow
@pytest.mark.turn
def test_again_nothing_runs_and_what_is_added_runs_alone(place: Place, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in place.results.glob("*/*.json")}
    assert "0 run" in place.run()
    place.value["variants"]["arm-0.3"] = {"label": "ARM 0.3", "set": {"advantage.alpha": 0.3}, "seeds": [1]}
    place.value["variants"]["grpo"]["seeds"] = [1, 2, 3]
    altered = place.cells()["fresh", "arm", 2]
    write_cell(place.results, replace(altered, key="of an older version"))
    plan = place.run("--plan")
    assert "fresh / arm / seed 2: runs: it has a result of other settings" in plan and plan.count(": runs: ") == 3
    assert f"0 have results in .armature/studies/{NAME}-" in place.run("--plan", "--set", "train.iterations=1"), (
        "what is tried for once lies apart"
    )
    assert "6 cells, 3 have results, 3 run" in place.run("--side-by-side", "1")
    assert numbers(place.cells()["fresh", "arm", 2]) == numbers(altered), "made again from the store"
    unchanged = {path: data for path, data in before.items() if path.name != "arm.2.json"}
    assert {path: path.read_bytes() for path in unchanged} == unchanged


@pytest.mark.proof
def test_a_cell_that_fails_is_named_and_costs_no_other(place: Place) -> None:
    place.value["variants"]["broken"] = {"label": "broken", "set": {"train.learning_rate": 1e30}, "seeds": [1]}
    place.value["variants"]["arm-0.1"] = {"label": "ARM 0.1", "set": {"advantage.alpha": 0.1}, "seeds": [1]}
    out = place.run(status=1)
    assert "fresh / broken / seed 1 failed: TrainingError" in out
    assert out.splitlines()[-1].startswith("error: fresh / broken / seed 1 failed:") and "Traceback" not in out
    assert ("fresh", "arm-0.1", 1) in place.cells() and ("fresh", "broken", 1) not in place.cells()


@pytest.mark.proof
def test_a_study_that_is_stopped_goes_on_and_ends_with_the_same_numbers(
    place: Place, prefect_server: Server, tmp_path: Path
) -> None:
    other = Place(tmp_path, prefect_server)
    other.value["seeds"] = [1]
    for stop in (signal.SIGTERM, signal.SIGKILL):
        process = other.start()
        them = []
        while len(other.store.files.list("steps/train")) < (1 if stop == signal.SIGTERM else 3):
            assert process.poll() is None and len(list(other.results.glob("*/*.json"))) < 2
            time.sleep(0.02)
            them = tree(process)
        process.send_signal(stop)
        out, _ = process.communicate(timeout=200)
        assert process.returncode != 0
        end = time.monotonic() + 200
        while time.monotonic() < end and any(each.is_running() for each in them):
            time.sleep(0.1)
        assert not [each for each in them if each.is_running()], out
        if stop == signal.SIGTERM:
            assert "stopped by SIGTERM; results and finished steps are kept" in out
    other.run()
    found, wanted = other.cells(), place.cells()
    assert {name: numbers(cell) for name, cell in found.items()} == {
        name: numbers(wanted[name]) for name in found
    } and len(found) == 2
