"""Further packages that programs in the jail may import: there, read-only, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.api import Sandbox
from sandbox.errors import SandboxError
from sandbox.job import Job, Limits, Status
from tests.backends import require

PROGRAM = b"""
import package.inner, single
for path in ("/packages/package/new", "/packages/single.py"):
    try:
        open(path, "a")
    except OSError:
        continue
    raise SystemExit(f"{path} can be written")
print(package.inner.NAME, single.NAME)
"""


def test_folders_and_files_are_importable_and_read_only(tmp_path: Path) -> None:
    require("jail")
    package, single = tmp_path / "package", tmp_path / "single.py"
    package.mkdir()
    (package / "inner.py").write_text("NAME = 'folder'")
    single.write_text("NAME = 'file'")
    limits = Limits(cpu_s=30.0, wall_s=300.0)
    with Sandbox("jail", slots=1, libraries=[package, single]) as sandbox:
        result = sandbox.run(Job("stdin", PROGRAM, limits=limits))
    assert (result.status, result.stdout) == (Status.OK, b"folder file\n"), result.stderr
    with Sandbox("jail", slots=1) as sandbox:
        assert sandbox.run(Job("stdin", PROGRAM, limits=limits)).status is Status.EXIT


def test_containers_take_none(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="docker: containers have the libraries of their image alone; use the jail"):
        Sandbox("docker", libraries=[tmp_path]).start()
