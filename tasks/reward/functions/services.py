"""Errors of services (a judge over the network): the response is not to blame, and another try may succeed."""

from __future__ import annotations

from urllib.error import HTTPError

from tasks.errors import Unjudged

#: Names of exception classes of httpx, requests, urllib3, aiohttp, openai and anthropic, which need not be installed.
_NAMES = frozenset(
    {
        "Unjudged",
        "TransportError",
        "ConnectionError",
        "ConnectError",
        "Timeout",
        "TimeoutError",
        "TimeoutException",
        "ConnectTimeout",
        "ReadTimeout",
        "MaxRetryError",
        "NewConnectionError",
        "ProtocolError",
        "ClientConnectionError",
        "ServerTimeoutError",
        "APIConnectionError",
        "APITimeoutError",
        "RateLimitError",
        "InternalServerError",
        "URLError",
        "gaierror",
    }
)
_STATUSES = frozenset({408, 409, 425, 429})  # and from 500 on: the request was in order, the service was not


def is_of_a_service(error: BaseException) -> bool:
    """Return whether an exception says that a service did not answer, not that the function is wrong."""
    if not isinstance(error, Exception):
        return False  # sys.exit(500)
    if isinstance(error, Unjudged):
        return True
    if (status := _status(error)) is not None:
        return status in _STATUSES or status >= 500
    return any(each.__name__ in _NAMES for each in type(error).__mro__)


def _status(error: BaseException) -> int | None:
    """Return the HTTP status of an exception: its response's (httpx, requests, openai) or its own."""
    response = getattr(error, "response", None)
    own = "code" if isinstance(error, HTTPError) else "status"
    for holder, name in ((response, "status_code"), (error, "status_code"), (error, own)):
        if isinstance(found := getattr(holder, name, None), int) and 100 <= found < 600:
            return found
    return None
