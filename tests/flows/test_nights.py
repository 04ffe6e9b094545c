"""Nights on a real Prefect server with a real worker, in a copy of the repository that has a spec of its own: by the
clock, one at a time, a policy that is the same is not flagged, and one that was broken is.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import torch
import yaml
from safetensors.torch import load_file, save_file

from infra.store import Store
from specs.paths import REPOSITORY_ROOT as ROOT
from tasks.checkpoint.weights import policy_step
from tests.flows.runs import TINY, Server, kill_tree, run_module
from tests.infra.waiting import DEADLINE_S

pytestmark = pytest.mark.slow

SPEC: dict[str, Any] = {
    "extends": "quickstart.yaml",
    "name": "nightly",
    "control": None,
    "schedule": {"nightly_eval": "* * * * *", "timezone": "Europe/Zurich"},
}


@dataclass(frozen=True)
class Place:
    """A checkout with a spec `nightly`, its deployments, and a worker."""

    root: Path
    server: Server
    store: Store

    def python(self, *arguments: str, status: int = 0, timeout: float = 300) -> str:
        done = run_module(*arguments, cwd=self.root, env=self.server.environment, timeout=timeout)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr

    def train(self, iterations: int) -> dict[str, Any]:
        """Up to so many iterations; the run's record."""
        self.python("flows.arm_train", "specs/nightly.yaml", "--set", f"train.iterations={iterations}")
        return self.record()

    def record(self) -> dict[str, Any]:
        (identity,) = self.store.files.list("runs/nightly")
        record: dict[str, Any] = json.loads(self.store.files.read(f"runs/nightly/{identity}/run.json"))
        return record

    def ask(self, where: str, /, method: str = "POST", **body: Any) -> Any:
        with httpx.Client(base_url=self.server.api, timeout=DEADLINE_S) as client:
            for _ in range(20):
                reply = client.request(method, where, json=body)
                if reply.status_code != 503:  # its SQLite database is busy; Prefect's own clients try again too
                    break
                time.sleep(0.5)
            reply.raise_for_status()
            return reply.json() if reply.content else None

    def deployment(self) -> dict[str, Any]:
        found: dict[str, Any] = (
            httpx.get(f"{self.server.api}/deployments/name/nightly-eval/nightly", timeout=DEADLINE_S)
            .raise_for_status()
            .json()
        )
        return found

    def start(self) -> str:
        """A night, as `prefect deployment run nightly-eval/nightly` starts one; its id."""
        run: dict[str, Any] = self.ask(
            f"/deployments/{self.deployment()['id']}/create_flow_run", state={"type": "SCHEDULED"}
        )
        return str(run["id"])

    def ended(self, ids: list[str], timeout: float = 2400) -> list[dict[str, Any]]:
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            found = {run["id"]: run for run in self.ask("/flow_runs/filter", flow_runs={"id": {"any_": ids}})}
            if all(found[each]["state"]["type"] in ("COMPLETED", "FAILED", "CRASHED", "CANCELLED") for each in ids):
                return [found[each] for each in ids]
            time.sleep(0.5)
        raise AssertionError([found[each]["state"] for each in ids])

    def put(self, record: dict[str, Any], iteration: int, change: float | None, of: int) -> None:
        """Weights in place of those after `iteration` iterations: those after `of`, as they are or with noise of
        standard deviation `change`.
        """
        folder = self.root / "planted"
        source = self.store.find("policy", record["lineages"][of])
        assert source is not None
        self.store.fetch(source, folder)
        if change is not None:
            weights = load_file(folder / "model.safetensors")
            torch.manual_seed(0)
            save_file(
                {name: tensor + change * torch.randn_like(tensor) for name, tensor in weights.items()},
                folder / "model.safetensors",
                {"format": "pt"},
            )
        lineage = record["lineages"][iteration]
        self.store.drop("policy", lineage)
        self.store.commit(policy_step(lineage), {p.name: p for p in folder.iterdir()}, kind="weights")
        shutil.rmtree(folder)
        for key in self.store.files.list("steps/evaluate"):  # the run itself has evaluated it as it was
            manifest = self.store.find("evaluate", key)
            if manifest is not None and manifest.inputs["policy"] == lineage:
                self.store.drop("evaluate", key)
                self.store.files.remove(f"samples/{manifest.inputs['set']}")


@pytest.fixture(scope="module")
def place(prefect_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("nights")
    root = folder / "checkout"
    listed = ["git", "ls-files", "flows", "infra", "sandbox", "specs", "tasks", "pyproject.toml"]
    files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in files.stdout.split():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    spec = {**SPEC, "store": (folder / "store").as_uri()}
    for setting in TINY:
        key, _, value = setting.partition("=")
        section, _, name = key.partition(".")
        spec.setdefault(section, {})[name] = yaml.safe_load(value)
    (root / "specs" / "nightly.yaml").write_text(yaml.safe_dump(spec))
    place = Place(root, prefect_server, Store((folder / "store").as_uri()))
    place.train(3)  # before there are nights: the first one would find the first checkpoint alone
    place.python("flows.deployments")
    with (folder / "worker.log").open("w") as log:
        worker = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "armature", "--type", "process"],
            cwd=folder,
            env=prefect_server.environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
            text=True,
        )
    yield place
    kill_tree(worker)
    place.ask(f"/deployments/{place.deployment()['id']}", method="DELETE")


