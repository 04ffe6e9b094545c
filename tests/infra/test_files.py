"""Objects of a store: lists that see everything, replacements that overwrite nobody's work, writes that a power cut
cannot halve."""

from __future__ import annotations

import hashlib
import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.bucket import Bucket
from infra.caching import Step
from infra.digests import FileEntry
from infra.errors import StoreError
from infra.files import Files
from infra.parallel import run_parallel
from infra.store import Manifest, Store
from tests.infra.conftest import new_uri
from tests.infra.waiting import DEADLINE_S

STEP = Step("verdict", 1, {"a": 1})


@pytest.fixture(params=["file", "s3"])
def files(request: pytest.FixtureRequest, tmp_path: Path) -> Files:
    return Files(new_uri(request, tmp_path))


def test_a_store_of_an_earlier_version_beside_its_place_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """They took `%20` for letters of a folder's name."""
    (tmp_path / "a%20b").mkdir()
    files = Files(f"file://{tmp_path}/a%20b")
    assert files.path("x") == str(tmp_path / "a b" / "x") and "/a%20b" in files.uri
    assert f"move it to {tmp_path / 'a b'}" in caplog.text
    caplog.clear()
    Files(files.uri)
    assert not caplog.records


# -- lists -------------------------------------------------------------------------------------------------------------


