"""Runs of the command line as a user starts them, and a real Prefect server that they share."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

import pytest

from infra.paths import HOME
from infra.store import Store
from tests.flows.runs import NAME, TINY, Finished, Run, Server, clean_environment, kill_tree, run_module, settings


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("prefect")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    api = f"http://127.0.0.1:{port}/api"
    environment = clean_environment(
        PREFECT_HOME=str(folder),
        PREFECT_API_URL=api,
        PREFECT_SERVER_UI_API_URL=api,
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        PREFECT_SERVER_LOGS_STREAM_PUBLISHING_ENABLED="true",
        PREFECT_SERVER_LOGS_STREAM_OUT_ENABLED="true",
        PREFECT_WORKER_QUERY_SECONDS="2",
        PREFECT_LOCAL_STORAGE_PATH=str(folder / "storage"),
    )
    with (folder / "server.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)],
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment,
            start_new_session=True,
            text=True,
        )
    try:
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{api}/health", timeout=5):
                break
            assert process.poll() is None and time.monotonic() < end, (folder / "server.log").read_text()[-2000:]
            time.sleep(0.3)
        yield Server(api, environment)
    finally:
        kill_tree(process)


@pytest.fixture(scope="session")
def run(prefect_server: Server) -> Run:
    """`python -m flows.arm_train ...` from another directory, against the shared server unless `env` says otherwise."""

    def start(
        *arguments: str, env: dict[str, str] | None = None, timeout: float = 300
    ) -> subprocess.CompletedProcess[str]:
        return run_module("flows.arm_train", *arguments, env=env or prefect_server.environment, timeout=timeout)

    return start


@pytest.fixture(scope="session", autouse=True)
def _views_removed() -> Iterator[None]:
    """Runs write views of themselves below .armature, in a folder for each store: those of the tests go."""
    yield
    for folder in (HOME / "stores").glob(f"*/runs/{NAME}*"):
        shutil.rmtree(folder.parents[1], ignore_errors=True)
    for folder in (HOME / "logs").glob(f"{NAME}*"):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def finished(run: Run, tmp_path_factory: pytest.TempPathFactory) -> Finished:
    folder = tmp_path_factory.mktemp("finished") / "store"
    overrides = settings(*TINY, f"name={NAME}", "advantage.alpha=0", f"store={folder.as_uri()}")
    temporary = folder.parent / "tmp"
    temporary.mkdir()
    done = run("specs/quickstart.yaml", *overrides, env=clean_environment(TMPDIR=str(temporary)))
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    return Finished(Store(folder.as_uri()), done.stdout, folder, temporary)
