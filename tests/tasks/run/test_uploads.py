"""Checkpoints on their way into the store: what ends a run waits for them as long as it can, and no longer."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.errors import StoreError, TransferStopped
from infra.termination import Terminated
from tasks.run import uploads as module
from tasks.run.uploads import Uploads


@pytest.fixture()
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as executor:
        yield executor


def upload(uploads: Uploads, seconds: float, ended: list[str]) -> None:
    """As a task does it: until it is done or told to stop."""
    if uploads.stop.wait(seconds):
        ended.append("stopped")
        raise TransferStopped("steps/policy/x: the transfer was stopped")
    ended.append("done")


def test_the_end_waits_for_the_last_one(pool: ThreadPoolExecutor) -> None:
    ended: list[str] = []
    with Uploads() as uploads:
        uploads.add(pool.submit(upload, uploads, 0.2, ended))
    assert ended == ["done"]


def test_an_error_waits_too_and_stays_the_reason(pool: ThreadPoolExecutor) -> None:
    ended: list[str] = []
    with pytest.raises(ZeroDivisionError), Uploads() as uploads:
        uploads.add(pool.submit(upload, uploads, 0.2, ended))
        raise ZeroDivisionError
    assert ended == ["done"]


def test_a_failed_one_is_the_reason_where_nothing_else_is(pool: ThreadPoolExecutor) -> None:
    def fail() -> None:
        raise StoreError("s3://bucket: no space")

    with pytest.raises(StoreError, match="no space"), Uploads() as uploads:
        uploads.add(pool.submit(fail))


@pytest.mark.parametrize("interruption", [Terminated(15), KeyboardInterrupt()], ids=["SIGTERM", "Ctrl-C"])
def test_a_signal_gives_up_one_that_takes_too_long(
    interruption: BaseException,
    pool: ThreadPoolExecutor,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(module.termination, "_since", time.monotonic())
    monkeypatch.setattr(module, "_STOP_S", 0.2)
    ended: list[str] = []
    with caplog.at_level(logging.WARNING, "armature"), pytest.raises(type(interruption)), Uploads() as uploads:
        uploads.add(pool.submit(upload, uploads, 30.0, ended))
        raise interruption
    assert ended == ["stopped"] and "it is left out" in caplog.text
