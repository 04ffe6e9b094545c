"""Errors as a user reads them: one line."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

import pytest


@contextlib.contextmanager
def one_line(kind: type[Exception] | tuple[type[Exception], ...], *patterns: str) -> Iterator[None]:
    """Expect an error of one line in which every pattern is found."""
    with pytest.raises(kind) as caught:
        yield
    message = str(caught.value)
    assert "\n" not in message and all(re.search(pattern, message) for pattern in patterns), message
