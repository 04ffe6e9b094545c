"""Retries of transient faults, here and nowhere else: the clients below are told to try once, since retries multiply.

A server that says slow down, a connection that breaks, a server that is away for a while: the call is repeated with
growing pauses, for LIMIT_S in all. A fault that no retry mends (credentials, a missing bucket, a full disk) is raised
at once.

A server that takes a request and never answers is found out by the clients, after SILENCE_S without a byte: a transfer
over a slow line may take any time. A limit that is shorter than that holds within the request too, and so does `stop`:
the request is left behind in its thread.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import NoReturn, Protocol, TypeVar

import botocore.exceptions as boto

from infra.errors import TransferStopped

log = logging.getLogger("armature.store")
T = TypeVar("T")

LIMIT_S = 90.0  # of one call, from its first failure to its last attempt
SILENCE_S = 60.0  # of a request in which no byte arrives
AT_ONCE_S = 1.0  # for taking away what a failure left, which gc finds as well
LOOK_S = 0.2  # between two looks at what ends a request early; also the least that a request gets
SHORTEST_S, LONGEST_S = 0.2, 5.0  # pauses double from one to the other
QUIET_S = 30.0  # faults that come again within this time are not announced again

# By name, where the HTTP status does not tell (BadDigest is a 400: bytes were altered on their way).
_CODES = {
    "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling", "ThrottlingException",
    "RequestLimitExceeded", "TooManyRequests", "OperationAborted", "ConditionalRequestConflict", "BadDigest",
    "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch", "IncompleteBody",
}  # fmt: skip
_TRANSPORT_ERRORS = (
    boto.ConnectionError,
    boto.HTTPClientError,
    boto.IncompleteReadError,
    boto.ResponseStreamingError,
)
_STATUSES = {408, 429, 500, 502, 503, 504}
# Errors of these are told by their modules, which then need not be imported.
_TRANSPORTS = ("aiohttp", "urllib3", "http", "botocore.parsers")


class Retry(Protocol):
    """A call that is repeated until it goes through: `RetryPolicy.call` for a given object."""

    def __call__(
        self, action: Callable[[], T], *, limit_s: float | None = None, stop: threading.Event | None = None
    ) -> T:
        """Return what `action` returns in the end; after `limit_s`, or once `stop` is set, nothing is tried again."""


def is_transient(error: BaseException) -> bool:
    """Return True where the same call may succeed later."""
    return any(_passes(each) for each in _causes(error))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _passes(error: BaseException) -> bool:
    if isinstance(error, boto.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        return error_code(error) in _CODES or status in _STATUSES
    if isinstance(error, boto.SSLError):
        return False  # a certificate that is not trusted
    if isinstance(error, _TRANSPORT_ERRORS):
        return True
    # Sockets that break below the clients.
    module = f"{type(error).__module__}."
    return isinstance(error, (ConnectionError, TimeoutError)) or module.startswith(tuple(f"{x}." for x in _TRANSPORTS))


def error_code(error: BaseException) -> str:
    """Return S3's code of an error or of its cause (NoSuchKey, 404, ...); empty where there is none."""
    for each in _causes(error):
        if isinstance(each, boto.ClientError):
            return str(each.response.get("Error", {}).get("Code", ""))
    return ""


class _LeftBehind(TimeoutError):
    """A request had no answer within the limit."""


class RetryPolicy:
    """The retries of one store. Threads that wait at the same time log it once.

    `limit_s` may be lowered while some threads wait: they give up that much earlier.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self.limit_s = limit_s
        self._end = float("inf")
        self._lock = threading.Lock()
        self._waiting = 0
        self._since = self._said = float("-inf")

    def hurry(self, seconds: float) -> None:
        """Give up, in all calls from now on and those under way, what a store that is away has not done in `seconds`.

        Later calls get one short attempt each: the store may be there after all.
        """
        self._end = time.monotonic() + seconds

    def call(
        self, action: Callable[[], T], what: str, *, limit_s: float | None = None, stop: threading.Event | None = None
    ) -> T:
        """Return `action()`, repeated while its failures are transient.

        Raises the last error after `limit_s` (default: the store's), or once `stop` is set. `what` names the object in
        the log. TransferStopped where `stop` ended a request under way.
        """
        pause = SHORTEST_S
        first: float | None = None
        stop, begin = stop or threading.Event(), time.monotonic()

        def limit() -> float:
            return self.limit_s if limit_s is None else limit_s

        def expired() -> bool:
            now = time.monotonic()
            return now > self._end or now - begin > limit() < SILENCE_S

        try:
            while True:
                try:
                    return _bounded(action, what, expired, stop)
                except Exception as error:
                    if not is_transient(error) or isinstance(error, _LeftBehind):
                        raise
                    now = time.monotonic()
                    if first is None:
                        first = now
                        self._begin(what, error, limit())
                    # Random, or all threads come back at the same moment.
                    delay = pause * random.uniform(0.5, 1.0)
                    if now + delay - first > limit() or now + delay > self._end or stop.wait(delay):
                        raise
                    pause = min(2 * pause, LONGEST_S)
        finally:
            if first is not None:
                self._end_wait(what)

    def _begin(self, what: str, error: Exception, limit: float) -> None:
        with self._lock:
            self._waiting += 1
            now = time.monotonic()
            if self._waiting > 1 or limit <= 0:
                return
            self._since = now
            if now - self._said >= QUIET_S:
                self._said = now
                log.warning("%s: %s; waiting for the store, up to %.0f s", what, reason(error), limit)

    def _end_wait(self, what: str) -> None:
        with self._lock:
            self._waiting -= 1
            waited = time.monotonic() - self._since
            if self._waiting == 0 and self._said == self._since:
                log.warning("%s: waited %.0f s for the store", what, waited)


def _bounded(action: Callable[[], T], what: str, expired: Callable[[], bool], stop: threading.Event) -> T:
    """Return `action()`, run in a thread, which is left behind once `stop` is set or its time has `expired`."""
    begin = time.monotonic()
    outcome: list[Callable[[], T]] = []
    done = threading.Event()

    def work() -> None:
        try:
            value = action()
            outcome.append(lambda: value)
        except BaseException as error:  # raised in the thread that waits
            outcome.append(partial(_throw, error))
        done.set()

    # A daemon: a request that is left behind must not keep the process.
    threading.Thread(target=work, name=f"request {what}", daemon=True).start()
    while not done.wait(LOOK_S):
        if stop.is_set():
            raise TransferStopped(f"{what}: the transfer was stopped")
        if expired():
            raise _LeftBehind(f"no answer within {time.monotonic() - begin:.1f} s")
    return outcome[0]()


def _throw(error: BaseException) -> NoReturn:
    raise error


def reason(error: BaseException) -> str:
    """Return the error in one line: S3's words and code, or the system's."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, boto.ClientError):
        text = str(error.response.get("Error", {}).get("Message", "")) or text
    text, code = " ".join((text or type(error).__name__).split()), error_code(error)
    return f"{text} ({code})" if code and code not in text else text
