"""SIGTERM: a machine that is taken away, a worker that is stopped, a run that is cancelled in Prefect's UI.

What is under way may finish for GRACE_S seconds, so that a shard or a training step that is nearly there is not lost; then Prefect's own handling
goes on (its TerminationSignal: the flow run ends as Crashed or Cancelled, the process by the signal). A second SIGTERM does not wait.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, Self

from prefect.exceptions import TerminationSignal

log = logging.getLogger("armature")

SIGTERM = "SIGTERM"
GRACE_S = 10.0  # of the 20 s in all: the rest is for uploads under way and for ending the engines


class Termination:
    """`with termination:` in the main thread takes over SIGTERM; elsewhere it does nothing, and the signal does what it did."""

    def __init__(self) -> None:
        self._since: float | None = None
        self.reason = SIGTERM  # what a run's record says of its early end
        self._before: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Whether SIGTERM has come."""
        return self._since is not None

    def request(self, reason: str) -> None:
        """As if SIGTERM had come, without the time of grace: nothing is begun any more, and nothing tried again, until `withdraw`."""
        if self._since is None:
            self._since, self.reason = time.monotonic(), reason

    def withdraw(self) -> None:
        """Takes a request back, once what it was to stop has stopped. SIGTERM stays."""
        if self.reason != SIGTERM:
            self._since, self.reason = None, SIGTERM

    def check(self) -> None:
        """Between two pieces of work: raises prefect's TerminationSignal once SIGTERM has come."""
        if self.requested:
            self._leave()

    def left_s(self, total: float) -> float | None:
        """Of `total` seconds since SIGTERM, those that are left; None where none has come."""
        return None if self._since is None else max(0.0, self._since + total - time.monotonic())

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._since, self.reason = None, SIGTERM
            self._before = {
                number: signal.signal(number, self._on_signal) for number in (signal.SIGTERM, signal.SIGALRM)
            }
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._before:
            signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if number == signal.SIGALRM or self.requested:
            self._leave()
        self._since = time.monotonic()
        # Before anything is said: the signal may have come in the midst of another log line, whose lock is held below us and never let go.
        signal.setitimer(signal.ITIMER_REAL, GRACE_S)
        log.warning("SIGTERM: what is under way may finish for %.0f s", GRACE_S)

    def _leave(self) -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        raise TerminationSignal(signal.SIGTERM)


termination = Termination()  # a process has one SIGTERM
