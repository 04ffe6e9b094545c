"""Remembered digests: never those of other bytes, and never in the way of a start."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from infra import digest_memory
from infra.digest_memory import DigestMemory
from infra.digests import sha256_file
from specs.paths import REPOSITORY_ROOT as ROOT

pytestmark = pytest.mark.quick


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are hashed. They need not rest first."""
    names: list[str] = []

    def sha256(path: Path) -> str:
        names.append(path.name)
        return sha256_file(path)

    monkeypatch.setattr(digest_memory, "sha256_file", sha256)
    monkeypatch.setattr(digest_memory, "SETTLED_NS", -1_000_000_000)
    return names


def digest_of(memory: Path, path: Path) -> str:
    """What a process of its own would find."""
    known = DigestMemory(memory)
    digest = known.sha256(path)
    known.save()
    return digest


def test_a_file_that_is_the_same_is_hashed_once(tmp_path: Path, hashed: list[str]) -> None:
    file, memory = tmp_path / "w.safetensors", tmp_path / "new" / "digests.json"
    file.write_bytes(b"one")
    assert {digest_of(memory, file) for _ in range(3)} == {hashlib.sha256(b"one").hexdigest()}
    assert hashed == [file.name]
    file.write_bytes(b"longer")
    assert digest_of(memory, file) == hashlib.sha256(b"longer").hexdigest()


@pytest.mark.parametrize("by", ["cp -p", "cp -p and mv", "tar", "utime", "a link to another"])
def test_other_bytes_of_the_same_size_and_time_are_hashed_again(tmp_path: Path, hashed: list[str], by: str) -> None:
    file, other, memory = tmp_path / "w.safetensors", tmp_path / "other", tmp_path / "digests.json"
    file.write_bytes(b"one")
    other.write_bytes(b"two")
    for each in (file, other):
        os.utime(each, ns=(10**18, 10**18))
    digest_of(memory, file)
    match by:
        case "cp -p":
            shutil.copy2(other, file)
        case "cp -p and mv":
            other.replace(file)
        case "tar":
            with tarfile.open(tmp_path / "x.tar", "w") as archive:
                archive.add(other, file.name)
            with tarfile.open(tmp_path / "x.tar") as archive:
                archive.extractall(tmp_path, filter="fully_trusted")
        case "utime":
            file.write_bytes(b"two")
            os.utime(file, ns=(10**18, 10**18))
        case _:
            file.unlink()
            os.link(other, file)
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (3, 10**18)
    assert digest_of(memory, file) == hashlib.sha256(b"two").hexdigest()


def test_a_file_that_has_just_changed_is_not_remembered(
    tmp_path: Path, hashed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file, memory = tmp_path / "w.safetensors", tmp_path / "digests.json"
    file.write_bytes(b"one")
    monkeypatch.setattr(digest_memory, "SETTLED_NS", 10**18)
    assert digest_of(memory, file) == digest_of(memory, file)
    assert hashed == [file.name, file.name]


@pytest.mark.parametrize(
    "text", [b"", b"{", b"\xff", b"[]", b"3", b"[" * 100_000, b'{"%s": 3}', b'{"%s": {"sha256": 3}}'], ids=range(8)
)
def test_a_damaged_memory_is_as_good_as_none(tmp_path: Path, hashed: list[str], text: bytes) -> None:
    file, memory = tmp_path / "w.safetensors", tmp_path / "digests.json"
    file.write_bytes(b"one")
    memory.write_bytes(text.replace(b"%s", str(file).encode()))
    assert digest_of(memory, file) == digest_of(memory, file) == hashlib.sha256(b"one").hexdigest()
    assert hashed == [file.name], "and it is whole again"


def test_a_memory_that_cannot_be_written_stops_nothing(tmp_path: Path, hashed: list[str]) -> None:
    (tmp_path / "file").write_bytes(b"one")
    digest_of(tmp_path / "file" / "digests.json", tmp_path / "file")
    assert hashed == ["file"]


WRITER = """
import sys
from pathlib import Path
from infra import digest_memory
digest_memory.SETTLED_NS = -10**9
for number in range(50):
    memory = digest_memory.DigestMemory(Path(sys.argv[1]))
    (file := Path(sys.argv[2])).write_bytes(b"%d" % number)
    memory.sha256(file)
    memory.save()
"""


def test_processes_that_write_at_the_same_moment_do_not_meet(tmp_path: Path) -> None:
    memory = tmp_path / "digests.json"
    argv = [sys.executable, "-c", WRITER, str(memory)]
    writers = [subprocess.Popen([*argv, str(tmp_path / name)], cwd=ROOT, stderr=subprocess.PIPE) for name in "abc"]
    assert [(writer.communicate()[1], writer.returncode) for writer in writers] == [(b"", 0)] * 3
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "b", "c", "digests.json"]
    assert DigestMemory(memory).sha256(tmp_path / "a") == hashlib.sha256(b"49").hexdigest()
