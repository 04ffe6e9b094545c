"""The run lock, with real processes on a local store and on a real S3 server. What they do is in lock_actor.py."""

from __future__ import annotations

import contextlib
import itertools
import json
import logging
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra import holder as holder_module
from infra.errors import StoreError
from infra.files import Files
from infra.holder import Holder
from infra.lease import MISSED_BEATS, RunHeldError, RunLock, RunLostError
from infra.store import Store
from tests.infra.conftest import S3Server

BEAT = 0.2
RUN = "quickstart/0a1b2c3d"
ROOT = Path(__file__).parents[2]


class Actor:
    def __init__(self, uri: str, host: str = "", beat_s: float = BEAT) -> None:
        argv = [sys.executable, str(Path(__file__).with_name("lock_actor.py")), uri, str(beat_s), *([host] if host else [])]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, bufsize=1)

    def tell(self, *command: Any) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")

    def answer(self) -> Any:
        assert self.process.stdout is not None
        assert select.select([self.process.stdout], [], [], 60)[0], "no answer for a minute"
        return json.loads(self.process.stdout.readline())

    def __call__(self, *command: Any) -> Any:
        self.tell(*command)
        return self.answer()

    def acquire(self, run: str = RUN) -> Any:
        return self("acquire", run, 0.0)

    def kill(self) -> None:
        """Not waited for: a zombie is dead too."""
        os.kill(self.process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)


@pytest.fixture(params=["file", pytest.param("s3", marks=pytest.mark.slow)])  # interpreters that load s3fs
def uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "file":
        return f"file://{tmp_path}/store"
    server: S3Server = request.getfixturevalue("s3")
    return f"s3://{server.bucket}/lease-{tmp_path.name}"


@pytest.fixture()
def actors(uri: str) -> Iterator[Callable[..., Actor]]:
    """Makes actors on the store, and ends them."""
    yield from _actors(uri)


@pytest.fixture()
def local(tmp_path: Path) -> str:
    return f"file://{tmp_path}/store"


@pytest.fixture()
def local_actors(local: str) -> Iterator[Callable[..., Actor]]:
    yield from _actors(local)


def _actors(uri: str) -> Iterator[Callable[..., Actor]]:
    made: list[Actor] = []

    def make(host: str = "", beat_s: float = BEAT, ready: bool = True) -> Actor:
        made.append(Actor(uri, host, beat_s))
        if ready:
            assert made[-1].answer() == "ready"
        return made[-1]

    try:
        yield make
    finally:
        for actor in made:
            actor.process.kill()
            actor.process.communicate()


def names(files: Files, run: str = RUN) -> list[str]:
    """Without a beat that is just being written."""
    return [name for name in files.list(f"locks/{run}") if not name.endswith(".tmp")]


def wait_for(what: Callable[[], Any], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.02)


def one_line(text: str) -> bool:
    return "\n" not in text and len(text) < 800


# -- races -----------------------------------------------------------------------------------------------------------------


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
        assert all(answer.startswith(f"RunHeldError: run {run} is held by pid {winners[0].process.pid} on host") for answer in others), others
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


def test_of_eight_exactly_one_takes_over_from_a_dead_one_elsewhere(local: str, local_actors: Callable[..., Actor]) -> None:
    victim = local_actors("far-away")
    assert victim.acquire() == "acquired"
    victim.kill()
    eight = [local_actors(ready=False) for _ in range(8)]
    for actor in eight:
        assert actor.answer() == "ready"
        actor.tell("acquire", RUN, 0.0)
    answers = [actor.answer() for actor in eight]
    assert sum(answer == "acquired" for answer in answers) == 1 and sum(answer.startswith("RunHeldError") for answer in answers) == 7, answers


def test_who_decided_long_ago_does_not_come_on_top_of_the_living(local: str, local_actors: Callable[..., Actor], monkeypatch: pytest.MonkeyPatch) -> None:
    """It finds generation 1 dead and sleeps; meanwhile the run is taken over, released, acquired again: by numbers used twice it would win."""
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
    time.sleep(3 * BEAT)
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
    """For five seconds six processes take the lock for some milliseconds; half of them die with it."""
    files, diary, end = Files(f"file://{tmp_path}/store"), tmp_path / "diary", time.monotonic() + 5

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
    while children or time.monotonic() < end:
        while len(children) < 6 and time.monotonic() < end:
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
    assert len(times) > 50, "it was taken often"
    assert all(before[1] < after[0] for before, after in itertools.pairwise(times))


# -- holders on this host --------------------------------------------------------------------------------------------------


