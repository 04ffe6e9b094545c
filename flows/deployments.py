"""One Prefect deployment for each experiment in specs/: `python -m flows.deployments`, then `prefect deployment run arm-train/quickstart`.

A deployment holds the path of its file, not the file: an edit counts at the next run. Deployments whose file is gone are pruned.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

import httpx
from prefect import flow as flow_type
from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import FlowFilter, FlowFilterName
from prefect.exceptions import ObjectAlreadyExists
from prefect.settings import PREFECT_API_URL

from infra.paths import ROOT
from specs.errors import SpecError
from specs.load import load_spec

POOL = "armature"
FLOW = "arm-train"
ENTRYPOINT = "flows/arm_train.py:arm_train"
TAG = "armature-spec"


def spec_files() -> list[Path]:
    """The experiments that ship, and those that a user adds."""
    return sorted((ROOT / "specs").glob("*.yaml"))


def deploy() -> list[str]:
    """Creates or updates a deployment for each spec file, prunes the others of ours; returns their names. A spec that does not load is a
    SpecError before anything is changed."""
    files = spec_files()
    for path in files:
        load_spec(path)
    with get_client(sync_client=True) as client:
        with contextlib.suppress(ObjectAlreadyExists):
            client.create_work_pool(WorkPoolCreate(name=POOL, type="process"))
        for path in files:
            source = flow_type.from_source(source=str(ROOT), entrypoint=ENTRYPOINT)
            deployment = source.to_deployment(  # type: ignore[union-attr]
                name=path.stem,
                parameters={"spec": str(path.relative_to(ROOT)), "overrides": [], "seed": None, "replay": False},
                work_pool_name=POOL,
                job_variables={"working_dir": str(ROOT), "env": {"PREFECT_LOGGING_EXTRA_LOGGERS": "armature"}},
                concurrency_limit=1,
                tags=[TAG],
                description=f"Trains the experiment of specs/{path.name}, as the file is when the run starts.",
            )
            deployment.apply()  # type: ignore[union-attr]
        names = {path.stem for path in files}
        for existing in client.read_deployments(flow_filter=FlowFilter(name=FlowFilterName(any_=[FLOW]))):
            if TAG in existing.tags and existing.name not in names:
                client.delete_deployment(existing.id)
    return sorted(names)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m flows.deployments", description=__doc__.splitlines()[0])
    parser.parse_args()
    if not PREFECT_API_URL.value():
        print("error: no Prefect server: run `prefect server start` and set PREFECT_API_URL (http://127.0.0.1:4200/api)", file=sys.stderr)
        return 1
    try:
        for name in deploy():
            print(f"{FLOW}/{name}")
    except httpx.HTTPError as error:
        print(f"error: the Prefect server at {PREFECT_API_URL.value()} does not answer ({error}); start it with `prefect server start`", file=sys.stderr)
        return 1
    except SpecError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"start a worker with `prefect worker start --pool {POOL}`, then `prefect deployment run {FLOW}/quickstart --watch`")
    return 0


if __name__ == "__main__":
    sys.exit(main())
