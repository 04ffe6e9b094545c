"""Errors that a user can mend: one line on stderr and a non-zero exit."""

from __future__ import annotations

import contextlib
import logging
import os
import platform
import sys
from collections.abc import Iterator

import typer

from sandbox.errors import SandboxError
from specs.errors import ArmatureError
from tasks.errors import RegressionError

USER_ERRORS = (ArmatureError, SandboxError)
#: How the RuntimeErrors begin that Prefect 3.7 raises for a server that is not there.
_NO_SERVER = (
    "Failed to reach API",
    "Timed out while attempting to connect to ephemeral Prefect API server",
    "Unable to find an available port",
)


@contextlib.contextmanager
def reported() -> Iterator[None]:
    """Run a command's body, its log lines on stdout.

    Leave with status 1 and the reason on stderr for errors that a user can mend, with 130 after Ctrl-C.
    """
    _log_to_stdout()
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        _leave(f"error: Armature runs on Linux x86-64, not on {platform.system()} {platform.machine()}")
    try:
        yield
    except RegressionError as error:
        _leave(f"REGRESSION: {error}")
    except USER_ERRORS as error:
        _leave(f"error: {error}")
    except KeyboardInterrupt:
        _leave("interrupted; the same command goes on from here", status=130)
    except Exception as error:
        if (reason := _unreachable_server(error)) is None:
            raise
        _leave(reason)


def _log_to_stdout() -> None:
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("armature")
    logger.handlers[:] = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False


def _unreachable_server(error: Exception) -> str | None:
    """Return what to say of a Prefect server that does not answer; None for another error."""
    import httpx  # here: commands that call no server start without it

    if not isinstance(error, httpx.HTTPError) and not (
        isinstance(error, RuntimeError) and str(error).startswith(_NO_SERVER)
    ):
        return None
    reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
    if url := os.environ.get("PREFECT_API_URL"):
        return f"error: {url} does not answer ({reason}); start it, or unset PREFECT_API_URL to run embedded"
    return (
        f"error: Prefect's temporary server did not come up, or is gone ({reason}); start the same command again when "
        "the machine is less busy, give it longer (PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS, 120 here), or run "
        "`prefect server start` and set PREFECT_API_URL=http://127.0.0.1:4200/api"
    )


def _leave(text: str, status: int = 1) -> None:
    print(text, file=sys.stderr)
    raise typer.Exit(status)