def test_lists_see_what_others_wrote_and_go_on_over_pages(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    assert files.list("runs") == [] and list(files.walk("runs")) == [] and list(files.walk("")) == []
    other = Files(files.uri + "/")
    names = [f"runs/{name}/{identity}/run.json" for name in ("a", "b", "c") for identity in ("1", "2", "3")]
    for name in names:
        other.write(name, b"12345")
    other.write("runs.txt", b"no run")
    real = Bucket._pages
    monkeypatch.setattr(Bucket, "_pages", lambda self, method, **about: real(self, method, **about, MaxKeys=2))
    for spelling in ("runs", "runs/", "/runs"):
        assert files.list(spelling) == ["a", "b", "c"] and [name for name, _, _ in files.walk(spelling)] == names
    assert (
        files.list("runs/b") == ["1", "2", "3"]
        and files.list("runs/b/2") == ["run.json"]
        and files.list("") == ["runs", "runs.txt"]
    )
    assert len(files.walk("")) == 10 and {size for _, size, _ in files.walk("runs")} == {5}
    files.remove("runs/b")
    assert [name for name, _, _ in files.walk("runs")] == [name for name in names if "/b/" not in name], (
        "with more than one page below"
    )
    files.remove("runs")
    assert [name for name, _, _ in files.walk("")] == ["runs.txt"]
    assert files.size("runs") is None, "a folder is no object"


@pytest.mark.parametrize("place", ["", "/deep/er/"])
def test_runs_are_listed_wherever_the_store_lies(place: str, s3: Any) -> None:
    store = Store(f"s3://{s3.bucket}{place}")
    name = f"run-{uuid.uuid4().hex[:8]}"
    store.files.write(f"runs/{name}/abcd/run.json", b"{}")
    try:
        files = Files(f"s3://{s3.bucket}{place}")
        assert name in files.list("runs") and files.list(f"runs/{name}") == ["abcd"]
        assert f"runs/{name}/abcd/run.json" in [each for each, _, _ in files.walk("runs")]
    finally:
        store.files.remove(f"runs/{name}")


# -- whole or not at all -----------------------------------------------------------------------------------------------


def test_replace_takes_the_place_of_what_it_was_told_and_of_nothing_else(files: Files) -> None:
    files.replace("a", b"1", b"whatever was there")
    assert files.read("a") == b"1", "nothing was there"
    files.replace("a", b"2", b"1")
    with pytest.raises(FileExistsError):
        files.replace("a", b"3", b"1")
    assert files.read("a") == b"2" and files.list("") == ["a"]


def test_of_writers_that_replace_the_same_one_wins(files: Files) -> None:
    files.write("a", b"damaged")
    barrier, won = threading.Barrier(6), []

    def write(number: int, stop: threading.Event) -> None:
        mine = Files(files.uri)
        barrier.wait()
        try:
            mine.replace("a", b"%d" % number, b"damaged")
            won.append(b"%d" % number)
        except FileExistsError:
            pass

    run_parallel([lambda stop, number=number: write(number, stop) for number in range(6)], 6)  # type: ignore[misc]
    assert [files.read("a")] == won and files.list("") == ["a"]


def test_a_replacement_between_look_and_hand_is_seen(s3: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    files, late = Files(f"s3://{s3.bucket}/{uuid.uuid4().hex}"), Files(f"s3://{s3.bucket}/x")
    files.write("a", b"damaged")
    real = Bucket._put_if

    def put(self: Bucket, path: str, data: bytes, **condition: str) -> None:
        if data == b"late":
            files.replace("a", b"quick", b"damaged")
        real(self, path, data, **condition)

    late._root = files._root
    monkeypatch.setattr(Bucket, "_put_if", put)
    with pytest.raises(FileExistsError):
        late.replace("a", b"late", b"damaged")
    assert files.read("a") == b"quick"


def test_writers_that_find_the_same_damage_agree_on_one_commit(files: Files) -> None:
    store = Store(files.uri)
    damaged = store.commit(STEP, {"a.bin": b"whole"}, kind="rows")
    store.files.write(f"steps/verdict/{STEP.key}/{damaged.folder}/a.bin", b"whale")
    barrier = threading.Barrier(4)

    def write(number: int, stop: threading.Event) -> Manifest:
        mine = Store(files.uri)
        barrier.wait()
        return mine.commit(STEP, {"a.bin": b"by %d" % number}, kind="rows")

    commits = run_parallel([lambda stop, number=number: write(number, stop) for number in range(4)], 4)
    stands = store.find("verdict", STEP.key)
    assert stands is not None and store.intact(stands) and commits == [stands] * 4 and stands != damaged


def test_a_commit_that_wakes_up_late_overwrites_nothing(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    store, slept = Store(files.uri), []
    real = Files.create

    def create(self: Files, name: str, data: bytes) -> None:
        if not slept:
            slept.append(Store(files.uri))
            slept.append(slept[0].commit(STEP, {"a.bin": b"the new holder's"}, kind="rows"))
        real(self, name, data)

    monkeypatch.setattr(Files, "create", create)
    assert store.commit(STEP, {"a.bin": b"the late one's"}, kind="rows") == slept[1] == store.find("verdict", STEP.key)
    assert store.read(slept[1], "a.bin") == b"the new holder's"


def test_the_power_may_go_at_any_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the manifest gets its name, everything that it lists is on the disk: contents, and each folder's names."""
    store = Store((tmp_path / "store").as_uri())
    source = tmp_path / "weights.bin"
    source.write_bytes(os.urandom(3_000_000))
    synced: list[str] = []
    at_commit: list[str] = []
    real_sync, real_link = os.fsync, os.link

    def fsync(descriptor: int) -> None:
        synced.append(os.readlink(f"/proc/self/fd/{descriptor}"))
        real_sync(descriptor)

    def link(old: str, new: str) -> None:
        at_commit.extend(synced)
        real_link(old, new)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "link", link)
    made = store.commit(STEP, {"weights.bin": source, "b.json": b"{}"}, kind="weights")
    base = tmp_path / "store" / "steps" / "verdict" / STEP.key
    for folder in (base / made.folder, base, base.parent, base.parent.parent, tmp_path / "store"):
        assert str(folder) in at_commit, folder
    for file in ("weights.bin", "b.json"):
        renamed = max(
            i
            for i, name in enumerate(at_commit)
            if name.startswith(f"{base / made.folder / file}.") and name.endswith(".tmp")
        )
        assert str(base / made.folder) in at_commit[renamed:], "the folder after the file"
    assert synced[-1] == str(base), "and the manifest's own name at the end"


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_copy_that_is_killed_leaves_no_file(cut: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = Files((tmp_path / "store").as_uri())
    (tmp_path / "source").write_bytes(b"new")
    files.write("x", b"old")
    monkeypatch.setattr(os, "replace" if cut == "before" else "fsync", _die)
    with pytest.raises(KeyboardInterrupt):
        files.upload(tmp_path / "source", "x")
    assert files.read("x") == b"old" and files.list("") == ["x"]


def _die(*_: object) -> None:
    raise KeyboardInterrupt


# -- transfers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, (16 << 20) + 1, pytest.param(40_000_000, marks=pytest.mark.slow)], ids=str)
def test_up_and_down_with_digests_on_the_way(size: int, files: Files, tmp_path: Path) -> None:
    data = os.urandom(size)
    (tmp_path / "source").write_bytes(data)
    wanted = FileEntry(size, hashlib.sha256(data).hexdigest())
    assert files.upload(tmp_path / "source", "x") == wanted and files.size("x") == size
    assert files.download("x", tmp_path / "target") == wanted and (tmp_path / "target").read_bytes() == data
    assert files.digest("x") == wanted
    files.write("y", data)
    assert files.digest("y") == wanted


def test_what_is_not_there_or_has_no_place(files: Files, tmp_path: Path) -> None:
    files.write("x", b"1")
    cases: list[tuple[Callable[[], object], str]] = [
        (lambda: files.download("none", tmp_path / "target"), f"{files.uri}/none: cannot read: it is not there"),
        (lambda: files.digest("none"), f"{files.uri}/none: cannot read: it is not there"),
        (
            lambda: files.download("x", tmp_path / "no" / "folder"),
            f"{files.uri}/x: cannot read: {tmp_path}/no/folder is not there",
        ),
        (
            lambda: files.upload(tmp_path / "nothing", "x"),
            f"{files.uri}/x: cannot write: {tmp_path}/nothing is not there",
        ),
    ]
    for action, message in cases:
        with pytest.raises(StoreError) as caught:
            action()
        assert str(caught.value) == message
    assert not (tmp_path / "target").exists()


def test_a_failure_of_one_file_stops_the_others() -> None:
    waited = []

    def fail(stop: threading.Event) -> None:
        raise StoreError("the first")

    def wait(stop: threading.Event) -> None:
        waited.append(stop.wait(DEADLINE_S))

    with pytest.raises(StoreError, match="the first"):
        run_parallel([wait, fail, wait, wait, wait], 3)
    assert all(waited) and 1 <= len(waited) <= 4
