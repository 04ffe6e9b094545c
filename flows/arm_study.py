"""A study: a matrix of settings x variants x seeds, trained side by side, compared with paired statistics.

    python -m flows.arm_study specs/studies/arm-vs-grpo.yaml               # the cells that have no result yet; then the report
    python -m flows.arm_study specs/studies/arm-vs-grpo.yaml --plan        # what would run; runs nothing
    python -m flows.arm_study specs/studies/arm-vs-grpo.yaml --report      # the report of what is there; runs nothing

What variants share (data, warm start, first rollouts, evaluation of the start) is made once and found in the store. A study that was killed goes on; a
seed or a variant that is added runs alone. A cell's result is a file in the study's `results`: one that is there and says what the study's file says now
is not run again, whatever machine it came from. With --set, --seeds or ARMATURE_ variables results and report lie apart, in .armature/studies/<name>-<hex>.
"""

from __future__ import annotations

from infra import embedded

embedded.configure()

import argparse  # noqa: E402  # Prefect must be imported after it has been told where to live
import logging  # noqa: E402
import os  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
import time  # noqa: E402
from collections.abc import Mapping, Sequence  # noqa: E402
from datetime import UTC, datetime  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

from prefect import Flow, flow  # noqa: E402
from prefect.artifacts import create_link_artifact  # noqa: E402
from prefect.exceptions import TerminationSignal  # noqa: E402

from flows.arm_train import spec_path  # noqa: E402
from flows.cells import run_cell  # noqa: E402
from flows.command_line import USER_ERRORS, run_command  # noqa: E402
from flows.side_by_side import Beginning, Places, Queue  # noqa: E402
from flows.study_results import publish, result, results, results_folder  # noqa: E402
from infra.errors import StoreError  # noqa: E402
from infra.lease import RunHeldError  # noqa: E402
from infra.store import Store  # noqa: E402
from infra.termination import termination  # noqa: E402
from specs.paths import shown  # noqa: E402
from specs.study import LoadedStudy, PlannedCell, load_study  # noqa: E402
from tasks.engines import Engines  # noqa: E402
from tasks.errors import StudyError  # noqa: E402
from tasks.experiment import Experiment  # noqa: E402
from tasks.study.cells import Cell, write_cell  # noqa: E402
from tasks.study.launches import Launch, append_launch  # noqa: E402

log = logging.getLogger("armature")


@flow(name="arm-study", flow_run_name="{study}", validate_parameters=True)
def arm_study(
    study: str, overrides: list[str] | None = None, seeds: list[int] | None = None, side_by_side: int | None = None
) -> dict[str, Any]:
    """Run the study of the file `study` (a path; a relative one is relative to the repository root): the cells that have no result yet, `side_by_side` at a
    time, then the report. `overrides` are `key.path=value` for every cell; `seeds` take the place of the file's. Returns {"report": URI, "ran": how many
    cells ran, "cells": how many there are}. StudyError, once the others have ended, where cells failed."""
    loaded = load_study(spec_path(study), overrides or [], seeds)
    with embedded.server_kept(), termination:
        ran, failed = run_missing(loaded, side_by_side or loaded.study.side_by_side)
        if failed and not results(loaded)[0]:
            raise_first(failed)
        where, text = publish(loaded)
        key = f"study-{loaded.study.name}".replace(".", "-").replace("_", "-")
        create_link_artifact(
            key=key, link=where, link_text="report", description=f"Report of {loaded.study.name}: {where}"
        )
        log.info("\n%s\nreport: %s", text, where)
        raise_first(failed)
        return {"report": where, "ran": ran, "cells": len(loaded.cells)}


