"""Transient faults are retried with growing pauses, no longer than the limit; others are raised at once."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from typing import Any

import botocore.exceptions as boto
import pytest

from infra.errors import TransferStopped
from infra.retry import LIMIT_S, LONGEST_S, SHORTEST_S, RetryPolicy
from tests.infra.waiting import DEADLINE_S


class Clock(threading.Event):
    """A clock that moves while it is waited for, and an event that is never set."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        return sum(self.pauses)

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.pauses.append(timeout)
        return False


@pytest.fixture()
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("infra.retry.time", clock)
    return clock


class Away:
    """An action that fails `times` times, then returns how often it was called."""

    def __init__(self, times: float, error: Exception | None = None) -> None:
        self.times, self.error, self.calls = times, error or ConnectionResetError(), 0

    def __call__(self) -> int:
        self.calls += 1
        if self.calls <= self.times:
            raise self.error
        return self.calls


def refusal(code: str, status: int) -> boto.ClientError:
    reply: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return boto.ClientError(reply, "PutObject")


def test_pauses_grow_up_to_the_limit_and_the_log_has_two_lines(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "armature.store"):
        assert RetryPolicy().call(Away(10), "s3://bucket/x", stop=clock) == 11
    bounds = [min(LONGEST_S, SHORTEST_S * 2**k) for k in range(10)]
    assert all(bound / 2 <= pause <= bound for pause, bound in zip(clock.pauses, bounds, strict=True))
    first, last = caplog.messages
    assert first.startswith("s3://bucket/x: ") and first.endswith("waiting for the store, up to 90 s")
    assert last == f"s3://bucket/x: waited {sum(clock.pauses):.0f} s for the store"


def test_a_store_that_stays_away_gets_few_attempts(clock: Clock) -> None:
    away = Away(float("inf"))
    with pytest.raises(ConnectionResetError):
        RetryPolicy().call(away, "an object", stop=clock)
    assert away.calls <= 2 * LIMIT_S / LONGEST_S + 8 and LIMIT_S - LONGEST_S <= sum(clock.pauses) <= LIMIT_S


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (refusal("SlowDown", 503), 2),
        (refusal("BadDigest", 400), 2),
        (refusal("Odd", 500), 2),
        (boto.EndpointConnectionError(endpoint_url="x"), 2),
        (TimeoutError(), 2),
        (refusal("AccessDenied", 403), 1),
        (refusal("NoSuchBucket", 404), 1),
        (boto.NoCredentialsError(), 1),
        (boto.SSLError(endpoint_url="x", error="untrusted"), 1),
        (OSError(28, "No space left on device"), 1),
    ],
    ids=str,
)
def test_only_faults_that_may_pass_are_retried(error: Exception, attempts: int, clock: Clock) -> None:
    action = Away(1, error)
    if attempts == 2:
        assert RetryPolicy().call(action, "an object", stop=clock) == 2
    else:
        with pytest.raises(type(error)):
            RetryPolicy().call(action, "an object", stop=clock)
    assert action.calls == attempts == len(clock.pauses) + 1


def test_a_limit_that_is_lowered_counts_for_calls_that_wait_already(clock: Clock) -> None:
    """As after SIGTERM (flows/arm_train.py)."""
    policy, away = RetryPolicy(60.0), Away(float("inf"))

    def lowered() -> int:
        if away.calls == 2:
            policy.limit_s = 0.0
        return away()

    with pytest.raises(ConnectionResetError):
        policy.call(lowered, "an object", stop=clock)
    assert away.calls == 3


def test_a_stop_ends_the_wait() -> None:
    stop, away = threading.Event(), Away(float("inf"))
    stop.set()
    with pytest.raises(ConnectionResetError):
        RetryPolicy().call(away, "an object", stop=stop)
    assert away.calls == 1


# -- a request that has no answer ------------------------------------------------------------------------------------


class Silent:
    """An action that does not return before the test ends."""

    def __init__(self) -> None:
        self.calls, self.begun, self._end = 0, threading.Event(), threading.Event()

    def __call__(self) -> None:
        self.calls += 1
        self.begun.set()
        self._end.wait(DEADLINE_S)

    def leave(self) -> None:
        self._end.set()


@pytest.fixture()
def silent() -> Iterator[Silent]:
    action = Silent()
    yield action
    action.leave()


def test_a_short_limit_holds_within_a_request(silent: Silent, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(TimeoutError, match="no answer within"):
        RetryPolicy().call(silent, "an object", limit_s=0.3)
    assert silent.calls == 1 and not caplog.records, "its time is over"


@pytest.mark.parametrize("began", ["before", "after", "long before"])
def test_hurry_ends_requests_under_way_and_later_ones(silent: Silent, began: str) -> None:
    policy = RetryPolicy()
    failures: list[BaseException] = []

    def call() -> None:
        try:
            policy.call(silent, "an object")
        except TimeoutError as error:
            failures.append(error)

    if began == "after":
        policy.hurry(0.1)
    thread = threading.Thread(target=call)
    thread.start()
    assert silent.begun.wait(DEADLINE_S)
    if began != "after":
        policy.hurry(0.1 if began == "before" else -100.0)
    thread.join(DEADLINE_S)
    assert len(failures) == silent.calls == 1
    assert policy.call(Away(0), "an object") == 1, "a store that is there does what it is asked"
    with pytest.raises(ConnectionResetError):
        policy.call(away := Away(9), "an object")
    assert away.calls == 1


def test_a_stop_ends_a_request_under_way(silent: Silent) -> None:
    stop = threading.Event()
    threading.Thread(target=lambda: (silent.begun.wait(DEADLINE_S), stop.set())).start()
    with pytest.raises(TransferStopped, match="an object: the transfer was stopped"):
        RetryPolicy().call(silent, "an object", stop=stop)
    assert silent.calls == 1


def test_a_transfer_that_takes_long_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients end a request in which no byte arrives; one that goes on may take any time."""
    monkeypatch.setattr("infra.retry.SILENCE_S", 0.1)

    def slow() -> int:
        time.sleep(0.7)
        return 1

    assert RetryPolicy(0.2).call(slow, "an object") == 1
