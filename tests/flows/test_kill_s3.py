"""A run whose store is a real S3 server: the server is killed, the run is killed, and it ends with the same bytes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.killed_run import Killed
from tests.flows.runs import Finished, Server
from tests.infra.conftest import Weed, weed


@pytest.fixture()
def s3(tmp_path: Path) -> Iterator[Weed]:
    with weed(tmp_path / "s3") as process:
        yield process


@pytest.fixture()
def killed(s3: Weed, prefect_server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killed:
    """A run with its store in the bucket; this process has its credentials too."""
    server = s3.server
    keys = {
        "AWS_ACCESS_KEY_ID": server.access,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, text in keys.items():
        monkeypatch.setenv(name, text)
    return Killed(tmp_path, {**prefect_server.environment, **keys}, uri=f"s3://{server.bucket}/killed")


@pytest.mark.slow()
@pytest.mark.timeout(600)
@pytest.mark.turn
def test_the_run_is_killed_and_then_the_server_which_comes_back(killed: Killed, s3: Weed, finished: Finished) -> None:
    killed.killed_at("within policy 0")
    process = killed.start()
    assert process.stdout is not None
    out = ""
    for line in process.stdout:
        out += line
        if "iteration 1/3" in line:
            break
    s3.kill()
    time.sleep(5.0)
    assert s3.start(), s3.log.read_text()[-2000:]
    out += process.communicate(timeout=300)[0]
    assert process.returncode == 0, out
    assert "waiting for the store" in out, out
    killed.check(finished.store)
