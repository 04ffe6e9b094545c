"""A few things at once, in threads. The first that fails stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

T = TypeVar("T")


def together(actions: Sequence[Callable[[threading.Event], T]], at_once: int) -> list[T]:
    """What each action gives, in order; at most `at_once` run at a time. Each is handed an event that is set when another has failed, or this
    thread was interrupted: it should not wait for anything any more. Raises the first failure in the actions' order."""
    stop = threading.Event()
    if len(actions) < 2:
        return [action(stop) for action in actions]
    with ThreadPoolExecutor(min(at_once, len(actions))) as pool:
        futures = [pool.submit(action, stop) for action in actions]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in futures:
                if future in done and future.exception() is not None:
                    break
            else:
                return [future.result() for future in futures]
            future.result()
            raise AssertionError("a failure is raised above")
        except BaseException:
            stop.set()
            for future in futures:
                future.cancel()
            raise
