"""The jail of a user who is not root, the containers of Podman, and names of images."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox import image
from sandbox.api import Sandbox
from tests.backends import require
from tests.sandbox.conftest import DEADLINE_S, LIMITS, eventually

ROOT = Path(__file__).parents[2]
SUM = {"test_type": "stdin", "tests": [{"input": "1 2\n", "output": "3\n"}]}
RIGHT = "print(sum(map(int, input().split())))"
CHECK = """
import os, sys
from sandbox.api import Sandbox
assert os.getuid() == 12345
with Sandbox("jail", 1) as sandbox:
    problem = {"test_type": "stdin", "tests": [{"input": "1 2", "output": "3"}]}
    print(sandbox.probes, sandbox.grade(problem, "print(sum(map(int, input().split())))").kind)
"""


@pytest.mark.skipif(
    os.getuid() != 0 or shutil.which("setpriv") is None, reason="becoming another user needs root and setpriv"
)
@pytest.mark.slow
def test_the_jail_of_an_ordinary_user() -> None:
    """Start a jail as another user, with a copy of the interpreter, numpy and the sandbox, which needs no more."""
    require("jail")
    with tempfile.TemporaryDirectory() as folder:
        _check_as_another_user(Path(folder))


def _check_as_another_user(folder: Path) -> None:
    # A copy outside of pytest's folders, which pytest closes to other users, as /root may be.
    folder.chmod(0o755)
    skipped = shutil.ignore_patterns("site-packages", "test", "config-*", "__pycache__")
    library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(library, folder / "lib" / library.name, ignore=skipped)
    (folder / "bin").mkdir()
    shutil.copy(os.path.realpath(sys.executable), folder / "bin" / "python3")
    for shared in Path(sys.base_prefix, "lib").glob("libpython3*.so*"):
        shutil.copy(shared, folder / "lib")
    packages, code = folder / "packages", folder / "code"
    for package in Path(sysconfig.get_path("purelib")).glob("numpy*"):
        shutil.copytree(package, packages / package.name, ignore=skipped)
    shutil.copytree(ROOT / "sandbox", code / "sandbox")
    become = ["setpriv", "--reuid=12345", "--regid=12345", "--clear-groups"]
    environment = {
        "PYTHONPATH": f"{code}:{packages}",
        "LD_LIBRARY_PATH": str(folder / "lib"),
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin",
    }
    done = subprocess.run(
        [*become, str(folder / "bin" / "python3"), "-c", CHECK],
        cwd=code,
        capture_output=True,
        text=True,
        timeout=500,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["14", "accepted"]


@pytest.fixture(scope="module")
def podman() -> Iterator[str]:
    if shutil.which("podman") is None or os.getuid() != 0:
        pytest.skip("no podman that root may start")
    folder = Path(tempfile.mkdtemp(prefix="podman-"))  # pytest's own can be too long for podman: 50 characters
    runtime = shutil.which("runc") or shutil.which("crun") or "runc"
    command = (
        f"ip link set lo up; exec podman --root {folder}/root --runroot {folder}/run --storage-driver vfs "
        f"--runtime {runtime} --cgroup-manager cgroupfs --events-backend file "
        f"system service -t 0 unix://{folder}/socket"
    )
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", command],
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        assert eventually(lambda: (folder / "socket").exists() or process.poll() is not None)
        assert process.poll() is None, (folder / "log").read_text()[-2000:]
        yield f"unix://{folder}/socket"
    finally:
        process.terminate()
        process.wait(DEADLINE_S)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.slow
def test_podman(podman: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", podman)
    with Sandbox("docker", 1, LIMITS) as sandbox:
        assert sandbox.probes == 14
        assert sandbox.grade(SUM, RIGHT).kind == "accepted"
        assert sandbox.grade(SUM, "print(4)").kind == "wrong"
        assert sandbox.counters.slots_lost == 0


def test_a_configured_image_that_is_not_here(monkeypatch: pytest.MonkeyPatch) -> None:
    require("docker")
    from sandbox.errors import SandboxError

    monkeypatch.setenv("SANDBOX_IMAGE", "armature-sandbox:no-such-tag")
    with pytest.raises(SandboxError, match=r"image armature-sandbox:no-such-tag: not here, and it cannot be pulled"):
        Sandbox("docker", 1, LIMITS).start()


def test_names_with_registries_and_tags() -> None:
    assert image._name_and_tag("python:3.12-slim") == ("python", "3.12-slim")
    assert image._name_and_tag("localhost:5000/python") == ("localhost:5000/python", "latest")
    assert image._name_and_tag("localhost:5000/python:x") == ("localhost:5000/python", "x")
