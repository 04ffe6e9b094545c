"""Checkpoints on their way into the store, beside the training: one at a time, so that the local disk holds one."""

from __future__ import annotations

import concurrent.futures
import logging
from types import TracebackType
from typing import Any, Protocol, Self

from infra.errors import StoreError
from infra.termination import termination

log = logging.getLogger("armature")

_STOP_S = 14.0  # after SIGTERM, an upload under way has until then


class Upload(Protocol):
    """A future of Prefect's."""

    def result(self, timeout: float | None = None) -> Any: ...


class Uploads:
    """`with Uploads() as uploads:`; at its end nothing is under way. An upload that failed raises in `wait`, or at the end unless something else did."""

    def __init__(self) -> None:
        self._last: Upload | None = None

    def add(self, upload: Upload) -> None:
        assert self._last is None, "wait first"
        self._last = upload

    def wait(self) -> None:
        """Until the last one is in the store."""
        last, self._last = self._last, None
        if last is not None:
            last.result(timeout=None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if kind is None:
            self.wait()
        elif self._last is not None:
            try:
                self._last.result(timeout=termination.left_s(_STOP_S))
            except (TimeoutError, concurrent.futures.TimeoutError):
                log.warning("a checkpoint was still on its way into the store; it is left out, and made again")
            except (StoreError, OSError) as failed:  # what ended the run is the reason that is told
                log.warning("a checkpoint did not get into the store: %s", failed)
