"""An embedded run keeps Prefect's home under .armature; a server that the user names keeps the user's settings."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infra import processes
from infra.paths import HOME, ROOT

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
    """Home, storage, server and telemetry as a fresh Prefect sees them, started from another directory, the user's own home with a profile."""
    profile = tmp_path / "home" / ".prefect"
    profile.mkdir(parents=True)
    (profile / "profiles.toml").write_text(
        'active = "theirs"\n[profiles.theirs]\nPREFECT_API_URL = "http://127.0.0.1:1/api"\n'
    )
    clean = {name: text for name, text in os.environ.items() if not name.startswith("PREFECT_")}
    env = {**clean, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT), **environment}
    done = subprocess.run(
        [sys.executable, "-c", SHOW], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120
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


#: Ends at once, as a run that is killed does. `earlier`: the server that it guards was another process with the same number.
GUARD = """
import os, sys
from infra import prefect_runtime, processes
pid, earlier = int(sys.argv[1]), sys.argv[2] == "True"
if earlier:
    processes.process = lambda pid: processes.Process(pid, 1)
prefect_runtime._end_with_us(pid)
os._exit(0)
"""


@pytest.mark.parametrize("earlier", [False, True])
def test_a_server_ends_with_its_run_and_nobody_who_got_its_number_later(earlier: bool) -> None:
    with subprocess.Popen(["sleep", "30"]) as server:
        try:
            subprocess.run(
                [sys.executable, "-c", GUARD, str(server.pid), str(earlier)], cwd=ROOT, check=True, timeout=20
            )
            ended = server.wait(timeout=1.0 if earlier else 10.0)
        except subprocess.TimeoutExpired:
            ended = 0
        finally:
            server.kill()
    assert ended == (0 if earlier else -signal.SIGTERM)


#: Killed while Prefect's temporary server starts, before any flow runs.
STARTING = """
import os, subprocess
from infra import prefect_runtime
from prefect.server.api.server import SubprocessASGIServer
SubprocessASGIServer._run_uvicorn_command = lambda server: subprocess.Popen(["sleep", "60"])
prefect_runtime.guard_server()
print(SubprocessASGIServer()._run_uvicorn_command().pid, flush=True)
os._exit(0)
"""


def test_a_server_that_only_starts_ends_with_its_run_too() -> None:
    env = {name: text for name, text in os.environ.items() if name != "PREFECT_API_URL"}
    with subprocess.Popen(
        [sys.executable, "-c", STARTING], cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True
    ) as run:
        assert run.stdout is not None
        server = processes.process(int(run.stdout.readline()))
    deadline = time.monotonic() + 10.0
    while server is not None and server.alive and time.monotonic() < deadline:
        time.sleep(0.05)
    ended = server is None or not server.alive
    if server is not None:
        server.kill()
    assert ended
