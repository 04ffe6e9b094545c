"""Threads that run the cells of a study side by side, each with engines of its own."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from infra.termination import GRACE_S, Terminated, termination
from specs.study import PlannedCell
from tasks.engines.engines import Engines
from tasks.study.queue import Queue


class Workers:
    """`count` threads. Each has engines that fit the cell that it runs."""

    def __init__(self, queue: Queue, count: int, run: Callable[[PlannedCell, Engines], None]) -> None:
        self._queue, self._count, self._run = queue, count, run
        self._engines: list[Engines] = []

    def work(self) -> None:
        """Run cells until the queue is empty.

        An error that `run` raises stops all threads; after SIGTERM, work under way may end within the time of grace.
        """
        with ThreadPoolExecutor(self._count) as pool:
            # Each thread in a copy of the flow's context: what runs in it is the flow's child in Prefect.
            threads = [pool.submit(contextvars.copy_context().run, self._work, number) for number in range(self._count)]
            try:
                for done in wait(threads, return_when=FIRST_EXCEPTION).done:
                    done.result()
            except BaseException as error:
                self._queue.close()
                if isinstance(error, Terminated):
                    wait(threads, timeout=termination.left_s(GRACE_S))
                termination.request(f"stopped with another run, which ended by {type(error).__name__}")
                for engines in list(self._engines):
                    engines.close()
                wait(threads)
                termination.withdraw()
                raise

    def _work(self, number: int) -> None:
        engines: Engines | None = None
        try:
            while (cell := self._queue.take()) is not None:
                spec = cell.loaded.spec
                if engines is not None and not engines.fit(spec):
                    engines.close()
                    engines = None
                if engines is None:
                    engines = Engines(spec, place=f"-{number}")
                    self._engines.append(engines)
                try:
                    self._run(cell, engines)
                finally:
                    self._queue.left(cell)
        finally:
            if engines is not None:
                engines.close()
