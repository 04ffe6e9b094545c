"""Cells of a study side by side: which one is next, and the threads that run them.

Cells of one seed share their beginning (warm start, first rollouts). It is made by the first of them; meanwhile the other places take cells of other
seeds, or wait, so that nothing is computed twice.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from infra.termination import GRACE_S, Terminated, termination
from specs.study import PlannedCell
from tasks.engines import Engines

Beginning = tuple[str, str]  # keys of the first policy, and of the first rollouts from it


class Queue:
    """`beginning` of a cell: what it shares. A cell is given out when its beginning is there, or is made by nobody else."""

    def __init__(self, cells: Sequence[PlannedCell], beginning: Callable[[PlannedCell], Beginning]) -> None:
        self._waiting = [(cell, beginning(cell)) for cell in cells]
        self._taken: dict[int, Beginning] = {}  # by id of the cell
        self._made: set[Beginning] = set()
        self._busy: dict[str, int] = {}  # first policy -> the cell that makes it, or the first rollouts from it
        self._changed = threading.Condition()

    def take(self) -> PlannedCell | None:
        """The next cell; waits where all that are left wait for a beginning. None when there is none left."""
        with self._changed:
            while self._waiting:
                for place, (cell, beginning) in enumerate(self._waiting):
                    if beginning in self._made or beginning[0] not in self._busy:
                        del self._waiting[place]
                        self._taken[id(cell)] = beginning
                        if beginning not in self._made:
                            self._busy[beginning[0]] = id(cell)
                        return cell
                self._changed.wait()
            return None

    def begun(self, cell: PlannedCell) -> None:
        """The beginning of `cell` is in the store."""
        with self._changed:
            self._made.add(self._taken[id(cell)])
        self.left(cell)

    def left(self, cell: PlannedCell) -> None:
        """`cell` makes no beginning any more, whether it came to that or not."""
        with self._changed:
            start = self._taken[id(cell)][0]
            if self._busy.get(start) == id(cell):
                del self._busy[start]
            self._changed.notify_all()

    def close(self) -> None:
        """Gives out no more."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()


class Places:
    """`count` threads, each with engines of its own, which fit the cell that it runs."""

    def __init__(self, queue: Queue, count: int, run: Callable[[PlannedCell, Engines], None]) -> None:
        self._queue, self._count, self._run = queue, count, run
        self._engines: list[Engines] = []

    def work(self) -> None:
        """Until the queue is empty. What `run` raises stops all of them: after SIGTERM once what is under way is done, within the time of grace."""
        with ThreadPoolExecutor(self._count) as pool:
            # Each thread in a copy of the flow's context: what runs in it is the flow's child in Prefect.
            threads = [
                pool.submit(contextvars.copy_context().run, self._place, number) for number in range(self._count)
            ]
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

    def _place(self, number: int) -> None:
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
