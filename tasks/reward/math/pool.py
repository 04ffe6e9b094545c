"""Worker processes for comparisons that may hang: started when first needed, killed at the deadline, replaced.

Each item has one deadline, shared by two attempts: a worker that dies or hangs is replaced, and the item gets a second
attempt on a fresh one (the machine may have been at fault). A second failure counts as the answer's fault. A pool that
cannot start raises VerifierError, which says nothing about an answer.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tasks.reward.processes.fork_server import ForkServer, environment_without_credentials
from tasks.reward.processes.messages import receive, send

_SHARES = (0.6, 0.35)  # of the deadline for the first and the second attempt; the rest is for killing and forking


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one item.

    `failure` says what ended its workers, None if one answered; `seconds` is wall time; `form` is a canonical form that
    only a worker finds, "" if there is none.
    """

    accepted: bool
    failure: VerdictKind | None
    detail: str
    seconds: float
    form: str = ""


@dataclass(slots=True)
class _Worker:
    """A worker process, its socket, and its item with begin and deadline (seconds of the monotonic clock)."""

    pid: int
    sock: socket.socket
    item: int = -1
    since: float = 0.0
    until: float = 0.0


@dataclass(slots=True)
class _Tally:
    """The attempts at one item so far."""

    attempts: int = 0
    seconds: float = 0.0
    failure: VerdictKind = VerdictKind.TIME_LIMIT


@dataclass(slots=True)
class Pool:
    """A pool of `workers` processes that ends each item within `deadline_s` seconds. Safe to call from any thread."""

    deadline_s: float
    workers: int
    _server: ForkServer = field(default_factory=lambda: ForkServer("tasks.reward.math.worker"))
    _idle: list[_Worker] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the fork server and its idle workers."""
        return ([self._server.pid] if self._server.pid else []) + [w.pid for w in self._idle]

    def run(self, pairs: Sequence[tuple[str, str]]) -> list[Outcome]:
        """Return the outcomes of (gold, given) pairs, in order. VerifierError if no worker starts."""
        with self._lock:
            try:
                return self._run(pairs)
            except (OSError, EOFError) as error:
                detail = self._server.error_text()
                self._stop()
                raise VerifierError(
                    f"the workers of the mathematics verifier are gone ({type(error).__name__}: {error}); {detail}"
                ) from error
            except BaseException:
                self._stop()
                raise

    def close(self) -> None:
        """End all processes."""
        with self._lock:
            self._stop()

    # -- one batch ------------------------------------------------------------------------------------------------
    def _run(self, pairs: Sequence[tuple[str, str]]) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}
        tallies = [_Tally() for _ in pairs]
        waiting = deque(range(len(pairs)))
        busy: list[_Worker] = []
        if pairs and self._server.pid is None:
            self._server.start(environment_without_credentials())
        with selectors.DefaultSelector() as selector:
            while waiting or busy:
                while waiting and len(busy) < self.workers:
                    item = waiting.popleft()
                    worker = self._worker(fresh=tallies[item].attempts > 0)
                    worker.item, worker.since = item, time.monotonic()
                    worker.until = worker.since + self.deadline_s * _SHARES[tallies[item].attempts]
                    busy.append(worker)
                    selector.register(worker.sock, selectors.EVENT_READ, worker)
                    with contextlib.suppress(ConnectionError):  # a dead worker shows as readable at once
                        send(worker.sock, list(pairs[worker.item]))
                ready = selector.select(max(0.0, min(w.until for w in busy) - time.monotonic()))
                now = time.monotonic()
                finished: list[tuple[_Worker, Outcome | None]] = [
                    (k.data, self._reply(k.data, tallies[k.data.item], now)) for k, _ in ready
                ]
                answered = {id(w) for w, _ in finished}
                finished += [(w, None) for w in busy if now >= w.until and id(w) not in answered]
                for worker, outcome in finished:
                    selector.unregister(worker.sock)
                    busy.remove(worker)
                    if outcome is not None:
                        outcomes[worker.item] = outcome
                        self._idle.append(worker)
                        continue
                    tally = tallies[worker.item]
                    tally.attempts += 1
                    tally.seconds += now - worker.since
                    if now < worker.until:
                        tally.failure = VerdictKind.RUNTIME_ERROR
                    self._kill(worker)
                    if tally.attempts < 2:
                        waiting.appendleft(worker.item)
                    else:
                        outcomes[worker.item] = Outcome(
                            False, tally.failure, f"its worker was ended twice ({tally.failure})", tally.seconds
                        )
        return [outcomes[k] for k in range(len(pairs))]

    def _reply(self, worker: _Worker, tally: _Tally, now: float) -> Outcome | None:
        """Return the worker's reply; None if it has died."""
        try:
            reply = receive(worker.sock)
        except (EOFError, OSError):
            return None
        assert isinstance(reply, dict)
        failure = VerdictKind.MEMORY_LIMIT if reply["detail"] == "memory" else None
        seconds = tally.seconds + now - worker.since
        return Outcome(bool(reply["accepted"]), failure, str(reply["detail"]), seconds, str(reply["form"]))

    def _worker(self, fresh: bool) -> _Worker:
        """Return an idle worker, or a new one; for a second attempt a `fresh` one, as idle ones may be dead too."""
        if self._idle and fresh:
            self._kill(self._idle.pop())
        return self._idle.pop() if self._idle and not fresh else _Worker(*self._server.fork())

    # -- processes ------------------------------------------------------------------------------------------------
    def _kill(self, worker: _Worker) -> None:
        self._server.kill(worker.pid)
        worker.sock.close()

    def _stop(self) -> None:
        for worker in self._idle:
            worker.sock.close()
        self._idle = []
        self._server.stop()
