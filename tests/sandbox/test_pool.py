"""A pool of slots, some of which are really lost: supervisors that are killed, hang, or send nonsense."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace

import psutil
import pytest

from sandbox import pool as pool_module
from sandbox import slot as slot_module
from sandbox.errors import SandboxError
from sandbox.inside import frames
from sandbox.job import Job, Limits, Result, Status
from sandbox.pool import Counters, Pool
from sandbox.slot import Slot, SlotLost
from tests.backends import require
from tests.sandbox.conftest import DEADLINE_S, LIMITS, eventually, new_slot, transport

SUM = Job("stdin", b"print(sum(map(int, input().split())))", stdin=b"1 2", limits=LIMITS)
ENDLESS = Job("stdin", b"import time; time.sleep(600)  # bad", limits=replace(LIMITS, cpu_s=600.0))


def opened(make: Callable[[int], Slot], slots: int = 1) -> tuple[Pool, Counters]:
    counters = Counters()
    pool = Pool(make, slots, counters)
    pool.start()
    return pool, counters


def slots() -> list[int]:
    """Return the processes of this process's jails: outer ones, supervisors, children."""
    below = psutil.Process().children(recursive=True)
    return [
        p.pid
        for p in below
        if p.status() != psutil.STATUS_ZOMBIE and any("sandbox.inside.boot" in part for part in p.cmdline())
    ]


def test_jobs_run_side_by_side(backend: str) -> None:
    both = threading.Barrier(2, timeout=DEADLINE_S)

    class Meeting(Slot):
        """A slot that begins a job when another slot begins one too."""

        def run(self, job: Job) -> Result:
            both.wait()
            return super().run(job)

    pool, counters = opened(lambda n: Meeting(transport(backend, n)), 2)
    try:
        results = [future.result(DEADLINE_S) for future in [pool.submit(SUM) for _ in range(4)]]
        assert all(r.stdout == b"3\n" for r in results)
        assert (counters.jobs, counters.slots_lost) == (4, 0)
    finally:
        both.abort()
        pool.close()


def test_a_killed_supervisor_costs_a_retry_not_a_verdict() -> None:
    require("jail")
    killed: list[int] = []

    class KilledOnce(Slot):
        """A slot whose first job is endless, so that its processes are killed during the job."""

        def run(self, job: Job) -> Result:
            if killed:
                return super().run(job)
            killed.extend(slots())
            threading.Timer(0.1, lambda: [os.kill(pid, signal.SIGKILL) for pid in killed]).start()
            return super().run(ENDLESS)

    pool, counters = opened(lambda n: KilledOnce(transport("jail", n)))
    try:
        result = pool.submit(SUM).result(DEADLINE_S)
        assert (result.status, result.stdout, result.attempts) == (Status.OK, b"3\n", 2)
        assert counters.slots_lost == 1
        assert pool.submit(SUM).result(DEADLINE_S).stdout == b"3\n"
    finally:
        pool.close()


class Fragile:
    """A real slot whose supervisor is killed each time it runs a program with the word `bad`."""

    def __init__(self, number: int) -> None:
        self._transport = transport("jail", number)
        self._slot = Slot(self._transport)

    def run(self, job: Job) -> Result:
        if job.program is not None and b"bad" in job.program:
            threading.Timer(0.05, self._transport.end).start()
        return self._slot.run(job)

    def __getattr__(self, name: str) -> object:
        return getattr(self._slot, name)


def test_a_job_that_brings_down_two_slots_is_judged() -> None:
    """Judge a job that loses two slots: else a program could avoid a bad reward by hanging the grader."""
    require("jail")
    pool, counters = opened(lambda n: Fragile(n))  # type: ignore[arg-type,return-value]
    try:
        result = pool.submit(ENDLESS).result(DEADLINE_S)
        assert result.status is Status.SIGNAL
        assert (result.attempts, counters.slots_lost) == (2, 2)
        assert pool.submit(SUM).result(DEADLINE_S).stdout == b"3\n"
    finally:
        pool.close()