def test_a_lock_held_here_names_its_holder_at_once(uri: str, actors: Callable[..., Actor]) -> None:
    actor = actors(beat_s=10.0)
    assert actor.acquire() == "acquired"
    wait_for(lambda: "00000001.beat" in names(Files(uri)))
    begin = time.monotonic()
    with pytest.raises(RunHeldError) as caught:
        RunLock(Files(uri), RUN).acquire()
    assert time.monotonic() - begin < 3, "no beat is waited for"
    text = str(caught.value)
    pid, host, time_ = actor.process.pid, re.escape(socket.gethostname()), r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00"
    held = rf"run {RUN} is held by pid {pid} on host {host} \(since {time_}\), last beat {time_}; "
    do = rf"wait until it ends, or stop it \(kill {pid} on {host}, which is .*lock_actor\.py .*\), and run again"
    assert re.fullmatch(held + do, text) and one_line(text), text
    os.kill(pid, signal.SIGSTOP)  # here a process that is there is alive, whether it beats or not
    with pytest.raises(RunHeldError):
        RunLock(Files(uri), RUN, 0.01).acquire()


def test_a_killed_holder_here_is_taken_over_at_once(uri: str, actors: Callable[..., Actor], caplog: pytest.LogCaptureFixture) -> None:
    actor = actors(beat_s=10.0)
    actor.acquire()
    actor.kill()
    begin = time.monotonic()
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(Files(uri), RUN) as lock:
        assert time.monotonic() - begin < 5, "no beat is waited for"
        assert not lock.lost
        lock.check()
    assert [line for line in caplog.messages if f"pid {actor.process.pid} on host" in line and line.endswith("is gone; taken over")]


def test_a_pid_that_was_given_to_another_process_is_not_the_holder(local: str) -> None:
    files = Files(local)
    mine = Holder.this_process(BEAT)
    parent = holder_module._started(os.getppid())
    assert parent is not None
    for pid, started, state in [(os.getppid(), parent, "runs"), (os.getppid(), parent - 1, "dead"), (os.getpid(), mine.started - 1, "dead")]:
        assert Holder(mine.host, mine.boot_id, pid, mine.pid_namespace, started, "", "t", "", BEAT).state() == state
    assert Holder(mine.host, mine.boot_id, mine.pid, "pid:[1]", mine.started, "", "t", "", BEAT).state() == "elsewhere", "another container's"
    assert Holder(mine.host, "another boot", mine.pid, mine.pid_namespace, mine.started, "", "t", "", BEAT).state() == "elsewhere"
    files.create(f"locks/{RUN}/00000001.json", Holder(mine.host, mine.boot_id, os.getppid(), mine.pid_namespace, parent - 1, "", "t", "", BEAT).to_bytes())
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


# -- holders elsewhere -----------------------------------------------------------------------------------------------------


def test_a_holder_elsewhere_that_beats_is_waited_for_and_held(uri: str, actors: Callable[..., Actor], caplog: pytest.LogCaptureFixture) -> None:
    actor = actors("far-away")
    actor.acquire()
    begin = time.monotonic()
    with caplog.at_level(logging.INFO, "armature.lease"), pytest.raises(RunHeldError, match=f"held by pid {actor.process.pid} on host far-away"):
        RunLock(Files(uri), RUN, 60.0).acquire()  # the holder's beat counts, not ours
    assert time.monotonic() - begin < 10
    assert f"run {RUN}: waiting to see whether pid {actor.process.pid} on host far-away" in caplog.text and "(up to 0.6 s)" in caplog.text
    assert actor("lost", RUN) is False


def test_a_holder_that_slept_over_three_beats_learns_that_it_lost(uri: str, actors: Callable[..., Actor]) -> None:
    sleeper, taker = actors("far-away"), actors()
    assert sleeper.acquire() == "acquired"
    assert sleeper("check", RUN) is None
    os.kill(sleeper.process.pid, signal.SIGSTOP)
    begin = time.monotonic()
    assert taker.acquire() == "acquired"
    assert time.monotonic() - begin >= MISSED_BEATS * BEAT * 0.9
    theirs = taker("commit", "by the new holder")
    sleeper.tell("lost", RUN)  # the first thing that it does when it wakes up
    os.kill(sleeper.process.pid, signal.SIGCONT)
    assert sleeper.answer() is True
    text = sleeper("check", RUN)
    assert text.startswith(f"RunLostError: run {RUN} was taken over by pid {taker.process.pid} on host {socket.gethostname()} (since "), text
    assert text.endswith("while this process slept or could not reach the store; this one stops; what it committed stands") and one_line(text)
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


