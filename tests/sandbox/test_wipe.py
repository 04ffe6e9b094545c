"""Emptying a folder: nothing outside is touched, nothing inside stays."""

from __future__ import annotations

import os
import time
from pathlib import Path

from sandbox.inside.wipe import wipe


def test_links_are_removed_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("1")
    folder = tmp_path / "tmp"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "deep").mkdir()
    (folder / "deep" / "link").symlink_to(outside)
    (folder / "deep" / "hard").hardlink_to(outside / "precious")
    wipe(str(folder), time.monotonic() + 500)
    assert os.listdir(folder) == []
    assert (outside / "precious").read_text() == "1"


def test_a_tree_that_no_path_reaches(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for level in range(900):
        os.mkdir("n" * 200, dir_fd=here)
        inner = os.open("n" * 200, os.O_RDONLY, dir_fd=here)
        if level % 7 == 0:
            os.mkfifo("fifo", dir_fd=inner)
            os.chmod("fifo", 0, dir_fd=inner)
        os.close(here)
        here = inner
    os.close(here)
    wipe(str(tmp_path), time.monotonic() + 500)
    assert os.listdir(tmp_path) == []


def test_its_own_names_may_be_taken(tmp_path: Path) -> None:
    for name in (".wipe-1", ".wipe-2", "a"):
        (tmp_path / name / "x" / "y").mkdir(parents=True)
    (tmp_path / ".wipe-3").write_text("1")
    wipe(str(tmp_path), time.monotonic() + 500)
    assert os.listdir(tmp_path) == []


def test_it_gives_up_at_its_deadline(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("1")
    wipe(str(tmp_path), time.monotonic() - 1)
    assert os.listdir(tmp_path) == ["x"]
