"""A study: a matrix of settings x variants x seeds, trained side by side, compared with paired statistics.

    armature study specs/studies/arm-vs-grpo.yaml             # the cells that have no result yet; then the report
    armature study specs/studies/arm-vs-grpo.yaml --plan      # what would run; runs nothing
    armature study specs/studies/arm-vs-grpo.yaml --report    # the report of what is there; runs nothing

Steps that variants share (data, warm start, first rollouts, evaluation of the start) are made once and found in the
store. A study that was killed goes on; a seed or a variant that is added runs alone. A cell's result is a file in the
study's `results`: one that fits the study's file is not run again, whatever machine it came from. With --set, --seeds
or ARMATURE_ variables results and report lie apart, in .armature/studies/<name>-<hex>.
"""

from __future__ import annotations

if __name__ == "__main__":  # above the imports of libraries, which take seconds; the command line leaves by SystemExit
    import runpy

    runpy.run_module("flows.cli", run_name="__main__")

import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from prefect import Flow, flow
from prefect.artifacts import create_link_artifact

from flows.arm_cell import run_cell
from flows.arm_train import spec_path
from flows.cli.errors import USER_ERRORS
from infra import prefect_runtime
from infra.errors import StoreError
from infra.lease import RunHeldError
from infra.termination import Terminated, termination
from specs.study import LoadedStudy, PlannedCell, load_study
from tasks.engines.engines import Engines
from tasks.engines.workers import Workers
from tasks.errors import StudyError
from tasks.graph.experiment import Experiment
from tasks.run.study_results import publish, result, results, results_folder
from tasks.study.cells import Cell, write_cell
from tasks.study.launches import Launch, append_launch
from tasks.study.queue import Beginning, Queue

log = logging.getLogger("armature")


@flow(name="arm-study", flow_run_name="{study}", validate_parameters=True)
def arm_study(
    study: str, overrides: list[str] | None = None, seeds: list[int] | None = None, side_by_side: int | None = None
) -> dict[str, Any]:
    """Run the study of the file `study`: the cells that have no result yet, `side_by_side` at a time, then the report.

    `study` is a path; a relative one is relative to the repository root. `overrides` are `key.path=value` for every
    cell; `seeds` take the place of the file's. Returns {"report": URI, "ran": how many cells ran, "cells": how many
    there are}. Raises StudyError, once the others have ended, where cells failed.
    """
    loaded = load_study(spec_path(study), overrides or [], seeds)
    with prefect_runtime.flow_body():
        ran, failed = run_missing(loaded, side_by_side or loaded.study.side_by_side)
        if failed and not results(loaded)[0]:
            raise_first(failed)
        where, text = publish(loaded)
        key = f"study-{loaded.study.name}".replace(".", "-").replace("_", "-")
        about = f"Report of {loaded.study.name}: {where}"
        create_link_artifact(key=key, link=where, link_text="report", description=about)
        log.info("\n%s\nreport: %s", text, where)
        raise_first(failed)
        return {"report": where, "ran": ran, "cells": len(loaded.cells)}


def run_missing(loaded: LoadedStudy, side_by_side: int) -> tuple[int, dict[str, Exception]]:
    """Run the cells that have no result.

    Returns how many ran, and the errors of those that failed, by their labels. Each writes its result when it is
    done. A store or a disk that fails ends the study: it would fail every cell.
    """
    there, lacking = results(loaded)
    log.info(
        "study %s: %d cells, %d have results, %d run, %d at a time",
        loaded.study.name,
        len(loaded.cells),
        len(there),
        len(lacking),
        side_by_side,
    )
    queue = Queue([planned for planned, _ in lacking], _beginning)
    at, began = datetime.now(UTC).isoformat(timespec="seconds"), time.monotonic()
    done: list[Cell] = []
    failed: dict[str, Exception] = {}

    def run(planned: PlannedCell, engines: Engines) -> None:
        termination.check()
        if isinstance(result(loaded, planned), Cell):  # another start of this study has made it meanwhile
            return
        try:
            cell = _flow_of(loaded, planned, engines, queue)()
        except USER_ERRORS as error:
            termination.check()
            if isinstance(error, StoreError) and not isinstance(error, RunHeldError):
                raise
            failed[planned.label] = error
            log.error("%s failed: %s: %s", planned.label, type(error).__name__, error)
            return
        write_cell(results_folder(loaded), cell)
        done.append(cell)
        left = (time.monotonic() - began) / len(done) * (len(lacking) - len(done) - len(failed))
        log.info(
            "%s took %.0f s; %d of %d are done, about %.0f min left",
            planned.label,
            cell.seconds,
            len(done),
            len(lacking),
            left / 60,
        )

    if lacking:
        workers = min(side_by_side, len(lacking))
        try:
            Workers(queue, workers, run).work()
        except Terminated:
            log.warning("stopped by SIGTERM; results and finished steps are kept, the same command goes on from here")
            raise
        finally:
            names, cores = tuple(cell.name for cell in done), len(os.sched_getaffinity(0))
            _record_time(loaded, Launch(at, round(time.monotonic() - began, 1), names, workers, cores))
    # Another start, which held a cell, may have made it since.
    made = {
        planned.label
        for planned in loaded.cells
        if planned.label in failed and isinstance(result(loaded, planned), Cell)
    }
    return len(done), {label: error for label, error in failed.items() if label not in made}


def _record_time(loaded: LoadedStudy, launch: Launch) -> None:
    """Add the time of a start to the results. Where it cannot be written that is logged, and the study goes on."""
    try:
        append_launch(results_folder(loaded), launch)
    except OSError as error:
        log.warning("the time of this start is lost: %s", error)


def raise_first(failed: Mapping[str, Exception]) -> None:
    """Raise StudyError where cells failed."""
    if failed:
        (label, first), *others = failed.items()
        more = f", and {len(others)} more ({', '.join(name for name, _ in others)})" if others else ""
        kept = "the results of the other cells are kept: the same command runs only these again"
        raise StudyError(f"{label} failed{more}: {first}; {kept}") from first


def _beginning(planned: PlannedCell) -> Beginning:
    experiment = Experiment(planned.loaded.spec, download=False)
    return experiment.lineage(0), experiment.rollouts(0)[0].key


def _flow_of(loaded: LoadedStudy, planned: PlannedCell, engines: Engines, queue: Queue) -> Flow[[], Cell]:
    """Return the cell as a flow of its own below the study's, so that Prefect shows which one a task belongs to."""

    def arm_cell() -> Cell:
        return run_cell(loaded.study, planned, engines, lambda: queue.begun(planned))

    return Flow(arm_cell, name="arm-cell", flow_run_name=planned.label, persist_result=False)
