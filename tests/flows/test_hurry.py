"""What passes is waited out, no longer than there is time."""

from __future__ import annotations

import signal
import threading
import time
from pathlib import Path

import pytest
from prefect.exceptions import TerminationSignal

from flows import arm_train
from infra.patience import Patience
from infra.store import Store


def test_who_waits_already_leaves_when_there_is_less_time(tmp_path: Path) -> None:
    store = Store((tmp_path / "store").as_uri())
    patience = store.files.patience = Patience(60.0)
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
    arm_train._hurry(store)(None, None, None)
    assert patience.seconds == 60.0
    began = time.monotonic()
    arm_train._hurry(store)(TerminationSignal, TerminationSignal(signal.SIGTERM), None)
    waiting.join(timeout=20)
    assert ended and ended[0] - began < 6.0
