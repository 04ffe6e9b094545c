"""Deployments on a real Prefect server with a real worker: one for each spec file, a run that ends Completed, a second
one that is Cached.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from specs.paths import REPOSITORY_ROOT as ROOT
from tests.flows.runs import NAME, TINY, Server, kill_tree, run_module

Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def ask(prefect_server: Server) -> Ask:
    """One request to the server's API."""

    def send(where: str, /, **body: Any) -> Any:
        request = urllib.request.Request(
            f"{prefect_server.api}{where}", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())

    return send


def python(server: Server, *arguments: str, timeout: float = 300) -> str:
    """A Python module as a user starts it; its output."""
    done = run_module(*arguments, env=server.environment, timeout=timeout)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def deployed(prefect_server: Server) -> str:
    return python(prefect_server, "flows.deployments")


@pytest.fixture(scope="module")
def worker(prefect_server: Server, deployed: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A process worker that was started in another directory; its log."""
    folder = tmp_path_factory.mktemp("worker")
    with (folder / "worker.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "worker", "start", "--pool", "armature", "--type", "process"],
            cwd=folder, env=prefect_server.environment, stdout=log, stderr=log, start_new_session=True, text=True,
        )  # fmt: skip
    yield folder / "worker.log"
    kill_tree(process)


def final_states(ask: Ask, flow_run: str) -> dict[str, str]:
    """Return the last state of each task by name; the server may record it some seconds after the flow's own."""
    for _ in range(120):
        tasks = ask("/task_runs/filter", task_runs={"flow_run_id": {"any_": [flow_run]}})
        if all(task["state"]["type"] not in ("PENDING", "RUNNING") for task in tasks):
            break
        time.sleep(0.5)
    return {task["name"]: task["state"]["name"] for task in tasks}


def lines_of(ask: Ask, flow_run: str) -> list[str]:
    """Return the lines of a run's log of level INFO and above; they reach the server a little after the run's end."""
    lines: list[str] = []
    for _ in range(60):
        logs = {"flow_run_id": {"any_": [flow_run]}, "level": {"ge_": 20}}
        lines = [each["message"] for each in ask("/logs/filter", logs=logs) if each["name"] == "armature"]
        if lines:
            break
        time.sleep(0.5)
    return lines


def deployments(ask: Ask, flow: str = "arm-train") -> dict[str, Any]:
    return {each["name"]: each for each in ask("/deployments/filter", flows={"name": {"any_": [flow]}})}


@pytest.mark.slow()
def test_each_spec_file_has_a_deployment(deployed: str, ask: Ask) -> None:
    files = {path.stem: path for path in (ROOT / "specs").glob("*.yaml")}
    found = deployments(ask)
    assert set(found) == set(files) and len(files) >= 6
    for name, deployment in found.items():
        assert f"arm-train/{name}" in deployed.splitlines()
        assert deployment["parameters"]["spec"] == f"specs/{name}.yaml", (
            "the path, so that an edit counts at the next run"
        )
        assert (
            set(deployment["parameters"]) == {"spec", "overrides", "seed", "replay"}
            and deployment["work_pool_name"] == "armature"
        )
        assert set(deployment["parameter_openapi_schema"]["properties"]) == {"spec", "overrides", "seed", "replay"}


@pytest.mark.slow()
def test_each_study_has_a_deployment(deployed: str, ask: Ask) -> None:
    found = deployments(ask, "arm-study")
    assert (
        set(found) == {path.stem for path in (ROOT / "specs" / "studies").glob("*.yaml")}
        and "arm-study/arm-vs-grpo" in deployed.splitlines()
    )
    parameters = found["arm-vs-grpo"]["parameters"]
    assert parameters == {
        "study": "specs/studies/arm-vs-grpo.yaml",
        "overrides": [],
        "seeds": None,
        "side_by_side": None,
    }


@pytest.mark.slow()
def test_deployments_whose_file_is_gone_are_pruned_and_others_are_left(
    prefect_server: Server, deployed: str, ask: Ask
) -> None:
    quickstart = deployments(ask)["quickstart"]
    for name, tags in (("gone", quickstart["tags"]), ("by-hand", ["mine"])):
        ask(
            "/deployments/",
            name=name,
            flow_id=quickstart["flow_id"],
            tags=tags,
            entrypoint=quickstart["entrypoint"],
            path=quickstart["path"],
        )
    python(prefect_server, "flows.deployments")
    after = deployments(ask)
    assert "gone" not in after and "by-hand" in after
    assert after["quickstart"]["id"] == quickstart["id"], "updated, not made anew: its runs and schedules stay"


@pytest.mark.slow()
@pytest.mark.turn
def test_a_deployment_runs_and_runs_again_from_the_store(
    prefect_server: Server, worker: Path, ask: Ask, tmp_path: Path
) -> None:
    overrides = [*TINY, f"name={NAME}", "control=null", "train.iterations=1", f"store={tmp_path.as_uri()}"]
    parameters = json.dumps({"spec": "specs/quickstart.yaml", "overrides": overrides})
    states, found = [], []
    for _ in range(2):
        out = python(
            prefect_server, "prefect", "deployment", "run", "arm-train/quickstart", "--params", parameters, "--watch"
        )
        (run,) = ask(
            "/flow_runs/filter", flows={"name": {"any_": ["arm-train"]}}, sort="START_TIME_DESC", limit=1
        )  # nights are scheduled too
        assert run["state"]["type"] == "COMPLETED", f"{out}\n{worker.read_text()[-4000:]}"
        states.append(final_states(ask, run["id"]))
        found.append((out, lines_of(ask, run["id"])))
    first, second = states
    for (watched, lines), said in zip(found, ("iteration 1/1", "nothing to do: all"), strict=True):
        assert any(said in line for line in lines), lines
        assert said in " ".join(watched.split()), watched
    assert {name.split()[0].rpartition("-")[0] or name.split()[0] for name in first} >= {
        "data",
        "start",
        "rollout",
        "reward",
        "train",
        "evaluate",
    }
    assert all(state == "Completed" for state in first.values()), first
    stages = {name: state for name, state in second.items() if not name.startswith("report")}
    assert len(stages) >= 7 and all(state == "Cached" for state in stages.values()), second
    artifacts = ask("/artifacts/filter", artifacts={"type": {"any_": ["markdown", "link", "table"]}}, limit=100)
    assert [each for each in artifacts if (each["key"] or "").startswith("report")], [each["key"] for each in artifacts]