def test_a_broken_sandbox_gives_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raise an error where the harmless program fails too."""
    require("jail")
    monkeypatch.setattr(pool_module, "_START_DELAYS_S", (0.01,))
    monkeypatch.setattr(pool_module, "_HARMLESS", ENDLESS)
    pool, counters = opened(lambda n: Fragile(n))  # type: ignore[arg-type,return-value]
    try:
        with pytest.raises(SandboxError, match="no slot holds"):
            pool.submit(ENDLESS).result(DEADLINE_S)
        assert counters.failures == 1
        assert pool.submit(SUM).result(DEADLINE_S).stdout == b"3\n", "the next one is not lost"
    finally:
        pool.close()


class Mute:
    """A transport whose supervisor greets and then never answers, or answers nonsense."""

    name = "mute"

    def __init__(self, answer: bytes = b"") -> None:
        self._data = bytearray(frames.pack({"ready": True}) + answer)
        self._ended = threading.Event()
        self.deadline = 0.0

    def send(self, data: bytes, deadline: float) -> None:
        pass

    def receive(self, size: int, deadline: float) -> bytes:
        self.deadline = deadline
        if len(self._data) < size:
            self._ended.wait(max(0.0, deadline - time.monotonic()))
            raise EOFError if self._ended.is_set() else TimeoutError
        taken = bytes(self._data[:size])
        del self._data[:size]
        return taken

    def end(self) -> str:
        self._ended.set()
        return "its last words"


def test_a_hung_supervisor_is_found_by_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slot_module, "_GRACE_S", 0.1)
    mute = Mute()
    slot = Slot(mute)
    began = time.monotonic()
    with pytest.raises(SlotLost, match="hung; its last words") as lost:
        slot.run(Job("stdin", b"", limits=Limits(wall_s=0.2)))
    assert lost.value.hung
    assert began + 0.3 <= mute.deadline < time.monotonic(), "the wall limit and the grace, from the start of the job"


@pytest.mark.parametrize("answer", [b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"\0\0\0\3xyz", b"\0\0\0\4null"])
def test_nonsense_loses_the_slot(answer: bytes) -> None:
    with pytest.raises(SlotLost, match="broke"):
        Slot(Mute(answer)).run(SUM)


class Soiled(Slot):
    """A slot that claims after a program with the word `dirty` that it could not be cleaned."""

    def run(self, job: Job) -> Result:
        result = super().run(job)
        self.usable = b"dirty" not in (job.program or b"")
        return result


def test_a_slot_that_could_not_be_cleaned_is_replaced() -> None:
    require("jail")
    made: list[Slot] = []

    def make(number: int) -> Slot:
        made.append(Soiled(transport("jail", number)))
        return made[-1]

    pool, counters = opened(make)
    try:
        assert pool.submit(Job("stdin", b"print(2)  # dirty", limits=LIMITS)).result(DEADLINE_S).stdout == b"2\n", (
            "its result counts"
        )
        assert pool.submit(SUM).result(DEADLINE_S).stdout == b"3\n"
        assert (counters.slots_retired, counters.slots_lost, len(made)) == (1, 0, 2)
        assert len(slots()) == 2, "the outer and the inner process of one slot"
    finally:
        pool.close()


def test_what_waits_when_it_closes_fails_with_an_error() -> None:
    require("jail")
    pool, _ = opened(lambda n: new_slot("jail", n))
    futures: list[Future[Result]] = [pool.submit(ENDLESS) for _ in range(3)]
    assert eventually(futures[0].running)
    pool.close()
    for future in futures:
        with pytest.raises(SandboxError, match="closed"):
            future.result(DEADLINE_S)
    with pytest.raises(SandboxError, match="closed"):
        pool.submit(SUM)
    assert slots() == []


@pytest.mark.parametrize(
    "error", [SandboxError("no such thing"), OSError(24, "no such thing"), SlotLost("no such thing")]
)
def test_slots_that_do_not_start_say_so(error: Exception) -> None:
    def make(number: int) -> Slot:
        raise error

    pool = Pool(make, 2, Counters())
    with pytest.raises(SandboxError, match="no such thing"):
        pool.start()


def test_an_answer_that_is_none_loses_the_slot() -> None:
    for reply in ({"status": "ok"}, {"status": "fine", "dirty": False}):
        with pytest.raises(SlotLost, match="no answer"):
            Slot(Mute(frames.pack(reply, [b"", b"", b""]))).run(SUM)
    with pytest.raises(SlotLost, match="no answer"):
        Slot(Mute(frames.pack({"status": "ok", "dirty": False}))).run(SUM)


def test_a_slot_that_is_there_after_the_close_is_ended() -> None:
    """End a slot that starts while the pool is closed, as by Ctrl-C."""
    started, go = threading.Event(), threading.Event()
    transport_of_it = Mute()

    def make(number: int) -> Slot:
        started.set()
        go.wait(DEADLINE_S)
        return Slot(transport_of_it)

    pool = Pool(make, 1, Counters())

    def start() -> None:
        with pytest.raises(SandboxError):
            pool.start()

    starter = threading.Thread(target=start)
    starter.start()
    started.wait(DEADLINE_S)
    closer = threading.Thread(target=pool.close)
    closer.start()
    assert eventually(lambda: pool._closed)
    go.set()
    starter.join(DEADLINE_S)
    closer.join(DEADLINE_S)
    assert transport_of_it._ended.is_set() and not starter.is_alive() and not closer.is_alive()