def run_missing(loaded: LoadedStudy, side_by_side: int) -> tuple[int, dict[str, Exception]]:
    """Runs the cells that have no result; returns how many did, and the errors of those that failed, by their labels. Each writes its result when it is
    done. A store or a disk that fails ends the study: it would fail every cell."""
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
            if termination.requested:
                raise TerminationSignal(signal.SIGTERM) from error
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
        places = min(side_by_side, len(lacking))
        try:
            Places(queue, places, run).work()
        except TerminationSignal:
            log.warning("stopped by SIGTERM; results and finished steps are kept, the same command goes on from here")
            raise
        finally:
            _timed(
                loaded,
                Launch(
                    at,
                    round(time.monotonic() - began, 1),
                    tuple(cell.name for cell in done),
                    places,
                    len(os.sched_getaffinity(0)),
                ),
            )
    made = {
        planned.label
        for planned in loaded.cells
        if planned.label in failed and isinstance(result(loaded, planned), Cell)
    }
    return len(done), {
        label: error for label, error in failed.items() if label not in made
    }  # another start, which held a cell, may have made it since


def _timed(loaded: LoadedStudy, start: Launch) -> None:
    """Whatever ended the start goes on; that its time is lost is said."""
    try:
        append_launch(results_folder(loaded), start)
    except OSError as error:
        log.warning("the time of this start is lost: %s", error)


def raise_first(failed: Mapping[str, Exception]) -> None:
    """StudyError where cells failed."""
    if failed:
        (label, first), *others = failed.items()
        more = f", and {len(others)} more ({', '.join(name for name, _ in others)})" if others else ""
        raise StudyError(
            f"{label} failed{more}: {first}; the results of the other cells are kept: the same command runs only these again"
        ) from first


def _beginning(planned: PlannedCell) -> Beginning:
    experiment = Experiment(planned.loaded.spec, download=False)
    return experiment.lineage(0), experiment.rollouts(0)[0].key


def _flow_of(loaded: LoadedStudy, planned: PlannedCell, engines: Engines, queue: Queue) -> Flow[[], Cell]:
    """The cell as a flow run of its own below the study's, so that Prefect shows which one a task belongs to."""

    def arm_cell() -> Cell:
        return run_cell(loaded.study, planned, engines, lambda: queue.begun(planned))

    return Flow(arm_cell, name="arm-cell", flow_run_name=planned.label, persist_result=False)


def plan(loaded: LoadedStudy) -> str:
    """What a start would do."""
    there, lacking = results(loaded)
    lines = [
        f"study {loaded.study.name}: {len(loaded.cells)} cells, {len(there)} have results in {shown(results_folder(loaded))}"
    ]
    lines += [f"  {planned.label}: runs: it {why}" for planned, why in lacking]
    return "\n".join(lines)


def _run(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m flows.arm_study", description="Run the study of a file, and report it."
    )
    parser.add_argument("study", help="a file such as specs/studies/arm-vs-grpo.yaml")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        dest="overrides",
        metavar="KEY=VALUE",
        help="for every cell; may be repeated",
    )
    parser.add_argument("--seeds", type=int, nargs="+", default=None, help="in place of the file's, for every variant")
    parser.add_argument(
        "--side-by-side", type=int, default=None, metavar="N", help="cells at a time; default: the file's"
    )
    parser.add_argument("--plan", action="store_true", help="say which cells would run; run nothing")
    parser.add_argument("--report", action="store_true", help="report the results that are there; run nothing")
    parsed = parser.parse_args(arguments)
    if parsed.side_by_side is not None and parsed.side_by_side < 1:
        parser.error(f"--side-by-side {parsed.side_by_side}: 1 or more")
    loaded = load_study(Path(parsed.study), parsed.overrides, parsed.seeds)
    if parsed.plan:
        print(plan(loaded))
        return
    if parsed.report:
        where, text = publish(loaded)
        print(f"{text}\n\nreport: {where}")
        return
    for planned in loaded.cells:
        Experiment(planned.loaded.spec)  # a missing file or model is said now, before Prefect starts
    Store(loaded.cells[0].loaded.spec.store)  # an unreachable store is said before anything starts
    embedded.guard_server()
    arm_study(
        study=str(Path(parsed.study).resolve()),
        overrides=parsed.overrides,
        seeds=parsed.seeds,
        side_by_side=parsed.side_by_side,
    )


if __name__ == "__main__":
    sys.exit(run_command({}, _run, None))