def _night(place: Place, run: str) -> tuple[dict[str, Any], str]:
    """The newest night's record and its report."""
    when = place.store.files.list(f"runs/{run}/nights")[-1]
    read = place.store.files.read
    return json.loads(read(f"runs/{run}/nights/{when}/night.json")), read(
        f"runs/{run}/nights/{when}/report.html"
    ).decode()


@pytest.mark.turn
def test_nights_by_the_clock_one_at_a_time_and_what_they_find(place: Place) -> None:
    run = place.record()["run"]

    # By the clock: the schedule of the spec file, every minute here.
    deployment = place.deployment()
    (schedule,) = deployment["schedules"]
    assert (schedule["schedule"]["cron"], schedule["schedule"]["timezone"], deployment["work_queue_name"]) == (
        "* * * * *",
        "Europe/Zurich",
        "nights",
    )
    end = time.monotonic() + DEADLINE_S
    found: list[dict[str, Any]] = []
    while not found:
        assert time.monotonic() < end, place.ask("/flow_runs/filter", deployments={"id": {"any_": [deployment["id"]]}})
        time.sleep(0.5)
        states = {"type": {"any_": ["COMPLETED", "FAILED", "CRASHED"]}}
        found = place.ask(
            "/flow_runs/filter", deployments={"id": {"any_": [deployment["id"]]}}, flow_runs={"state": states}
        )
    place.ask(f"/deployments/{deployment['id']}/schedules/{schedule['id']}", method="PATCH", active=False)
    assert found[0]["auto_scheduled"] and found[0]["state"]["type"] == "COMPLETED", found[0]["state"]
    night, report = _night(place, run)
    assert (night["iteration"], night["against"], night["regressions"]) == (
        3,
        None,
        [],
    ) and "No regression against the start" in report
    assert night["steps"] == sorted(
        {f"evaluate/{key}" for key in (*night["evaluations"].values(), *night["base"].values())}
    )

    # Two at once: one after the other, and there is nothing left to do for either.
    first, second = place.ended([place.start(), place.start()])
    assert [each["state"]["name"] for each in (first, second)] == ["AlreadyEvaluated"] * 2, (
        first["state"],
        second["state"],
    )
    early, late = sorted((first, second), key=lambda each: str(each["start_time"]))
    assert early["end_time"] <= late["start_time"], "the queue lets one run at a time"
    assert len(place.store.files.list(f"runs/{run}/nights")) == 1

    # A policy that is the same under another name.
    record = place.train(5)
    place.put(record, 5, None, of=3)
    (same,) = place.ended([place.start()])
    assert same["state"]["type"] == "COMPLETED", same["state"]
    night, report = _night(place, run)
    against = {each["first"]: each for each in night["comparisons"]}
    (last,) = [each for label, each in against.items() if label.endswith("after 3")]
    assert night["iteration"] == 5 and (last["difference"], last["interval"], last["gained"], last["lost"]) == (
        0.0,
        [0.0, 0.0],
        0,
        0,
    )
    assert "No regression" in report and night["regressions"] == []

    # One that is broken.
    record = place.train(6)
    place.put(record, 6, 0.2, of=3)
    (broken,) = place.ended([place.start()])
    assert (
        broken["state"]["type"] == "FAILED"
        and "RegressionError" in broken["state"]["message"]
        and "heldout" in broken["state"]["message"]
    )
    night, report = _night(place, run)
    assert len(night["regressions"]) == 2 and "REGRESSION: heldout" in report, "against last night, and the start"
    key = f"night-{run.replace('/', '-')}"
    artifacts = place.ask(
        "/artifacts/filter",
        artifacts={"key": {"any_": [key, f"night-report-{run.replace('/', '-')}"]}},
        sort="CREATED_DESC",
    )
    assert {each["key"] for each in artifacts} == {key, f"night-report-{run.replace('/', '-')}"}
    assert "REGRESSION" in next(each["data"] for each in artifacts if each["key"] == key)
    events = []
    end = time.monotonic() + DEADLINE_S
    while not events and time.monotonic() < end:
        events = place.ask("/events/filter", filter={"event": {"name": ["armature.evaluation.regression"]}})["events"]
        time.sleep(0.5)
    (event,) = events
    assert (
        event["resource"]["prefect.resource.id"] == f"armature.run.{run}"
        and event["payload"]["regressions"] == night["regressions"]
    )
    assert night["regressions"][0] in place.python("flows.arm_train", "status", "nightly", "--store", place.store.uri)

    # What lm-evaluation-harness's readers find.
    folder = place.root / ".armature" / "stores"
    (results,) = folder.glob(f"*/runs/{run}/nights/{night['when']}/lm_eval/*/results_*.json")
    assert json.loads(results.read_text())["results"]["heldout"]["pass@1,none"] == pytest.approx(0.0, abs=0.1)


@pytest.mark.turn
def test_a_night_of_a_run_that_is_not_there_says_so(place: Place) -> None:
    out = place.python("flows.nightly_eval", "specs/quickstart.yaml", "--set", f"store={place.store.uri}")
    assert "no such run yet" in out
    assert "evaluate.suites is empty" in place.python(
        "flows.nightly_eval", "specs/quickstart.yaml", "--set", "evaluate.suites=[]", status=1
    )
