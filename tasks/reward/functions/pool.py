"""Worker processes that answer calls within their deadlines: batches of calls to each, killed where one call hangs.

A call has one attempt here. What follows from its end (another attempt, single responses, an error) is decided by who
takes the results, who may add calls while they come.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import selectors
import signal
import socket
import time
from collections import deque
from collections.abc import Callable, Generator
from dataclasses import dataclass, field

from tasks.reward.functions.calling import Answer, Fault, Request
from tasks.reward.processes.fork_server import ONE_THREAD, ROOT, ForkServer
from tasks.reward.processes.messages import receive_bytes, send_file

_MOST_CALLS = 32  # of a batch
_SHARE = 4  # a batch is at most this part of what a worker's share of the waiting calls is, so that all end together
_REPLY_S = 60.0  # for the rest of a reply that a worker has begun to send


@dataclass(frozen=True, slots=True)
class Call:
    """A call of the function on `count` responses of a group, from `first` on, within `limit_s` seconds.

    split: the group's own call has ended its worker. deaths: workers that died on this call before.
    """

    group: int
    first: int
    count: int
    limit_s: float
    split: bool = False
    deaths: int = 0


@dataclass(frozen=True, slots=True)
class Ended:
    """The end of a call's worker: at its deadline (`hung`), or by itself; `how` says so."""

    hung: bool
    how: str


Outcome = tuple[Call, Answer | Fault | Ended]


@dataclass(slots=True)
class _Worker:
    """A worker process, its socket, its calls in order, and the deadline of the first (of the monotonic clock)."""

    pid: int
    sock: socket.socket
    calls: deque[Call] = field(default_factory=deque)
    until: float = 0.0


@dataclass(slots=True)
class Pool:
    """A fork server of a user's function, and `workers` workers of it. Used by one thread at a time."""

    workers: int
    _server: ForkServer = field(default_factory=lambda: ForkServer("tasks.reward.functions.worker"))
    _idle: list[_Worker] = field(default_factory=list)
    _busy: list[_Worker] = field(default_factory=list)

    @property
    def pids(self) -> list[int]:
        """Return the process ids of the fork server and its workers."""
        return ([self._server.pid] if self._server.pid else []) + [w.pid for w in (*self._idle, *self._busy)]

    def start(self, request: object) -> object:
        """Start the server, let it load the function, and return its greeting. OSError, EOFError if it does not."""
        path = os.pathsep.join(each for each in (str(ROOT), os.environ.get("PYTHONPATH")) if each)
        seeded = {"PYTHONPATH": path, "PYTHONHASHSEED": "0"}
        return self._server.start({**ONE_THREAD, **os.environ, **seeded}, request)

    def run(self, calls: deque[Call], pack: Callable[[Call], Request]) -> Generator[Outcome, None, None]:
        """Yield each call with what came of it, in any order, until `calls` is empty; calls may be added meanwhile.

        OSError or EOFError where the server is gone. After them, and where the iterator is not used up, close the pool:
        its workers are busy with calls that nobody waits for.
        """
        with selectors.DefaultSelector() as selector:
            while calls or self._busy:
                while calls and len(self._busy) < self.workers:
                    worker = self._idle.pop() if self._idle else self._fork()
                    self._busy.append(worker)
                    selector.register(worker.sock, selectors.EVENT_READ, worker)
                    self._hand_out(worker, calls, pack)
                for worker in self._busy:
                    if len(worker.calls) == 1 and len(calls) > _SHARE * self.workers:
                        self._hand_out(worker, calls, pack)  # while it is at its last call, so that it need not wait
                ready = selector.select(max(0.0, min(w.until for w in self._busy) - time.monotonic()))
                replies = [(key.data, _reply(key.data)) for key, _ in ready]
                now, answered = time.monotonic(), {id(worker) for worker, _ in replies}
                replies += [(w, None) for w in self._busy if now >= w.until and id(w) not in answered]
                for worker, reply in replies:
                    call = worker.calls.popleft()
                    worker.until = now + worker.calls[0].limit_s if worker.calls else 0.0
                    if reply is None or not worker.calls:
                        selector.unregister(worker.sock)
                        self._busy.remove(worker)
                    if reply is None:
                        calls.extendleft(reversed(worker.calls))
                        yield call, self._ended(worker, hung=id(worker) not in answered)
                        continue
                    if not worker.calls:
                        self._idle.append(worker)
                    yield call, reply

    def close(self) -> None:
        """End all processes."""
        for worker in (*self._idle, *self._busy):
            worker.sock.close()
        self._idle, self._busy = [], []
        self._server.stop()

    def error_text(self) -> str:
        """Return the last lines that the server wrote to its standard error."""
        return self._server.error_text()

    def _hand_out(self, worker: _Worker, calls: deque[Call], pack: Callable[[Call], Request]) -> None:
        """Send a worker the next calls."""
        count = min(_MOST_CALLS, 1 + len(calls) // (_SHARE * self.workers))
        batch = [calls.popleft() for _ in range(min(count, len(calls)))]
        with contextlib.suppress(ConnectionError):  # a dead worker shows as readable at once
            send_file(worker.sock, pickle.dumps([pack(call) for call in batch], 5))
        if not worker.calls:
            worker.until = time.monotonic() + batch[0].limit_s
        worker.calls.extend(batch)

    def _fork(self) -> _Worker:
        pid, sock = self._server.fork()
        sock.settimeout(_REPLY_S)
        return _Worker(pid, sock)

    def _ended(self, worker: _Worker, hung: bool) -> Ended:
        """Kill a worker and what it has left behind; return how it ended."""
        worker.sock.close()
        status = self._server.kill(worker.pid)
        if hung:
            return Ended(True, "")
        if os.WIFSIGNALED(status):
            return Ended(False, f"its process was ended by {signal.Signals(os.WTERMSIG(status)).name}")
        return Ended(False, f"its process ended with status {os.WEXITSTATUS(status)}")


def _reply(worker: _Worker) -> Answer | Fault | None:
    """Return a worker's next reply; None if it is dead, or sends what is none."""
    try:
        reply = pickle.loads(receive_bytes(worker.sock))
    except (EOFError, OSError, pickle.UnpicklingError):
        return None
    return reply if isinstance(reply, Answer | Fault) else None
