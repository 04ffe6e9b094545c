"""Which results a study takes, which cells it runs again, and what ends it.

Cells are simulated here; real ones run in test_study.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows import arm_study
from infra.errors import StoreError
from infra.lease import RunHeldError
from infra.paths import local_views
from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT
from specs.study import LoadedStudy, PlannedCell, load_study
from tasks.errors import DataError, StudyError, TrainingError
from tasks.graph.cells import cell_key
from tasks.run import study_results
from tasks.study.cells import Cell, write_cell
from tasks.study.launches import read_launches
from tests.tasks.study.simulated import cells

Load = Callable[..., LoadedStudy]


@pytest.fixture
def study(tmp_path: Path) -> Load:
    def load(**changes: Any) -> LoadedStudy:
        value = {
            "name": "results-test",
            "base": str(ROOT / "specs" / "quickstart.yaml"),
            "results": str(tmp_path / "results"),
            "set": changes,
            "settings": {"fresh": {"label": "fresh"}},
            "seeds": [1, 2],
            "control": "grpo",
            "variants": {"grpo": {"label": "GRPO", "set": {"advantage.estimator": "grpo"}}, "arm": {"label": "ARM"}},
        }
        path = tmp_path / "study.yaml"
        path.write_text(yaml.safe_dump(value, sort_keys=False))
        return load_study(path, environ={"ARMATURE_STORE": (tmp_path / "store").as_uri()})

    return load


def simulated(loaded: LoadedStudy, planned: PlannedCell) -> Cell:
    (cell,) = cells({planned.variant: (0.0, 0.0)}, seeds=(planned.seed,), settings=(planned.setting,))
    return replace(cell, study=loaded.study.name, key=cell_key(loaded.study, planned.loaded.spec))


def lacking(loaded: LoadedStudy) -> dict[str, str]:
    return {planned.label: why for planned, why in study_results.results(loaded)[1]}


def test_a_result_is_this_studys_until_something_that_it_depends_on_changes(study: Load) -> None:
    loaded = study()
    assert set(lacking(loaded).values()) == {"has no result"}
    for planned in loaded.cells:
        write_cell(study_results.results_folder(loaded), simulated(loaded, planned))
    assert lacking(loaded) == {}
    assert lacking(study(**{"placement.threads": 1})) == {}, "of this no number depends"
    assert set(lacking(study(**{"train.learning_rate": 2e-4})).values()) == {
        "has a result of other settings, of other data, or of an older version of a stage"
    }


def test_results_of_another_study_are_refused_and_stay(study: Load) -> None:
    loaded = study()
    planned = loaded.cells[0]
    path = write_cell(study_results.results_folder(loaded), replace(simulated(loaded, planned), study="another"))
    before = path.read_bytes()
    with pytest.raises(
        StudyError,
        match=r"grpo.1.json: a result of the study another, not of results-test; give `results` a folder of its own",
    ):
        arm_study.run_missing(loaded, 1)
    assert path.read_bytes() == before


def test_a_result_whose_data_are_not_here_is_taken_as_it_is_and_said(
    study: Load, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = study()
    for planned in loaded.cells:
        write_cell(study_results.results_folder(loaded), simulated(loaded, planned))

    def key(*_: Any) -> str:
        raise DataError("no such file: problems.jsonl\nmore")

    monkeypatch.setattr(study_results, "cell_key", key)
    with caplog.at_level(logging.WARNING, "armature"):
        assert lacking(loaded) == {}
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == len(loaded.cells) and all(
        "taken as it is" in line and line.endswith("(no such file: problems.jsonl)") for line in said
    )


def test_numbers_and_picture_are_written_beside_the_results_and_not_for_what_is_tried_for_once(
    study: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place in ("infra.paths.HOME", "tasks.run.study_results.HOME"):
        monkeypatch.setattr(place, tmp_path / "home")
    loaded = study()
    with pytest.raises(StudyError, match="no cell of this study has a result yet"):
        study_results.publish(loaded)
    for tried in (loaded, replace(loaded, altered="0123abcd")):
        for planned in loaded.cells:
            write_cell(study_results.results_folder(tried), simulated(loaded, planned))
        where, text = study_results.publish(tried)
        assert Path(where.removeprefix("file://")).exists() and "GRPO" in text
    names = {"summary.json", "summary.md", "frontier.svg"}
    assert {path.name for path in study_results.results_folder(loaded).iterdir()} == {"fresh", *names}
    assert {path.name for path in study_results.results_folder(replace(loaded, altered="0123abcd")).iterdir()} == {
        "fresh"
    }
    views = local_views(Store(loaded.cells[0].loaded.spec.store).uri) / "studies" / "results-test-0123abcd"
    assert {path.name for path in views.iterdir()} == {"report.html", *names}


def test_a_summary_that_cannot_be_written_is_one_line_and_the_report_is_there(
    study: Load, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for place in ("infra.paths.HOME", "tasks.run.study_results.HOME"):
        monkeypatch.setattr(place, tmp_path / "home")
    loaded = study()
    for planned in loaded.cells:
        write_cell(study_results.results_folder(loaded), simulated(loaded, planned))
    (study_results.results_folder(loaded) / "summary.md").mkdir()
    with pytest.raises(StudyError, match=r"summary.md: cannot be written .*; the results are kept"):
        study_results.publish(loaded)
    assert len([*(tmp_path / "home" / "stores").glob("*/studies/results-test/report.html")]) == 1


class Ends:
    """Cells that end as they are told, in the order in which they are taken."""

    def __init__(self, loaded: LoadedStudy, errors: dict[str, Exception]) -> None:
        self.loaded, self.errors = loaded, errors
        self.ran: list[str] = []

    def __call__(self, loaded: LoadedStudy, planned: PlannedCell, engines: Any, queue: Any) -> Callable[[], Cell]:
        def run() -> Cell:
            self.ran.append(planned.label)
            if planned.label in self.errors:
                raise self.errors[planned.label]
            return simulated(loaded, planned)

        return run


def test_a_cell_that_fails_costs_no_other(study: Load, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = study()
    first = loaded.cells[0].label
    ends = Ends(loaded, {first: TrainingError("the loss is not finite")})
    monkeypatch.setattr(arm_study, "_flow_of", ends)
    ran, failed = arm_study.run_missing(loaded, 1)
    assert (ran, list(failed)) == (len(loaded.cells) - 1, [first]) and len(ends.ran) == len(loaded.cells)
    assert lacking(loaded) == {first: "has no result"}
    (start,) = read_launches(study_results.results_folder(loaded))
    assert (list(start.ran), start.side_by_side) == (
        [(cell.setting, cell.variant, cell.seed) for cell in loaded.cells[1:]],
        1,
    )


def test_a_cell_that_another_start_holds_and_finishes_is_no_failure(
    study: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = study()
    held = loaded.cells[0]

    def flow(_: LoadedStudy, planned: PlannedCell, *__: Any) -> Callable[[], Cell]:
        def run() -> Cell:
            if planned is held:
                raise RunHeldError("another process holds the run")
            write_cell(
                study_results.results_folder(loaded), simulated(loaded, held)
            )  # as the other start does meanwhile
            return simulated(loaded, planned)

        return run

    monkeypatch.setattr(arm_study, "_flow_of", flow)
    assert arm_study.run_missing(loaded, 1) == (len(loaded.cells) - 1, {}) and lacking(loaded) == {}


def test_a_store_that_fails_ends_the_study_and_what_is_done_is_kept(
    study: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = study()
    ends = Ends(loaded, {loaded.cells[1].label: StoreError("the store is away")})
    monkeypatch.setattr(arm_study, "_flow_of", ends)
    with pytest.raises(StoreError, match="the store is away"):
        arm_study.run_missing(loaded, 1)
    assert ends.ran == [cell.label for cell in loaded.cells[:2]], "no cell is begun after it"
    assert list(lacking(loaded)) == [cell.label for cell in loaded.cells[1:]]
    assert [len(start.ran) for start in read_launches(study_results.results_folder(loaded))] == [1]


def test_a_disk_that_is_full_is_what_is_said_not_the_time_that_it_costs(
    study: Load, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    loaded = study()
    folder = study_results.results_folder(loaded)
    monkeypatch.setattr(arm_study, "_flow_of", Ends(loaded, {}))
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way")
    with (
        pytest.raises(StudyError, match=r"cannot be written .*; the cell's steps are in the store: make room"),
        caplog.at_level("WARNING", "armature"),
    ):
        arm_study.run_missing(loaded, 1)
    assert any("the time of this start is lost" in record.getMessage() for record in caplog.records)
