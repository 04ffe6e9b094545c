"""Slots side by side, with slots that are lost for real: supervisors killed, hung, speaking nonsense."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

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
from tests.sandbox.conftest import LIMITS, new_slot, transport

SUM = Job("stdin", b"print(sum(map(int, input().split())))", stdin=b"1 2", limits=LIMITS)
SLOW = Job("stdin", b"import time; time.sleep(0.4); print(1)", limits=LIMITS)


def opened(make: Callable[[int], Slot], slots: int = 1) -> tuple[Pool, Counters]:
    counters = Counters()
    pool = Pool(make, slots, counters)
    pool.start()
    return pool, counters


def slots() -> list[int]:
    """The processes of this one's jails: outer ones, supervisors, children."""
    below = psutil.Process().children(recursive=True)
    return [
        p.pid
        for p in below
        if p.status() != psutil.STATUS_ZOMBIE and any("sandbox.inside.boot" in part for part in p.cmdline())
    ]


def test_jobs_run_side_by_side(backend: str) -> None:
    pool, counters = opened(lambda n: new_slot(backend, n), 2)
    try:
        began = time.monotonic()
        results = [future.result() for future in [pool.submit(SLOW) for _ in range(4)]]
        assert all(r.stdout == b"1\n" for r in results)
        assert time.monotonic() - began < 4 * 0.4, "two at a time"
        assert (counters.jobs, counters.slots_lost) == (4, 0)
    finally:
        pool.close()


def test_a_killed_supervisor_costs_a_retry_not_a_verdict() -> None:
    require("jail")
    pool, counters = opened(lambda n: new_slot("jail", n))
    try:
        future = pool.submit(SLOW)
        time.sleep(0.15)
        for pid in slots():
            os.kill(pid, signal.SIGKILL)
        result = future.result(timeout=20)
        assert (result.status, result.stdout, result.attempts) == (Status.OK, b"1\n", 2)
        assert counters.slots_lost == 1
        assert pool.submit(SUM).result(timeout=20).stdout == b"3\n"
    finally:
        pool.close()


class Fragile:
    """A real slot whose supervisor is killed while it runs a program with the word `bad`, each time."""

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
    """Else hanging the grader would be a way out of a bad reward."""
    require("jail")
    pool, counters = opened(lambda n: Fragile(n))  # type: ignore[arg-type,return-value]
    try:
        result = pool.submit(Job("stdin", b"import time; time.sleep(1)  # bad", limits=LIMITS)).result(timeout=30)
        assert result.status is Status.SIGNAL
        assert (result.attempts, counters.slots_lost) == (2, 2)
        assert pool.submit(SUM).result(timeout=20).stdout == b"3\n"
    finally:
        pool.close()


def test_a_broken_sandbox_is_nobodys_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The harmless program fails too: an error, not a result."""
    require("jail")
    monkeypatch.setattr(pool_module, "_START_DELAYS_S", (0.01,))
    monkeypatch.setattr(pool_module, "_HARMLESS", Job("stdin", b"import time; time.sleep(1)  # bad", limits=LIMITS))
    pool, counters = opened(lambda n: Fragile(n))  # type: ignore[arg-type,return-value]
    try:
        with pytest.raises(SandboxError, match="no slot holds"):
            pool.submit(Job("stdin", b"import time; time.sleep(1)  # bad", limits=LIMITS)).result(timeout=30)
        assert counters.failures == 1
        assert pool.submit(SUM).result(timeout=20).stdout == b"3\n", "the next one is not lost"
    finally:
        pool.close()


class Mute:
    """A transport whose supervisor greets and then never answers, or answers nonsense."""

    name = "mute"

    def __init__(self, answer: bytes = b"") -> None:
        self._data = bytearray(frames.pack({"ready": True}) + answer)
        self._ended = threading.Event()

    def send(self, data: bytes, deadline: float) -> None:
        pass

    def receive(self, size: int, deadline: float) -> bytes:
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
    slot = Slot(Mute())
    began = time.monotonic()
    with pytest.raises(SlotLost, match="hung; its last words") as lost:
        slot.run(Job("stdin", b"", limits=Limits(wall_s=0.2)))
    assert lost.value.hung and time.monotonic() - began < 2


@pytest.mark.parametrize("answer", [b"\xff\xff\xff\xff", b"\0\0\0\2{}", b"\0\0\0\3xyz", b"\0\0\0\4null"])
def test_nonsense_loses_the_slot(answer: bytes) -> None:
    with pytest.raises(SlotLost, match="broke"):
        Slot(Mute(answer)).run(SUM)


class Soiled(Slot):
    """Says after a program with the word `dirty` that it could not be made as new."""

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
        assert pool.submit(Job("stdin", b"print(2)  # dirty", limits=LIMITS)).result().stdout == b"2\n", (
            "its result counts"
        )
        assert pool.submit(SUM).result(timeout=20).stdout == b"3\n"
        assert (counters.slots_retired, counters.slots_lost, len(made)) == (1, 0, 2)
        assert len(slots()) == 2, "the outer and the inner process of one slot"
    finally:
        pool.close()


def test_what_waits_when_it_closes_fails_with_an_error() -> None:
    require("jail")
    pool, _ = opened(lambda n: new_slot("jail", n))
    futures: list[Future[Result]] = [pool.submit(SLOW) for _ in range(3)]
    time.sleep(0.1)
    pool.close()
    for future in futures:
        with pytest.raises(SandboxError, match="closed"):
            future.result(timeout=5)
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
    """Ctrl-C while it starts."""
    started, go = threading.Event(), threading.Event()
    transport_of_it = Mute()

    def make(number: int) -> Slot:
        started.set()
        go.wait(10)
        return Slot(transport_of_it)

    pool = Pool(make, 1, Counters())

    def start() -> None:
        with pytest.raises(SandboxError):
            pool.start()

    starter = threading.Thread(target=start)
    starter.start()
    started.wait(10)
    closer = threading.Thread(target=pool.close)
    closer.start()
    time.sleep(0.2)
    go.set()
    starter.join(20)
    closer.join(20)
    assert transport_of_it._ended.is_set() and not starter.is_alive() and not closer.is_alive()
