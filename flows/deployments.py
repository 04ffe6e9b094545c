"""Prefect deployments for each experiment in specs/.

`armature deploy`, then `prefect deployment run arm-train/quickstart`.

`arm-train/<spec>` trains, `nightly-eval/<spec>` evaluates the newest checkpoint, by the clock where the spec has
schedule.nightly_eval, and `arm-study/<study>` runs a study of specs/studies/. A deployment holds the path of its
file, not the file: an edit counts at the next run (of the schedule: at the next `armature deploy`). Deployments whose
file is gone are pruned.
"""

from __future__ import annotations

if __name__ == "__main__":  # above the imports of libraries, which take seconds; the command line leaves by SystemExit
    import runpy

    runpy.run_module("flows.cli", run_name="__main__")

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from prefect import flow as flow_type
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.exceptions import ObjectAlreadyExists
from prefect.schedules import Schedule
from prefect.settings import PREFECT_API_URL

from specs.evaluation import Schedule as Clock
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.study import load_study
from tasks.errors import ServerError

POOL = "armature"
NIGHTS = "nights"  # the pool's queue of nights, which are had one at a time: they want the whole machine
TAG = "armature-spec"


@dataclass(frozen=True)
class Kind:
    """A flow that is deployed for spec files."""

    flow: str
    entrypoint: str
    parameters: Mapping[str, Any]
    queue: str | None
    says: str


TRAIN = Kind(
    "arm-train",
    "flows/arm_train.py:arm_train",
    {"overrides": [], "seed": None, "replay": False},
    None,
    "Trains the experiment of specs/{}, as the file is when the run starts.",
)
NIGHT = Kind(
    "nightly-eval",
    "flows/nightly_eval.py:nightly_eval",
    {"overrides": []},
    NIGHTS,
    "Evaluates the newest checkpoint of the experiment of specs/{}, and compares it with the night before and "
    "with its first policy.",
)

STUDY = Kind(
    "arm-study",
    "flows/arm_study.py:arm_study",
    {"overrides": [], "seeds": None, "side_by_side": None},
    None,
    "Runs the cells of the study specs/studies/{} that have no result yet, and reports it.",
)


def spec_files() -> list[Path]:
    """Return the experiments that ship, and those that a user adds."""
    return sorted((REPOSITORY_ROOT / "specs").glob("*.yaml"))


def study_files() -> list[Path]:
    """Return the studies that ship, and those that a user adds."""
    return sorted((REPOSITORY_ROOT / "specs" / "studies").glob("*.yaml"))


def deploy() -> list[str]:
    """Create or update the deployments of each spec and study file, prune the others of ours; return their names.

    Raises SpecError for a spec that does not load, before anything is changed.
    """
    specs = {path: load_spec(path).spec for path in spec_files()}
    wanted: list[tuple[Kind, Path, Clock | None]] = [(TRAIN, path, None) for path in specs]
    wanted += [(NIGHT, path, spec.schedule) for path, spec in specs.items() if spec.evaluate.suites]
    wanted += [(STUDY, load_study(path).path, None) for path in study_files()]
    with get_client(sync_client=True) as client:
        with contextlib.suppress(ObjectAlreadyExists):
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        for kind, path, schedule in wanted:
            source = flow_type.from_source(source=str(REPOSITORY_ROOT), entrypoint=kind.entrypoint)
            cron = schedule.nightly_eval if schedule is not None else None
            deployment = source.to_deployment(  # type: ignore[union-attr]
                name=path.stem,
                parameters={
                    "study" if kind is STUDY else "spec": str(path.relative_to(REPOSITORY_ROOT)),
                    **kind.parameters,
                },
                work_pool_name=POOL,
                work_queue_name=kind.queue,
                schedules=[Schedule(cron=cron, timezone=schedule.timezone)]
                if cron is not None and schedule is not None
                else [],
                job_variables={
                    "working_dir": str(REPOSITORY_ROOT),
                    "env": {"PREFECT_LOGGING_EXTRA_LOGGERS": "armature"},
                },
                concurrency_limit=1,
                tags=[TAG],
                description=kind.says.format(path.name),
            )
            deployment.apply()  # type: ignore[union-attr]
        _one_night_at_a_time(client)
        names = {f"{kind.flow}/{path.stem}" for kind, path, _ in wanted}
        for kind in (TRAIN, NIGHT, STUDY):
            for existing in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[kind.flow]))):
                if TAG in existing.tags and f"{kind.flow}/{existing.name}" not in names:
                    client.delete_deployment(existing.id)
    return sorted(names)


def _one_night_at_a_time(client: SyncPrefectClient) -> None:
    queue = client.read_work_queue_by_name(NIGHTS, work_pool_name=POOL)  # deploying to it has made it
    client.update_work_queue(queue.id, concurrency_limit=1)


def deploy_all() -> list[str]:
    """Deploy to the server that PREFECT_API_URL names. Returns names, and how to start a worker; raises ServerError."""
    url = PREFECT_API_URL.value()
    if not url:
        raise ServerError(
            "no Prefect server: run `prefect server start` and set PREFECT_API_URL (http://127.0.0.1:4200/api)"
        )
    try:
        names = deploy()
    except httpx.HTTPError as error:
        raise ServerError(
            f"the Prefect server at {url} does not answer ({error}); start it with `prefect server start`"
        ) from error
    worker, run = f"prefect worker start --pool {POOL}", "prefect deployment run arm-train/quickstart --watch"
    return [*names, f"start a worker with `{worker}`, then `{run}`"]
