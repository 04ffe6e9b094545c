"""Releasing a run, locks that are damaged or deleted, stores that are away."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.errors import StoreError
from infra.files import Files
from infra.lease import MISSED_BEATS, RunHeldError, RunLock, RunLostError, _Moment
from infra.lease_holder import Holder
from tests.infra.conftest import S3Server
from tests.infra.lease.conftest import BEAT, ROOT, RUN, Actor, Watching, names, one_line
from tests.infra.waiting import DEADLINE_S, wait_for

# -- release -----------------------------------------------------------------------------------------------------------


def test_release_leaves_one_marked_object_and_is_safe_twice(uri: str) -> None:
    files = Files(uri)
    lock = RunLock(files, RUN, DEADLINE_S)  # a release waits for the thread, a beat at most
    lock.release()
    for generation in (1, 2):
        lock.acquire()
        thread = lock._thread
        assert thread is not None and thread.daemon, "it does not keep the process alive"
        wait_for(lambda generation=generation: f"0000000{generation}.beat" in names(files))
        lock.release()
        lock.release()
        assert not thread.is_alive()
        assert names(files) == [f"0000000{generation}.json"]
        there = Holder.parse(files.read(f"locks/{RUN}/0000000{generation}.json"))
        assert there is not None and there.released is not None and there.pid == os.getpid()
    with pytest.raises(RuntimeError, match="does not hold"):
        lock.check()


def test_a_process_that_ends_without_release_ends(local: str) -> None:
    imports = "from infra.lease import RunLock; from infra.files import Files"
    code = f"{imports}; RunLock(Files({local!r}), 'a/b', 0.05).acquire()"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=DEADLINE_S)
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


# -- damage ------------------------------------------------------------------------------------------------------------


def test_a_lock_deleted_by_hand_is_lost_and_its_number_not_used_again(uri: str) -> None:
    files = Files(uri)
    lock, thief = RunLock(files, RUN, BEAT), RunLock(files, RUN, BEAT)
    with lock:
        wait_for(lambda: "00000001.beat" in names(files))
        files.remove(f"locks/{RUN}/00000001.json")
        wait_for(lambda: lock.lost)
        with pytest.raises(
            RunLostError,
            match=rf"run {RUN}: its lock .*/00000001\.json is gone \(was it deleted by hand\?\); this one stops",
        ):
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


def test_an_unreadable_lock_is_watched_and_named(
    uri: str, watching: Watching, caplog: pytest.LogCaptureFixture
) -> None:
    files = Files(uri)
    name = f"locks/{RUN}/00000001.json"
    whole = Holder("far-away", "b", 1, "n", 1, "", "t", "", BEAT)
    for broken in (
        whole.to_bytes()[:-5],
        b"\xff",
        b"[]",
        b'{"host": "h"}',
        whole.to_bytes().replace(b'"pid": 1', b'"pid": "1"'),
    ):
        assert Holder.parse(broken) is None
    assert Holder.parse(whole.to_bytes()) == whole
    files.create(name, whole.to_bytes()[:-5])
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(files, RUN, 4.0):
        assert watching.pauses == [1.0] * (4 * MISSED_BEATS)
    assert len([line for line in caplog.messages if f"{files.uri}/{name} (which cannot be read)" in line]) == 2, (
        "it waits, it takes over"
    )


def test_a_holder_whose_own_object_is_damaged_goes_on(local: str, local_actors: Callable[..., Actor]) -> None:
    actor, files = local_actors(), Files(local)
    actor.acquire()
    files.write(f"locks/{RUN}/00000001.json", b'{"host": "')
    with pytest.raises(
        RunHeldError, match=r"00000001\.json \(which cannot be read\), last beat .*its host and pid are not known"
    ) as caught:
        RunLock(files, RUN, BEAT).acquire()
    assert one_line(str(caught.value))
    assert actor("lost", RUN) is False


# -- a store that is away ----------------------------------------------------------------------------------------------


def test_a_local_store_that_is_away_for_a_while(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    files = Files(f"file://{tmp_path}/store")
    with caplog.at_level(logging.INFO, "armature.lease"), RunLock(files, RUN, BEAT) as lock:
        wait_for(lambda: "00000001.beat" in names(files))
        (tmp_path / "store").rename(tmp_path / "away")
        (tmp_path / "store").write_bytes(b"")
        wait_for(lambda: "could not be kept" in caplog.text)
        assert lock._tenure is not None
        now = _Moment()
        lock._tenure.sure = _Moment(now.boot + 1000, now.wall + 1000)
        lock.check()  # three beats have not passed: nobody can have taken over
        lock._tenure.sure = _Moment(now.boot - 1000, now.wall)
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
        self.target, self.away, self.refused, self._open = port, False, 0, list[socket.socket]()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                ours = self._listener.accept()[0]
                if self.away:
                    self.refused += 1
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
    """Slow: the retries of a real client against a real server, which a folder that is moved away does not have."""
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
            wait_for(lambda: relay.refused >= 3)
            before = seen.read(beat)
            wait_for(lambda: relay.refused >= 6)
            assert seen.read(beat) == before, "it is away"
            relay.away = False
            lock.check()
            wait_for(lambda: seen.read(beat) != before)
            assert not lock.lost
            lock.beat_s = DEADLINE_S  # a release waits for the thread, a beat at most
        assert names(seen) == ["00000001.json"]
    finally:
        relay.close()


def test_a_lock_that_cannot_be_released_is_found_dead(
    tmp_path: Path, watching: Watching, caplog: pytest.LogCaptureFixture
) -> None:
    files = Files(f"file://{tmp_path}/store")
    lock = RunLock(files, RUN, BEAT)
    lock.acquire()
    (tmp_path / "store").rename(tmp_path / "away")
    (tmp_path / "store").write_bytes(b"")
    lock.release()
    assert "could not be released" in caplog.text
    (tmp_path / "store").unlink()
    (tmp_path / "away").rename(tmp_path / "store")
    with RunLock(files, RUN, 10.0):
        assert watching.pauses == [], "in this process too, at once"
