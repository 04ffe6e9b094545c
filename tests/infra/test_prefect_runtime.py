"""An embedded run keeps Prefect's home under .armature; a server that the user names keeps the user's settings."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra import prefect_runtime, processes
from infra.paths import HOME
from infra.termination import Terminated, termination
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.infra.waiting import DEADLINE_S, ended, wait_for

SHOW = """
import json, os, sys
from infra import prefect_runtime
prefect_runtime.configure()
assert "prefect" not in sys.modules
before = dict(os.environ)
from prefect.settings import PREFECT_API_URL, PREFECT_HOME, PREFECT_LOCAL_STORAGE_PATH
prefect_runtime.configure()  # Prefect is loaded: nothing may change any more
assert dict(os.environ) == before
folders = [str(PREFECT_HOME.value()), str(PREFECT_LOCAL_STORAGE_PATH.value())]
print(json.dumps([*folders, PREFECT_API_URL.value(), os.environ.get("PREFECT_SERVER_ANALYTICS_ENABLED")]))
"""


def settings(tmp_path: Path, **environment: str) -> list[str | None]:
    """Return home, storage, server and telemetry as a fresh Prefect sees them: started from another directory, in the
    home of a user with a profile."""
    profile = tmp_path / "home" / ".prefect"
    profile.mkdir(parents=True)
    (profile / "profiles.toml").write_text(
        'active = "theirs"\n[profiles.theirs]\nPREFECT_API_URL = "http://127.0.0.1:1/api"\n'
    )
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    env = {**clean, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=500
    )
    assert done.returncode == 0, done.stderr
    shown: list[str | None] = json.loads(done.stdout)
    return shown


def test_an_embedded_run_keeps_prefect_at_home_and_ignores_the_users_profile(tmp_path: Path) -> None:
    assert settings(tmp_path) == [str(HOME / "prefect"), str(HOME / "prefect" / "storage"), None, "false"]
    assert HOME == ROOT / ".armature"


def test_a_server_that_the_user_names_keeps_the_users_settings(tmp_path: Path) -> None:
    named = "http://127.0.0.1:2/api"
    home, storage, url, _ = settings(tmp_path, PREFECT_API_URL=named)
    assert url == named
    assert home == str(tmp_path / "home" / ".prefect") and str(storage).startswith(str(tmp_path / "home"))


#: Ends at once, as a run that is killed does; prints the pid of the guard that it leaves. `earlier`: the server that it
#: guards was another process with the same number.
GUARD = """
import os, subprocess, sys
from infra import prefect_runtime, processes
pid, earlier = int(sys.argv[1]), sys.argv[2] == "True"
if earlier:
    processes.start_ticks = lambda pid: 1
start = subprocess.Popen
def started(*arguments, **options):
    guard = start(*arguments, **options)
    print(guard.pid, flush=True)
    return guard
subprocess.Popen = started
prefect_runtime._end_with_us(pid)
os._exit(0)
"""


@pytest.mark.parametrize("earlier", [False, True])
def test_a_server_ends_with_its_run_and_nobody_who_got_its_number_later(earlier: bool) -> None:
    command = [sys.executable, "-c", GUARD]
    with subprocess.Popen(["sleep", "1000"]) as server:
        try:
            done = subprocess.run(
                [*command, str(server.pid), str(earlier)], cwd=ROOT, check=True, timeout=200, stdout=subprocess.PIPE
            )
            guard = int(done.stdout)
            wait_for(lambda: ended(guard), "the guard does not end")
            assert (server.poll() if earlier else server.wait(DEADLINE_S)) == (None if earlier else -signal.SIGTERM)
        finally:
            server.kill()


#: Killed while Prefect's temporary server starts, before any flow runs.
STARTING = """
import os, subprocess
from infra import prefect_runtime
from prefect.server.api.server import SubprocessASGIServer
sleep = lambda server: subprocess.Popen(["sleep", "1000"], stdout=subprocess.DEVNULL)
SubprocessASGIServer._run_uvicorn_command = sleep
prefect_runtime.guard_server()
print(SubprocessASGIServer()._run_uvicorn_command().pid, flush=True)
os._exit(0)
"""


@pytest.mark.slow
def test_a_server_that_only_starts_ends_with_its_run_too() -> None:
    """Prefect's own class takes the guard, which no quick test can show: Prefect's server takes seconds to import."""
    env = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    command = [sys.executable, "-c", STARTING]
    done = subprocess.run(command, cwd=ROOT, env=env, check=True, timeout=500, stdout=subprocess.PIPE)
    server = processes.process(int(done.stdout))
    try:
        wait_for(lambda: server is None or ended(server.pid), "the server does not end")
    finally:
        if server is not None:
            processes.end([server], within_s=5)


@pytest.mark.parametrize(
    ("ours", "prefects", "becomes"),
    [
        (logging.NOTSET, logging.INFO, logging.INFO),  # a worker's process
        (logging.NOTSET, logging.DEBUG, logging.DEBUG),  # PREFECT_LOGGING_LEVEL of the worker
        (logging.NOTSET, logging.NOTSET, logging.INFO),
        (logging.NOTSET, logging.ERROR, logging.NOTSET),  # never less than without Prefect
        (logging.NOTSET, logging.CRITICAL, logging.NOTSET),  # an embedded run
        (logging.INFO, logging.DEBUG, logging.INFO),  # the command line
        (logging.ERROR, logging.INFO, logging.ERROR),  # a logging file of the user's
    ],
)
def test_progress_reaches_the_log_of_a_workers_run(
    monkeypatch: pytest.MonkeyPatch, ours: int, prefects: int, becomes: int
) -> None:
    logger, extra = logging.getLogger("armature"), logging.getLogger("prefect.extra")
    monkeypatch.setattr(logger, "level", ours)
    monkeypatch.setattr(extra, "level", prefects)
    with prefect_runtime.flow_body():
        assert logger.level == becomes


def test_a_flow_that_is_terminated_ends_by_prefects_own_signal(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that Prefect takes the run for Crashed or Cancelled, while no code below flows has to know Prefect."""
    from prefect.exceptions import TerminationSignal

    monkeypatch.setattr(termination, "error", Terminated)
    monkeypatch.setattr(termination, "_since", None)  # as it was, afterwards
    with pytest.raises(TerminationSignal) as caught, prefect_runtime.flow_body():
        os.kill(os.getpid(), signal.SIGTERM)
        termination.check()
    assert isinstance(caught.value, Terminated) and caught.value.signal == signal.SIGTERM
