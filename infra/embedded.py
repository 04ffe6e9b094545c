"""Prefect without a server to start: an embedded run keeps Prefect's home under `.armature` and ignores the user's profile.

It has to be called before Prefect is imported, and does nothing where Prefect is loaded already (a worker, a deployment
script). Where PREFECT_API_URL names a server it only keeps Prefect's log lines off the console.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from typing import Any

import httpx

from infra import processes
from infra.paths import HOME

log = logging.getLogger("armature")

_LOOK_S = 0.5
_guarded: set[processes.Process] = set()


def configure() -> None:
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "armature")
    os.environ.setdefault(
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore"
    )  # what is said before a run begins is for the console alone
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if not glob.glob("/dev/nvidia[0-9]*"):
        os.environ.setdefault(
            "DS_ACCELERATOR", "cpu"
        )  # else DeepSpeed, which transformers imports, warns that it has to guess
    if "prefect" in sys.modules:
        return
    # Progress and errors are printed by us; a line of Prefect for each task, and its tracebacks, would bury them.
    os.environ.setdefault("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    if os.environ.get("PREFECT_API_URL"):
        return
    home = HOME / "prefect"
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    os.environ["PREFECT_LOCAL_STORAGE_PATH"] = str(home / "storage")  # PREFECT_HOME does not move it
    os.environ["PREFECT_SERVER_ALLOW_EPHEMERAL_MODE"] = "true"
    os.environ.setdefault("PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS", "120")
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_LOGGING_LOGGERS_PREFECT_LEVEL", "CRITICAL")
    os.environ.setdefault(
        "PREFECT_LOGGING_INTERNAL_LEVEL", "CRITICAL"
    )  # of what an event that waits for its server would print


def guard_server() -> None:
    """Before Prefect starts its temporary server: it ends with this process from its first moment on, not only once a flow runs."""
    if os.environ.get("PREFECT_API_URL"):
        return
    from prefect.server.api.server import SubprocessASGIServer  # heavy, and about to be imported by Prefect itself

    start = SubprocessASGIServer._run_uvicorn_command

    def guarded(server: SubprocessASGIServer) -> subprocess.Popen[Any]:
        process = start(server)
        _end_with_us(process.pid)
        return process

    SubprocessASGIServer._run_uvicorn_command = guarded  # type: ignore[method-assign,assignment]


@contextlib.contextmanager
def server_kept() -> Iterator[None]:
    """Around a flow's body: Prefect's temporary server ends with this process, however that ends, and is started again, on the same port and database, should
    it end before the flow: Prefect's clients try again, and nothing of the run is lost."""
    module = sys.modules.get("prefect.server.api.server")
    server = module.SubprocessASGIServer() if module is not None else None
    if server is None or server.server_process is None:  # a server that the user names
        yield
        return
    _end_with_us(server.server_process.pid)
    over = threading.Event()
    watcher = threading.Thread(target=_revive, args=(server, over), daemon=True, name="prefect-server")
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join(timeout=_LOOK_S)  # a server that is being started is not waited for


def _revive(server: Any, over: threading.Event) -> None:
    while not over.wait(_LOOK_S):
        if server.server_process.poll() is not None:
            log.warning(
                "Prefect's temporary server ended (status %s); another one takes its place",
                server.server_process.returncode,
            )
            server.running = False
            try:
                server.start()
            except (RuntimeError, OSError, httpx.HTTPError) as error:
                log.warning("it could not be started (%s); trying again", error)
                continue
            _end_with_us(server.server_process.pid)


def _end_with_us(pid: int) -> None:
    """Prefect stops its server at a normal exit only. A shell waits for the end of a pipe that only we hold, so that SIGKILL, SIGTERM or the
    kernel's out-of-memory killer leave no server behind. It looks whether the server is still the process that has the number: one that ended
    hours ago was replaced, and by now its number may be anybody's."""
    server = processes.process(pid)
    if server is None or server in _guarded:
        return
    _guarded.add(server)
    theirs, _ours = os.pipe()  # ours stays open, and no child inherits it
    # Of /proc/PID/stat, what follows the name: the state is its first field, the time of the start its twentieth.
    guard = [
        "/bin/sh",
        "-c",
        f'read _; at=$(cat /proc/{pid}/stat 2>/dev/null) && set -- ${{at##*) }} && [ "${{20}}" = {server.started} ] && kill {pid}',
    ]
    subprocess.Popen(guard, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(theirs)
