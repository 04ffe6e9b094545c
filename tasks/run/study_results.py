"""The results of a study: where they lie, which of them are its own, and the report of them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from infra.paths import HOME, local_views
from infra.store import Store
from specs.errors import SpecError
from specs.paths import from_root, shown
from specs.study import LoadedStudy, PlannedCell
from tasks.errors import DataError, StudyError
from tasks.graph.cells import cell_key
from tasks.report.study.data import StudyReport
from tasks.report.study.page import render
from tasks.report.study.summary import summary_text
from tasks.study.cells import Cell, cell_file, read_cell
from tasks.study.launches import read_launches

log = logging.getLogger("armature")


def local_folder(loaded: LoadedStudy) -> str:
    """Return `studies/<name>`, below `.armature` and in the store; a study altered by --set has a folder of its own."""
    return f"studies/{loaded.study.name}{f'-{loaded.altered}' if loaded.altered else ''}"


def results_folder(loaded: LoadedStudy) -> Path:
    """Return the folder of the cells' results. That which the file names is for the study as the file says it."""
    study = loaded.study
    return (
        HOME / local_folder(loaded) / "cells" if study.results is None or loaded.altered else from_root(study.results)
    )


def result(loaded: LoadedStudy, planned: PlannedCell) -> Cell | str:
    """Return the result of a cell, or why it has none that is this study's.

    One whose data or weights are not on this machine is taken as it is. Raises StudyError where it is another study's,
    which this one would write over.
    """
    path = cell_file(results_folder(loaded), planned.setting, planned.variant, planned.seed)
    if not path.exists():
        return "has no result"
    cell = read_cell(path)
    if cell.study != loaded.study.name:
        raise StudyError(
            f"{path}: a result of the study {cell.study}, not of {loaded.study.name}; give `results` a folder of "
            "its own, or the study its name"
        )
    try:
        key = cell_key(loaded.study, planned.loaded.spec)
    except (DataError, SpecError) as error:
        log.warning(
            "%s: its result is taken as it is, what it depends on is not here (%s)",
            planned.label,
            str(error).splitlines()[0],
        )
        return cell
    return (
        cell if cell.key == key else "has a result of other settings, of other data, or of an older version of a stage"
    )


def results(loaded: LoadedStudy) -> tuple[list[Cell], list[tuple[PlannedCell, str]]]:
    """Return the results that are there and are this study's, and the cells that have none, each with the reason."""
    found = [(planned, result(loaded, planned)) for planned in loaded.cells]
    return [cell for _, cell in found if isinstance(cell, Cell)], [
        (planned, why) for planned, why in found if isinstance(why, str)
    ]


def report_of(loaded: LoadedStudy, there: Sequence[Cell]) -> StudyReport:
    """Return the content of a report of these results."""
    study = loaded.study
    arms = dict.fromkeys(
        planned.variant for planned in loaded.cells if planned.loaded.spec.advantage.estimator == "arm"
    )
    tested = [name for name, against in study.comparisons if against == study.control and name in arms]
    return StudyReport(
        title=study.name,
        cells=there,
        control=study.control,
        comparisons=study.comparisons,
        tested_variants=tested,
        counted_variants=[name for name in arms if name not in tested],
        settings={name: each.label for name, each in study.settings.items()},
        variants={name: each.label for name, each in study.variants.items()},
        expected=[(planned.setting, planned.variant, planned.seed) for planned in loaded.cells],
        temperatures=study.temperatures,
        ks=loaded.cells[0].loaded.spec.evaluate.ks,
        study_yaml=loaded.text,
        results_from=f"{len(there)} of {len(loaded.cells)} cells in {shown(results_folder(loaded))}",
        launches=read_launches(results_folder(loaded)),
    )


def publish(loaded: LoadedStudy) -> tuple[str, str]:
    """Write the report of the results that are there, below `.armature` and into the store.

    Its numbers and picture go beside the results too. Returns (its URI, its conclusions as text). Raises StudyError
    where it cannot be written.
    """
    there, _ = results(loaded)
    if not there:
        raise StudyError(
            f"{loaded.path}: no cell of this study has a result yet ({shown(results_folder(loaded))}); run it first"
        )
    report = report_of(loaded, there)
    store = Store(loaded.cells[0].loaded.spec.store)
    files = render(report)
    for name, data in files.items():
        _write(local_views(store.uri) / local_folder(loaded) / name, data)
        store.files.write(f"{local_folder(loaded)}/{name}", data)
    if (
        loaded.study.results is not None and not loaded.altered
    ):  # committed with the cells: what a reader quotes, and the picture
        for name in ("summary.json", "summary.md", "frontier.svg"):
            _write(results_folder(loaded) / name, files[name])
    return f"{store.uri}/{local_folder(loaded)}/report.html", summary_text(report)


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise StudyError(
            f"{path}: cannot be written ({error}); the results are kept: make it writable, then --report"
        ) from error


def plan_of(loaded: LoadedStudy) -> str:
    """Return which cells a start would run, and why."""
    there, lacking = results(loaded)
    where = shown(results_folder(loaded))
    lines = [f"study {loaded.study.name}: {len(loaded.cells)} cells, {len(there)} have results in {where}"]
    lines += [f"  {planned.label}: runs: it {why}" for planned, why in lacking]
    return "\n".join(lines)
