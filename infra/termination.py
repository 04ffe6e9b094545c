"""SIGTERM: a machine that is taken away, a worker that is stopped, a run that is cancelled in Prefect's UI.

Work under way may finish for GRACE_S seconds, so that a shard or a training step that is nearly there is not lost; then
`Terminated` is raised. A second SIGTERM does not wait. In a flow `Terminated` is Prefect's TerminationSignal as well
(infra/prefect_runtime.py): the flow run ends as Crashed or Cancelled, the process by the signal.
"""

from __future__ import annotations

import logging
import signal
import threading
import time
from types import FrameType, TracebackType
from typing import Any, NoReturn, Self

log = logging.getLogger("armature")

SIGTERM = "SIGTERM"
GRACE_S = 10.0  # of the 20 s in all: the rest is for uploads under way and for ending the engines


class Terminated(BaseException):
    """The early end of work that SIGTERM has stopped. Not an Exception, so that nothing that handles errors goes on."""


class Termination:
    """The state of SIGTERM in this process.

    As a context manager it takes over SIGTERM in the main thread; in another thread it leaves the signal alone. `error`
    is the class that is raised, with the signal's number as its argument.
    """

    def __init__(self) -> None:
        self.error: type[Terminated] = Terminated
        self._since: float | None = None
        self.reason = SIGTERM  # in a run's record, the reason of its early end
        self._before: dict[int, Any] = {}

    @property
    def requested(self) -> bool:
        """Return True once SIGTERM has come."""
        return self._since is not None

    def request(self, reason: str) -> None:
        """Stop as SIGTERM does, without the time of grace: nothing is begun or tried again until `withdraw`."""
        if self._since is None:
            self._since, self.reason = time.monotonic(), reason

    def withdraw(self) -> None:
        """Take a request back, once the work that it was to stop has stopped. SIGTERM stays."""
        if self.reason != SIGTERM:
            self._since, self.reason = None, SIGTERM

    def check(self) -> None:
        """Raise `error` once SIGTERM has come. Called between two pieces of work."""
        if self.requested:
            self._leave()

    def left_s(self, total: float) -> float | None:
        """Return how many of `total` seconds since SIGTERM are left; None where no SIGTERM has come."""
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
        # The timer comes before the log line: the signal may have come in the midst of another log line, whose lock is
        # held below this frame and is never released while it waits.
        signal.setitimer(signal.ITIMER_REAL, GRACE_S)
        log.warning("SIGTERM: what is under way may finish for %.0f s", GRACE_S)

    def _leave(self) -> NoReturn:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        raise self.error(signal.SIGTERM)


termination = Termination()  # the one of this process
