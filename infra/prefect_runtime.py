"""Prefect without a server to start, its temporary server's life, and the frame of a flow's body.

The only module of infra that imports Prefect. A run without PREFECT_API_URL is embedded: Prefect starts a temporary
server, its home is under `.armature`, and the user's profile is ignored.
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
import psutil

from infra import processes
from infra.paths import HOME
from infra.termination import Terminated, termination

log = logging.getLogger("armature")

_LOOK_S = 0.5
_guarded: set[psutil.Process] = set()


def configure() -> None:
    """Set Prefect's environment variables. Has to be called before Prefect is imported.

    Does nothing to a Prefect that is loaded already (a worker, a deployment script). Where PREFECT_API_URL names a
    server it only keeps Prefect's log lines off the console.
    """
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "armature")
    # Lines that are logged before a run begins are for the console alone.
    os.environ.setdefault("PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW", "ignore")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if not glob.glob("/dev/nvidia[0-9]*"):
        # Else DeepSpeed, which transformers imports, warns that it has to guess.
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
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
    # An event that waits for its server would print otherwise.
    os.environ.setdefault("PREFECT_LOGGING_INTERNAL_LEVEL", "CRITICAL")


@contextlib.contextmanager
def flow_body() -> Iterator[None]:
    """Hold Prefect's temporary server, let progress into the run's log and take over SIGTERM, around a flow's body.

    `Terminated`, as the body sees it, is Prefect's TerminationSignal too, so that Prefect ends task and flow runs as it
    does after its own handling of the signal, as Crashed or Cancelled.
    """
    from prefect.exceptions import TerminationSignal

    class TerminatedFlow(Terminated, TerminationSignal):
        """Both, for the body and for Prefect."""

    termination.error = TerminatedFlow
    _let_progress_through()
    with server_kept(), termination:
        yield


def _let_progress_through() -> None:
    """Give our logger the level that Prefect keeps for loggers that are not its own.

    In a worker's process Prefect adds its handler to them and forgets the level: progress would never reach the run's
    log. One that somebody set, the command line or a logging file, stays.
    """
    level = logging.getLogger("prefect.extra").level or logging.INFO
    if log.level == logging.NOTSET and level < log.getEffectiveLevel():
        log.setLevel(level)


def guard_server() -> None:
    """Make the temporary server that Prefect is about to start end with this process, from its first moment on."""
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
    """Keep Prefect's temporary server up, and make it end with this process, however that ends.

    A server that ends before the flow is started again, on the same port and database: Prefect's clients try again, and
    nothing of the run is lost. A server that the user names is left alone.
    """
    module = sys.modules.get("prefect.server.api.server")
    server = module.SubprocessASGIServer() if module is not None else None
    if server is None or server.server_process is None:
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
    """Start the server again each time that it ends, until `over` is set."""
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
    """Start a guard that ends the server `pid` once this process has ended: Prefect does so at a normal exit only.

    The guard waits for the end of a pipe that only this process holds. Before it kills it looks whether the server
    still has the number: a server that ended hours ago was replaced, and another process may have its number by now. It
    is a shell that reads /proc, not Python with psutil, since it idles for as long as the run lasts.
    """
    server, started = processes.process(pid), processes.start_ticks(pid)
    if server is None or started is None or server in _guarded:
        return
    _guarded.add(server)
    theirs, _ours = os.pipe()  # ours stays open, and no child inherits it
    # In /proc/PID/stat, after the name: the state is the first field, the time of the start the twentieth.
    look = f"read _; at=$(cat /proc/{pid}/stat 2>/dev/null) && set -- ${{at##*) }}"
    guard = ["/bin/sh", "-c", f'{look} && [ "${{20}}" = {started} ] && kill {pid}']
    subprocess.Popen(guard, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(theirs)
