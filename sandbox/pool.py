"""A pool of slots that take jobs from one queue. A lost slot is replaced, and its job runs again on a fresh one.

Where a job loses two slots and a harmless program then runs on a fresh one, the job itself brought the slots down. That
is a verdict: else a program could avoid a bad reward by hanging the grader. Where the harmless program fails too, the
sandbox is broken: SandboxError, never a verdict.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass, replace

from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Result, Status
from sandbox.slot import Slot, SlotLost

log = logging.getLogger("armature.sandbox")

_TRIES = 2
_START_DELAYS_S = (0.5, 2.0, 5.0)  # before further attempts to start a slot: an engine may be restarting
_NO_SLOT = (SandboxError, SlotLost, OSError)  # OSError: out of processes, descriptors or disk space
_HARMLESS = Job("stdin", b"print(1)", limits=Limits(cpu_s=2.0))


@dataclass(slots=True)
class Counters:
    """Counts over all slots since the start."""

    jobs: int = 0
    slots_lost: int = 0
    slots_retired: int = 0  # slots that could not be cleaned after a job
    failures: int = 0  # jobs that no slot could run


class Pool:
    """Slots with a worker thread each. Usable from any thread.

    make: starts slot `number`; it is called again for the same number where a slot was lost.
    """

    def __init__(self, make: Callable[[int], Slot], slots: int, counters: Counters) -> None:
        self._make, self._counters = make, counters
        self._queue: queue.SimpleQueue[tuple[Job, Future[Result]] | None] = queue.SimpleQueue()
        self._slots: list[Slot | None] = [None] * slots
        self._closed = False
        self._lock = threading.Lock()
        self._threads = [
            threading.Thread(target=self._work, args=(n,), name=f"sandbox-{n}", daemon=True) for n in range(slots)
        ]
        self._ready: queue.SimpleQueue[BaseException | None] = queue.SimpleQueue()

    def start(self) -> None:
        """Start all slots. Where one does not start, end the others and raise SandboxError."""
        for thread in self._threads:
            thread.start()
        failed = [error for error in (self._ready.get() for _ in self._threads) if error is not None]
        if failed:
            self.close()
            raise SandboxError(str(failed[0])) from failed[0]

    def submit(self, job: Job) -> Future[Result]:
        """Queue a job and return a future of its result, whose exception is a SandboxError."""
        future: Future[Result] = Future()
        with self._lock:  # nothing is put after `close` has emptied the queue
            if self._closed:
                raise SandboxError("the sandbox is closed")
            self._queue.put((job, future))
        return future

    def close(self) -> None:
        """End all slots. Jobs that wait or run fail with a SandboxError."""
        with self._lock:
            self._closed = True
            slots = [slot for slot in self._slots if slot is not None]
        for _ in self._threads:
            self._queue.put(None)
        for slot in slots:
            slot.end()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(timeout=30)
        with contextlib.suppress(queue.Empty):
            while True:
                waiting = self._queue.get_nowait()
                if waiting is not None and waiting[1].set_running_or_notify_cancel():
                    waiting[1].set_exception(SandboxError("the sandbox was closed"))

    # -- a worker ----------------------------------------------------------------------------------------------------

    def _work(self, number: int) -> None:
        """Start slot `number` and run jobs on it until the pool is closed."""
        try:
            self._keep(number, self._make(number))
        except _NO_SLOT as error:
            self._ready.put(error)
            return
        self._ready.put(None)
        while (item := self._queue.get()) is not None:
            job, future = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = self._run(number, job)
            except SandboxError as error:
                self._counters.failures += 1
                future.set_exception(error)
            except Exception as error:  # a fault of the sandbox: the slot's stream may be out of step, so it is dropped
                self._counters.failures += 1
                future.set_exception(SandboxError(f"the sandbox failed over a job: {type(error).__name__}: {error}"))
                self._drop(number)
            else:
                self._counters.jobs += 1
                with contextlib.suppress(InvalidStateError):
                    future.set_result(result)
            slot = self._slots[number]
            if slot is not None and not slot.usable and not self._closed:
                self._counters.slots_retired += 1
                log.warning("sandbox: %s could not be cleaned after a job; it is replaced", slot.name)
                slot.end()
                self._slots[number] = None

    def _run(self, number: int, job: Job) -> Result:
        """Run a job, again where its slot is lost, and decide whose fault a second loss is."""
        lost: list[SlotLost] = []
        while len(lost) < _TRIES:
            try:
                return replace(self._slot(number).run(job), attempts=len(lost) + 1)
            except SlotLost as error:
                self._lose(number, error)
                lost.append(error)
        if any(error.unconfined for error in lost):
            raise SandboxError(f"no slot holds: {lost[-1]}") from lost[-1]
        try:
            harmless = self._slot(number).run(_HARMLESS)
        except SlotLost as error:
            self._lose(number, error)
            raise SandboxError(f"no slot holds: {error}") from error
        if harmless.status is not Status.OK:
            raise SandboxError(f"a harmless program ended with {harmless.status} ({harmless.stderr[-200:]!r})")
        log.warning("sandbox: a job brought down two slots in turn, on which a harmless one runs: %s", lost[-1])
        status = Status.WALL_LIMIT if all(error.hung for error in lost) else Status.SIGNAL
        return Result(
            status,
            9,
            b"",
            str(lost[-1]).encode(),
            b"",
            cpu_s=0.0,
            wall_s=job.limits.wall,
            memory_bytes=0,
            attempts=_TRIES,
        )

    def _slot(self, number: int) -> Slot:
        """Return the worker's slot, starting a new one where it has none."""
        slot = self._slots[number]
        for delay in (*_START_DELAYS_S, None):
            if slot is not None:
                return slot
            if self._closed:
                break
            try:
                slot = self._make(number)
            except _NO_SLOT as error:
                if delay is None:
                    raise SandboxError(f"no slot can be started: {error}") from error
                time.sleep(delay)
                continue
            self._keep(number, slot)
        raise SandboxError("the sandbox was closed")

    def _keep(self, number: int, slot: Slot) -> None:
        """Store a worker's new slot, or end it where the pool was closed while it started."""
        with self._lock:
            self._slots[number] = slot
            closed = self._closed
        if closed:
            slot.end()
            raise SandboxError("the sandbox was closed")

    def _drop(self, number: int) -> None:
        """End a worker's slot."""
        slot, self._slots[number] = self._slots[number], None
        if slot is not None:
            slot.end()

    def _lose(self, number: int, error: SlotLost) -> None:
        """Count a lost slot, or raise SandboxError where it was lost because the pool was closed."""
        self._slots[number] = None
        if self._closed:
            raise SandboxError("the sandbox was closed") from error
        self._counters.slots_lost += 1
        log.warning("sandbox: %s", error)