def test_a_watcher_that_slept_starts_its_watch_again(local: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A gap in the watch is no silence of the holder: the store that was away for us was away for it."""
    files = Files(local)
    there = Holder("far-away", "b", 1, "n", 1, "", "t", "", BEAT)
    files.create(f"locks/{RUN}/00000001.json", there.to_bytes())
    looks, real = [0], Files.list

    def late(self: Files, name: str) -> list[str]:
        looks[0] += 1
        if looks[0] == 4:
            time.sleep(MISSED_BEATS * BEAT + 0.1)
        if looks[0] == 6:  # the first beat after the gap
            files.write(f"locks/{RUN}/00000001.beat", b"{}")
        return real(self, name)

    monkeypatch.setattr(Files, "list", late)
    with pytest.raises(RunHeldError, match="no beat yet"):
        RunLock(files, RUN, BEAT).acquire()


def test_a_holder_that_releases_while_it_is_watched_is_followed_at_once(local: str, local_actors: Callable[..., Actor]) -> None:
    files = Files(local)
    there = Holder("far-away", "b", 1, "n", 1, "", "t", "", 4.0)
    files.create(f"locks/{RUN}/00000001.json", there.to_bytes())
    actor = local_actors()
    begin = time.monotonic()
    actor.tell("acquire", RUN, 0.0)
    time.sleep(0.3)
    files.write(f"locks/{RUN}/00000001.json", replace(there, released="now").to_bytes())
    assert actor.answer() == "acquired"
    assert time.monotonic() - begin < MISSED_BEATS * 4.0 / 2


# -- release ---------------------------------------------------------------------------------------------------------------


def test_release_leaves_one_marked_object_and_is_safe_twice(uri: str) -> None:
    files = Files(uri)
    lock = RunLock(files, RUN, BEAT)
    lock.release()
    for generation in (1, 2):
        lock.acquire()
        thread = lock._thread
        assert thread is not None and thread.daemon, "it does not keep the process alive"
        wait_for(lambda generation=generation: f"0000000{generation}.beat" in names(files))
        lock.release()
        lock.release()
        thread.join(timeout=5)
        assert not thread.is_alive()
        assert names(files) == [f"0000000{generation}.json"]
        there = Holder.parse(files.read(f"locks/{RUN}/0000000{generation}.json"))
        assert there is not None and there.released is not None and there.pid == os.getpid()
    with pytest.raises(RuntimeError, match="does not hold"):
        lock.check()


def test_a_process_that_ends_without_release_ends(local: str) -> None:
    code = f"from infra.lease import RunLock; from infra.files import Files; RunLock(Files({local!r}), 'a/b', 0.05).acquire()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=30)
    with RunLock(Files(local), "a/b", BEAT):
        pass


def test_in_a_forked_child_it_is_not_held_and_not_released(local: str) -> None:
    files = Files(local)
    with RunLock(files, RUN, BEAT) as lock:
        child = os.fork()
        if child == 0:
            code = 1
            with contextlib.suppress(BaseException):
                lock.release()
                try:
                    lock.check()
                except RuntimeError:
                    code = 7
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        there = Holder.parse(files.read(f"locks/{RUN}/00000001.json"))
        assert there is not None and there.released is None and not lock.lost


# -- damage ----------------------------------------------------------------------------------------------------------------


def test_a_lock_deleted_by_hand_is_lost_and_its_number_not_used_again(uri: str) -> None:
    files = Files(uri)
    lock, thief = RunLock(files, RUN, BEAT), RunLock(files, RUN, BEAT)
    with lock:
        wait_for(lambda: "00000001.beat" in names(files))
        files.remove(f"locks/{RUN}/00000001.json")
        wait_for(lambda: lock.lost)
        with pytest.raises(RunLostError, match=rf"run {RUN}: its lock .*/00000001\.json is gone \(was it deleted by hand\?\); this one stops"):
            lock.check()
        thief.acquire()
        lock.release()
        assert not thief.lost and "00000002.json" in names(files)
    thief.release()


def test_a_folder_of_locks_deleted_by_hand_is_lost_to_the_next(local: str) -> None:
    files = Files(local)
    lock, thief = RunLock(files, RUN, 10.0), RunLock(files, RUN, BEAT)
    lock.acquire()
    wait_for(lambda: "00000001.beat" in names(files))
    files.remove(f"locks/{RUN}")
    thief.acquire()
    theirs = files.read(f"locks/{RUN}/00000001.json")
    assert lock._tenure is not None and not lock._verify(lock._tenure), "the same number, another's name"
    with pytest.raises(RunLostError, match="was taken over by pid"):
        lock.check()
    lock.release()
    assert files.read(f"locks/{RUN}/00000001.json") == theirs and not thief.lost
    thief.release()


def test_an_unreadable_lock_is_watched_and_named(uri: str, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(uri)
    name = f"locks/{RUN}/00000001.json"
    whole = Holder("far-away", "b", 1, "n", 1, "", "t", "", BEAT)
    for broken in (whole.to_bytes()[:-5], b"\xff", b"[]", b'{"host": "h"}', whole.to_bytes().replace(b'"pid": 1', b'"pid": "1"')):
        assert Holder.parse(broken) is None
    assert Holder.parse(whole.to_bytes()) == whole
    files.create(name, whole.to_bytes()[:-5])
    begin = time.monotonic()
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(files, RUN, BEAT):
        assert time.monotonic() - begin >= MISSED_BEATS * BEAT
    assert len([line for line in caplog.messages if f"{files.uri}/{name} (which cannot be read)" in line]) == 2, "it waits, it takes over"


def test_a_holder_whose_own_object_is_damaged_goes_on(local: str, local_actors: Callable[..., Actor]) -> None:
    actor, files = local_actors(), Files(local)
    actor.acquire()
    files.write(f"locks/{RUN}/00000001.json", b'{"host": "')
    with pytest.raises(RunHeldError, match=r"00000001\.json \(which cannot be read\), last beat .*its host and pid are not known") as caught:
        RunLock(files, RUN, BEAT).acquire()
    assert one_line(str(caught.value))
    assert actor("lost", RUN) is False


# -- a store that is away --------------------------------------------------------------------------------------------------


def test_a_local_store_that_is_away_for_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(f"file://{tmp_path}/store")
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(files, RUN, BEAT) as lock:
        wait_for(lambda: "00000001.beat" in names(files))
        (tmp_path / "store").rename(tmp_path / "away")
        (tmp_path / "store").write_bytes(b"")
        wait_for(lambda: "could not be kept" in caplog.text)
        lock.check()  # three beats have not passed: nobody can have taken over
        time.sleep(MISSED_BEATS * BEAT * 2)
        with pytest.raises(StoreError) as caught:
            lock.check()
        assert not isinstance(caught.value, RunLostError), "it is not known"
        (tmp_path / "store").unlink()
        (tmp_path / "away").rename(tmp_path / "store")
        lock.check()
        wait_for(lambda: "is kept again" in caplog.text)
        before = files.read(f"locks/{RUN}/00000001.beat")
        wait_for(lambda: files.read(f"locks/{RUN}/00000001.beat") != before)
    assert caplog.text.count("could not be kept") == 1, "said once"


class Relay:
    """A TCP relay that can be away: it refuses and cuts connections then."""

    def __init__(self, port: int) -> None:
        self.target, self.away, self._open = port, False, list[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours = self._listener.accept()[0]
                if self.away:
                    ours.close()
                    continue
                theirs = socket.create_connection(("127.0.0.1", self.target))
                self._open += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
        self._end(source, target)

    def _end(self, *sockets: socket.socket) -> None:
        for each in sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def go_away(self) -> None:
        self.away = True
        self._end(*self._open)

    def close(self) -> None:
        self._listener.close()
        self._end(*self._open)


@pytest.mark.slow
def test_an_s3_server_that_is_away_for_a_while(s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    direct = f"s3://{s3.bucket}/lease-{tmp_path.name}"
    relay = Relay(int(s3.endpoint.rpartition(":")[2]))
    seen = Files(direct)
    try:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{relay.port}")
        import s3fs

        s3fs.S3FileSystem.clear_instance_cache()
        with RunLock(Files(direct), RUN, BEAT) as lock:
            beat = f"locks/{RUN}/00000001.beat"
            wait_for(lambda: seen.size(beat) is not None)
            relay.go_away()
            time.sleep(BEAT)
            before = seen.read(beat)
            time.sleep(MISSED_BEATS * BEAT * 2)
            assert seen.read(beat) == before, "it is away"
            relay.away = False
            lock.check()
            wait_for(lambda: seen.read(beat) != before, 60)
            assert not lock.lost
        assert names(seen) == ["00000001.json"]
    finally:
        relay.close()


def test_a_lock_that_cannot_be_released_is_found_dead(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(f"file://{tmp_path}/store")
    lock = RunLock(files, RUN, BEAT)
    lock.acquire()
    (tmp_path / "store").rename(tmp_path / "away")
    (tmp_path / "store").write_bytes(b"")
    lock.release()
    assert "could not be released" in caplog.text
    (tmp_path / "store").unlink()
    (tmp_path / "away").rename(tmp_path / "store")
    begin = time.monotonic()
    with RunLock(files, RUN, 10.0):
        assert time.monotonic() - begin < 5, "in this process too, at once"
