"""Taking a run, with real processes (actor.py) on a local store and, in slow tests, on a real S3 server."""

from __future__ import annotations

import contextlib
import itertools
import logging
import os
import random
import re
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from infra.files import Files
from infra.lease import MISSED_BEATS, RunHeldError, RunLock, RunLostError
from infra.lease_holder import Holder
from infra.processes import start_ticks
from infra.store import Store
from tests.infra.lease.conftest import BEAT, RUN, Actor, Watching, names, one_line
from tests.infra.waiting import wait_for

# -- races -------------------------------------------------------------------------------------------------------------


def test_of_eight_exactly_one_gets_a_lock_that_is_free_released_or_dead(uri: str, actors: Callable[..., Actor]) -> None:
    eight = [actors(ready=False) for _ in range(8)]
    assert [actor.answer() for actor in eight] == ["ready"] * 8
    victim = actors()

    def race(run: str) -> Actor:
        moment = time.monotonic() + 0.2
        for actor in eight:
            actor.tell("acquire", run, moment)
        answers = [actor.answer() for actor in eight]
        winners = [actor for actor, answer in zip(eight, answers, strict=True) if answer == "acquired"]
        assert len(winners) == 1, answers
        others = [answer for answer in answers if answer != "acquired"]
        assert all(
            answer.startswith(f"RunHeldError: run {run} is held by pid {winners[0].process.pid} on host")
            for answer in others
        ), others
        assert winners[0]("lost", run) is False
        return winners[0]

    for number in range(3):
        race(f"free/{number}")("release", f"free/{number}")
        race(f"free/{number}")
    for run in ("dead/0", "dead/1", "dead/2"):
        assert victim.acquire(run) == "acquired"
    victim.kill()
    for run in ("dead/0", "dead/1", "dead/2"):
        race(run)
        assert [name for name in names(Files(uri), run) if name.endswith(".json")] == ["00000002.json"]


def test_of_eight_exactly_one_takes_over_from_a_dead_one_elsewhere(
    local: str, local_actors: Callable[..., Actor]
) -> None:
    victim = local_actors("far-away")
    assert victim.acquire() == "acquired"
    victim.kill()
    eight = [local_actors(ready=False) for _ in range(8)]
    for actor in eight:
        assert actor.answer() == "ready"
        actor.tell("acquire", RUN, 0.0)
    answers = [actor.answer() for actor in eight]
    assert (
        sum(answer == "acquired" for answer in answers) == 1
        and sum(answer.startswith("RunHeldError") for answer in answers) == 7
    ), answers


