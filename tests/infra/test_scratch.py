"""Scratch folders go with their process, and no living one's, whatever pids, hosts and containers there are."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from infra import scratch
from infra.processes import here
from specs.paths import REPOSITORY_ROOT as ROOT
from tests.infra.waiting import wait_for

HOLD = """
import sys
from pathlib import Path
from infra import scratch
scratch.SCRATCH, scratch.tempfile.tempdir = Path(sys.argv[1]), sys.argv[2]
print(scratch.short_folder(), scratch.large_folder(), scratch.os.getpid(), sep="\\t", flush=True)
sys.stdin.read()
"""
CONTAINER = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
"""A pid namespace of its own, in which the run is pid 1."""


class Holder:
    """A process that has a folder of each kind."""

    def __init__(self, root: Path, *within: str) -> None:
        argv = [*within, sys.executable, "-c", HOLD, str(root / "scratch"), str(root / "tmp")]
        self._process = subprocess.Popen(argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        short, large, pid = self._process.stdout.readline().strip().split("\t")
        self.folders, self.pid = (Path(short), Path(large)), int(pid)

    @property
    def there(self) -> list[bool]:
        return [folder.is_dir() for folder in self.folders]

    def kill(self) -> None:
        processes = [psutil.Process(self._process.pid), *psutil.Process(self._process.pid).children(recursive=True)]
        for each in reversed(processes):
            each.kill()
        self._process.communicate()
        psutil.wait_procs(processes)
        wait_for(lambda: not any(each.is_running() for each in processes))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(scratch, "SCRATCH", tmp_path / "scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    return tmp_path


@pytest.fixture
def hold(root: Path) -> Iterator[Callable[..., Holder]]:
    begun: list[Holder] = []

    def call(*within: str) -> Holder:
        begun.append(Holder(root, *within))
        return begun[-1]

    yield call
    for each in begun:
        if each._process.poll() is None:
            each.kill()


def swept(root: Path) -> list[Path]:
    """Make and release a folder of each kind, as a run that comes and goes; return what is left."""
    for folder in (scratch.short_folder(), scratch.large_folder()):
        scratch.release(folder)
        scratch.release(folder)
    return sorted([*(root / "tmp").iterdir(), *(root / "scratch").iterdir()])


def test_a_folder_goes_with_its_process_and_stays_as_long(root: Path, hold: Callable[..., Holder]) -> None:
    first, second = hold(), hold()
    mine = scratch.large_folder()
    assert first.there == second.there == [True, True] and mine.is_dir()
    first.kill()
    assert first.there == [True, True]
    assert len(swept(root)) == 6 and second.there == [True, True] and mine.is_dir()
    scratch.release(mine)
    second.kill()
    assert swept(root) == []


def test_a_container_beside_a_run_takes_nothing_of_it(root: Path, hold: Callable[..., Holder]) -> None:
    if os.getuid() != 0 or subprocess.run([*CONTAINER, "true"], capture_output=True, check=False).returncode:
        pytest.skip("a pid namespace cannot be made here")
    outside = hold()
    inside = hold(*CONTAINER)
    assert inside.pid == 1 and outside.there == [True, True], "its pid is nobody's in there"
    assert len(swept(root)) == 8 and inside.there == [True, True], "nor is that one's out here another's"
    inside.kill()
    assert inside.there == [True, True]
    again = hold(*CONTAINER)
    assert again.pid == 1 and inside.there == [False, False], "another process that is pid 1 now is not that one"
    assert outside.there == again.there == [True, True]


@pytest.mark.parametrize(
    ("host", "boot_id", "stays"),
    [("this", "this", False), ("container", "this", False), ("this", "before", False), ("other", "other", True)],
)
def test_a_folder_of_another_machine_is_left_to_it(
    root: Path, hold: Callable[..., Holder], monkeypatch: pytest.MonkeyPatch, host: str, boot_id: str, stays: bool
) -> None:
    """Over NFS its lock may not be seen here: there it is free."""
    dead = hold()
    dead.kill()
    mine = here()
    there = (mine[0] if host == "this" else host, mine[1] if boot_id == "this" else boot_id, mine[2])
    monkeypatch.setattr(scratch, "here", lambda: there)
    assert (swept(root) != []) == stays and dead.there == [stays, stays]


def test_what_is_no_owner_of_a_folder_is_swept(root: Path) -> None:
    """Killed between the lock and the folder."""
    for text in (b"", b"{", b"[]", b"\xff"):
        (root / "tmp" / f"armature-1-{text.hex() or 0}.lock").write_bytes(text)
    (root / "tmp" / "armature-9-deadbeef").mkdir()  # an earlier version's: nothing says whose it is
    assert [each.name for each in swept(root)] == ["armature-9-deadbeef"]


def test_no_link_is_followed_and_no_pipe_waited_for(root: Path) -> None:
    (root / "tmp" / "armature-1-link.lock").symlink_to(root / "mine")
    (root / "mine").write_text("")
    os.mkfifo(root / "tmp" / "armature-1-pipe.lock")
    assert len(swept(root)) == 2 and (root / "mine").exists()


def test_a_lock_that_is_swept_while_it_is_made_is_made_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = fcntl.flock, 0

    def flock(descriptor: int, operation: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:  # another process is here first
            Path(os.readlink(f"/proc/self/fd/{descriptor}")).unlink()
        real(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", flock)
    folder = scratch.folder_beside(root / "out")
    assert calls == 2 and folder.is_dir() and Path(f"{folder}.lock").is_file()
    folder.rename(root / "out")
    scratch.release(folder)
    assert sorted(each.name for each in root.iterdir()) == ["out", "tmp"]


def test_a_file_system_without_locks_keeps_every_folder(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def flock(descriptor: int, operation: int) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", flock)
    folder = scratch.short_folder()
    scratch._held.clear()  # as another process would see it
    assert scratch.short_folder() != folder and folder.is_dir()
