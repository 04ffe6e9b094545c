"""Prefect without a server to start: an embedded run keeps Prefect's home under `.armature` and ignores the user's profile.

It has to be called before Prefect is imported, and does nothing where Prefect is loaded already (a worker, a deployment
script). Where PREFECT_API_URL names a server it only keeps Prefect's log lines off the console.
"""

from __future__ import annotations

import glob
import os
import subprocess
import sys

from infra.paths import HOME


def configure() -> None:
    os.environ.setdefault("PREFECT_LOGGING_EXTRA_LOGGERS", "armature")
    os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
    os.environ.setdefault("DO_NOT_TRACK", "1")
    if not glob.glob("/dev/nvidia[0-9]*"):
        os.environ.setdefault("DS_ACCELERATOR", "cpu")  # else DeepSpeed, which transformers imports, warns that it has to guess
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


def end_server_with_us() -> None:
    """Called in a flow: Prefect's temporary server ends with this process, however that ends.

    Prefect stops it at a normal exit only. A shell waits for the end of a pipe that only we hold, so that SIGKILL, SIGTERM or the
    kernel's out-of-memory killer leave no server behind.
    """
    module = sys.modules.get("prefect.server.api.server")
    server = module.SubprocessASGIServer().server_process if module is not None else None
    if server is None:  # a server that the user names
        return
    theirs, _ours = os.pipe()  # ours stays open, and no child inherits it
    guard = ["/bin/sh", "-c", f"read _; kill {server.pid}"]
    subprocess.Popen(guard, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    os.close(theirs)