def test_who_decided_long_ago_does_not_come_on_top_of_the_living(
    local: str, local_actors: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It finds generation 1 dead and sleeps; meanwhile the run is taken over, released and acquired again: if numbers
    were used twice, it would win."""
    first, second, third = local_actors(), local_actors(), local_actors()
    first.acquire()
    first.kill()
    real = Files.create

    def create(self: Files, name: str, data: bytes) -> None:
        monkeypatch.setattr(Files, "create", real)
        assert second.acquire() == "acquired"
        second("release", RUN)
        assert third.acquire() == "acquired"
        real(self, name, data)

    monkeypatch.setattr(Files, "create", create)
    with pytest.raises(RunHeldError, match=f"pid {third.process.pid} "):
        RunLock(Files(local), RUN, BEAT).acquire()
    beat = Files(local).read(f"locks/{RUN}/00000003.beat")
    wait_for(lambda: Files(local).read(f"locks/{RUN}/00000003.beat") != beat)
    assert third("lost", RUN) is False
    assert names(Files(local)) == ["00000003.beat", "00000003.json"], "what the late one made is gone"


def test_an_acquisition_whose_first_answer_was_lost_is_ours(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    real = Files.create

    def twice(self: Files, name: str, data: bytes) -> None:
        real(self, name, data)
        real(self, name, data)  # a client that tries again after a reset

    monkeypatch.setattr(Files, "create", twice)
    with RunLock(Files(local), RUN, BEAT) as lock:
        assert not lock.lost


@pytest.mark.slow
def test_of_many_that_come_go_and_die_no_two_hold_it_at_once(tmp_path: Path) -> None:
    """Two hundred processes, six at a time, take the lock for some milliseconds; half of those that get it die with it.

    Slow: races that come by chance need many tries."""
    files, diary = Files(f"file://{tmp_path}/store"), tmp_path / "diary"

    def take_once(seed: int) -> None:
        rng, lock = random.Random(seed), RunLock(files, RUN, BEAT)
        with contextlib.suppress(RunHeldError):
            lock.acquire()
            begin = time.monotonic()
            time.sleep(rng.random() / 100)
            lock.check()
            with diary.open("a") as file:
                file.write(f"{begin} {time.monotonic()}\n")
            if rng.random() < 0.5:
                os._exit(0)
            lock.release()
        os._exit(0)

    children: set[int] = set()
    seed = 0
    while children or seed < 200:
        while len(children) < 6 and seed < 200:
            seed += 1
            child = os.fork()  # the local store's files are safe to fork
            if child == 0:
                try:
                    take_once(seed)
                finally:
                    os._exit(1)
            children.add(child)
        for child in list(children):
            ended, status = os.waitpid(child, os.WNOHANG)
            assert status == 0
            if ended:
                children.discard(child)
        time.sleep(0.001)
    times = sorted(tuple(map(float, line.split())) for line in diary.read_text().splitlines())
    assert len(times) > 10, "it was taken, and by many"
    assert all(before[1] < after[0] for before, after in itertools.pairwise(times))


# -- holders on this host ----------------------------------------------------------------------------------------------


def test_a_lock_held_here_names_its_holder_at_once(uri: str, actors: Callable[..., Actor], watching: Watching) -> None:
    actor = actors(beat_s=10.0)
    assert actor.acquire() == "acquired"
    wait_for(lambda: "00000001.beat" in names(Files(uri)))
    with pytest.raises(RunHeldError) as caught:
        RunLock(Files(uri), RUN).acquire()
    text = str(caught.value)
    pid, host, time_ = actor.process.pid, re.escape(socket.gethostname()), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    held = rf"run {RUN} is held by pid {pid} on host {host} \(since {time_}\), last beat {time_}; "
    do = rf"wait until it ends, or stop it \(kill {pid} on {host}, which is .*actor\.py .*\), and run again"
    assert re.fullmatch(held + do, text) and one_line(text), text
    os.kill(pid, signal.SIGSTOP)  # here a process that is there is alive, whether it beats or not
    with pytest.raises(RunHeldError):
        RunLock(Files(uri), RUN, 0.01).acquire()
    assert watching.pauses == [], "no beat is waited for"


def test_a_killed_holder_here_is_taken_over_at_once(
    uri: str, actors: Callable[..., Actor], watching: Watching, caplog: pytest.LogCaptureFixture
) -> None:
    actor = actors(beat_s=10.0)
    actor.acquire()
    actor.kill()
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(Files(uri), RUN) as lock:
        assert watching.pauses == [], "no beat is waited for"
        assert not lock.lost
        lock.check()
    assert [
        line
        for line in caplog.messages
        if f"pid {actor.process.pid} on host" in line and line.endswith("is gone; taken over")
    ]


def test_a_pid_that_was_given_to_another_process_is_not_the_holder(local: str) -> None:
    files = Files(local)
    mine = Holder.this_process(BEAT)
    parent = start_ticks(os.getppid())
    assert parent is not None
    for pid, started, state in [
        (os.getppid(), parent, "runs"),
        (os.getppid(), parent - 1, "dead"),
        (os.getpid(), mine.started - 1, "dead"),
    ]:
        assert Holder(mine.host, mine.boot_id, pid, mine.pid_namespace, started, "", "t", "", BEAT).state() == state
    assert (
        Holder(mine.host, mine.boot_id, mine.pid, "pid:[1]", mine.started, "", "t", "", BEAT).state() == "elsewhere"
    ), "another container's"
    assert (
        Holder(mine.host, "another boot", mine.pid, mine.pid_namespace, mine.started, "", "t", "", BEAT).state()
        == "elsewhere"
    )
    files.create(
        f"locks/{RUN}/00000001.json",
        Holder(mine.host, mine.boot_id, os.getppid(), mine.pid_namespace, parent - 1, "", "t", "", BEAT).to_bytes(),
    )
    with RunLock(files, RUN, BEAT):
        pass


def test_a_process_that_proc_hides_is_watched_not_taken_for_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = Holder.this_process(BEAT)
    hidden = Holder(mine.host, mine.boot_id, 2**22 + 1, mine.pid_namespace, 5, "", "t", "", BEAT)  # above any pid
    assert hidden.state() == "dead"

    def kill(pid: int, number: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "kill", kill)
    assert hidden.state() == "elsewhere"


def test_a_second_lock_in_this_process_is_held(local: str) -> None:
    files = Files(local)
    with RunLock(files, RUN, BEAT) as first:
        for lock in (RunLock(files, RUN, BEAT), first):
            with pytest.raises(RunHeldError, match=f"is held by pid {os.getpid()} "):
                lock.acquire()
        assert not first.lost
        with RunLock(files, "another/run", BEAT):
            pass
    with RunLock(files, RUN, BEAT), pytest.raises(RunHeldError):
        RunLock(files, RUN, BEAT).acquire()


# -- holders elsewhere -------------------------------------------------------------------------------------------------


def test_a_holder_elsewhere_that_beats_is_waited_for_and_held(
    uri: str, actors: Callable[..., Actor], caplog: pytest.LogCaptureFixture
) -> None:
    actor = actors("far-away", beat_s=2.0)
    actor.acquire()
    with (
        caplog.at_level(logging.INFO, "armature.lease"),
        pytest.raises(RunHeldError, match=f"held by pid {actor.process.pid} on host far-away"),
    ):
        RunLock(Files(uri), RUN, 60.0).acquire()  # the holder's beat counts, not ours
    assert (
        f"run {RUN}: waiting to see whether pid {actor.process.pid} on host far-away" in caplog.text
        and "(up to 6 s)" in caplog.text
    )
    assert actor("lost", RUN) is False


def test_a_holder_that_slept_over_three_beats_learns_that_it_lost(uri: str, actors: Callable[..., Actor]) -> None:
    sleeper, taker = actors("far-away"), actors()
    assert sleeper.acquire() == "acquired"
    assert sleeper("check", RUN) is None
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    assert taker.acquire() == "acquired"
    theirs = taker("commit", "by the new holder")
    sleeper.tell("lost", RUN)  # the first thing that it does when it wakes up
    os.kill(sleeper.process.pid, signal.SIGCONT)
    assert sleeper.answer() is True
    text = sleeper("check", RUN)
    assert text.startswith(
        f"RunLostError: run {RUN} was taken over by pid {taker.process.pid} on host {socket.gethostname()} (since "
    ), text
    assert text.endswith(
        "while this process slept or could not reach the store; this one stops; what it committed stands"
    ) and one_line(text)
    assert sleeper("commit", "by the one that slept") == theirs, "what the new holder committed stands"
    store = Store(uri)
    (key,) = store.files.list("steps/train")
    made = store.find("train", key)
    assert made is not None and store.read(made, "weights") == b"by the new holder"
    sleeper("release", RUN)
    assert taker("lost", RUN) is False and names(store.files) == ["00000002.beat", "00000002.json"]


@pytest.mark.parametrize("readable", [True, False])
def test_the_beat_thread_alone_finds_that_it_lost(local: str, readable: bool, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(local)
    with RunLock(files, RUN, BEAT) as lock:
        other = Holder.this_process(BEAT).to_bytes() if readable else b'{"host'
        files.create(f"locks/{RUN}/00000002.json", other)
        wait_for(lambda: lock._tenure is not None and lock._tenure.lost)
        with pytest.raises(RunLostError, match="was taken over"):
            lock.check()
        wait_for(lambda: "was taken over" in caplog.text)
        files.write(f"locks/{RUN}/00000001.beat", b"{}")  # one that was under way when it slept
    assert names(files) == ["00000002.json"], "what is not ours is left alone, what is ours goes"
    assert files.read(f"locks/{RUN}/00000002.json") == other


def elsewhere(files: Files, beat_s: float) -> Holder:
    """Put a holder into the store that no process here can see."""
    holder = Holder("far-away", "b", 1, "n", 1, "", "t", "", beat_s)
    files.create(f"locks/{RUN}/00000001.json", holder.to_bytes())
    return holder


def test_a_holder_elsewhere_is_watched_for_three_of_its_beats(local: str, watching: Watching) -> None:
    files = Files(local)
    elsewhere(files, 4.0)
    with RunLock(files, RUN, 60.0):
        assert watching.pauses == [1.0] * (4 * MISSED_BEATS)


def test_a_beat_in_the_last_moment_saves_a_holder_elsewhere(local: str, watching: Watching) -> None:
    files = Files(local)
    elsewhere(files, 4.0)

    def beat() -> None:
        if len(watching.pauses) == 4 * MISSED_BEATS:
            files.write(f"locks/{RUN}/00000001.beat", b"{}")

    watching.between = beat
    with pytest.raises(RunHeldError, match="on host far-away"):
        RunLock(files, RUN, 60.0).acquire()


def test_a_holder_that_releases_while_it_is_watched_is_followed_at_once(local: str, watching: Watching) -> None:
    files = Files(local)
    holder = elsewhere(files, 4.0)

    def release() -> None:
        if len(watching.pauses) == 2:
            files.write(f"locks/{RUN}/00000001.json", replace(holder, released="now").to_bytes())

    watching.between = release
    with RunLock(files, RUN, BEAT):
        assert len(watching.pauses) == 2


def test_a_watcher_that_slept_starts_its_watch_again(local: str, watching: Watching) -> None:
    """A gap in the watch is no silence of the holder: the store that was away for us was away for it."""
    files = Files(local)
    elsewhere(files, 4.0)

    def sleep_long() -> None:
        if len(watching.pauses) == 3:
            watching.pauses[-1] = 100.0
        if len(watching.pauses) == 3 + 4 * MISSED_BEATS:
            files.write(f"locks/{RUN}/00000001.beat", b"{}")

    watching.between = sleep_long
    with pytest.raises(RunHeldError, match="no beat yet"):
        RunLock(files, RUN, BEAT).acquire()
