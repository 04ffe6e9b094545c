"""Retries of transient faults, here and nowhere else: the clients below are told to try once, since retries multiply.

A server that says slow down, a connection that breaks, a server that is away for a while: the call is repeated with
growing pauses, for LIMIT_S in all. A fault that no retry mends (credentials, a missing bucket, a full disk) is raised
at once.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import botocore.exceptions as boto

log = logging.getLogger("armature.store")
T = TypeVar("T")

LIMIT_S = 90.0  # of one call, from its first failure to its last attempt
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

    def __call__(self, action: Callable[[], T], *, stop: threading.Event | None = None) -> T:
        """Return what `action` returns in the end; once `stop` is set, nothing is tried again."""


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


class RetryPolicy:
    """The retries of one store. Threads that wait at the same time log it once.

    `limit_s` may be lowered while some threads wait: they give up that much earlier.
    """

    def __init__(self, limit_s: float = LIMIT_S) -> None:
        self.limit_s = limit_s
        self._lock = threading.Lock()
        self._waiting = 0
        self._since = self._said = float("-inf")

    def call(
        self, action: Callable[[], T], what: str, *, limit_s: float | None = None, stop: threading.Event | None = None
    ) -> T:
        """Return `action()`, repeated while its failures are transient.

        Raises the last error after `limit_s` (default: the store's), or once `stop` is set. `what` names the object in
        the log.
        """
        pause = SHORTEST_S
        first: float | None = None
        stop = stop or threading.Event()
        try:
            while True:
                try:
                    return action()
                except Exception as error:
                    if not is_transient(error):
                        raise
                    now = time.monotonic()
                    limit = self.limit_s if limit_s is None else limit_s
                    if first is None:
                        first = now
                        self._begin(what, error, limit)
                    # Random, or all threads come back at the same moment.
                    delay = pause * random.uniform(0.5, 1.0)
                    if now + delay - first > limit or stop.wait(delay):
                        raise
                    pause = min(2 * pause, LONGEST_S)
        finally:
            if first is not None:
                self._end(what)

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

    def _end(self, what: str) -> None:
        with self._lock:
            self._waiting -= 1
            waited = time.monotonic() - self._since
            if self._waiting == 0 and self._said == self._since:
                log.warning("%s: waited %.0f s for the store", what, waited)


def reason(error: BaseException) -> str:
    """Return the error in one line: S3's words and code, or the system's."""
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    if isinstance(error, boto.ClientError):
        text = str(error.response.get("Error", {}).get("Message", "")) or text
    text, code = " ".join((text or type(error).__name__).split()), error_code(error)
    return f"{text} ({code})" if code and code not in text else text
