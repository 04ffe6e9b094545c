"""What passes is waited out, no longer than there is time."""

from __future__ import annotations

import threading
import time

import pytest

from infra.retry import Patience


def test_who_waits_already_leaves_when_there_is_less_time() -> None:
    """As after SIGTERM (flows/arm_train.py)."""
    patience = Patience(60.0)
    ended: list[float] = []

    def away() -> None:
        raise ConnectionResetError

    def wait() -> None:
        with pytest.raises(ConnectionResetError):
            patience.wait_out(away, "an object")
        ended.append(time.monotonic())

    waiting = threading.Thread(target=wait, daemon=True)
    waiting.start()
    time.sleep(0.5)
    began = time.monotonic()
    patience.seconds = 1.0
    waiting.join(timeout=20)
    assert ended and ended[0] - began < 6.0
