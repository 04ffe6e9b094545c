"""Several actions at a time, in threads. The first that fails stops the others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from infra.errors import TransferStopped

T = TypeVar("T")


class _LinkedEvent(threading.Event):
    """An event that is set by itself, or while `outer` is; to set it leaves `outer` alone."""

    def __init__(self, outer: threading.Event | None) -> None:
        super().__init__()
        self._outer = outer

    def is_set(self) -> bool:
        return super().is_set() or (self._outer is not None and self._outer.is_set())

    def wait(self, timeout: float | None = None) -> bool:
        return super().wait(timeout) or self.is_set()


def run_parallel(
    actions: Sequence[Callable[[threading.Event], T]], at_once: int, outer: threading.Event | None = None
) -> list[T]:
    """Run the actions, at most `at_once` at a time, and return their values in order.

    Each action gets an event that is set when another one has failed, when this thread was interrupted, or when `outer`
    is set: it should stop then. Raises the first failure in the order of the actions.
    """
    stop = _LinkedEvent(outer)
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


def until_stopped(items: Iterable[T], stop: threading.Event | None, what: str) -> Generator[T, None, None]:
    """Yield the items while `stop` is not set; then raise TransferStopped, which names `what`."""
    for item in items:
        if stop is not None and stop.is_set():
            raise TransferStopped(f"{what}: the transfer was stopped")
        yield item
