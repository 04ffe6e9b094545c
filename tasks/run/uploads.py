"""Checkpoints on their way into the store, beside the training: one at a time, so that the local disk holds one."""

from __future__ import annotations

import concurrent.futures
import contextlib
import logging
import threading
from types import TracebackType
from typing import Any, Protocol, Self

from infra.errors import StoreError
from infra.termination import Terminated, termination

log = logging.getLogger("armature")

_STOP_S = (
    13.0  # after SIGTERM, an upload under way has until then; the rest of the 20 s is for its end and the engines'
)
_END_S = 3.0  # an upload that was told to stop looks between two parts


class Upload(Protocol):
    """A future of Prefect's."""

    def result(self, timeout: float | None = None) -> Any:
        """Wait for the upload, at most `timeout` seconds. Raises its error, or TimeoutError."""


class Uploads:
    """`with Uploads() as uploads:`; at its end nothing is under way.

    An upload that failed raises in `wait`, or at the end unless something else did. `stop` is for whoever uploads:
    once it is set, it is given up.
    """

    def __init__(self) -> None:
        self.stop = threading.Event()
        self._last: Upload | None = None

    def add(self, upload: Upload) -> None:
        """Take over an upload under way; the one before has to have been waited for."""
        assert self._last is None, "wait first"
        self._last = upload

    def wait(self) -> None:
        """Wait until the last one is in the store."""
        if self._last is not None:
            self._last.result(timeout=None)
        self._last = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._leave(error)
            return
        try:
            self.wait()
        except BaseException as interruption:
            self._leave(interruption)
            raise

    def _leave(self, error: BaseException) -> None:
        """Wait as long as is right where `error` ends the run, and is the reason that is told.

        An error waits for the upload; a signal for a while; Ctrl-C not at all.
        """
        last, self._last = self._last, None
        if last is None:
            return
        left = (
            termination.left_s(_STOP_S)
            if isinstance(error, Terminated)
            else None
            if isinstance(error, Exception)
            else 0.0
        )
        try:
            last.result(timeout=left)
        except (TimeoutError, concurrent.futures.TimeoutError):
            log.warning("a checkpoint was still on its way into the store; it is left out, and made again")
            self.stop.set()
            with contextlib.suppress(TimeoutError, concurrent.futures.TimeoutError, StoreError, OSError):
                last.result(timeout=_END_S)
        except (StoreError, OSError) as failed:
            if failed is not error:
                log.warning("a checkpoint did not get into the store: %s", failed)
