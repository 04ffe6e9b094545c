"""The queue of a study's cells, which several workers take from.

Cells of one seed share their beginning (warm start, first rollouts). The first of them makes it; meanwhile the other
workers take cells of other seeds, or wait, so that nothing is computed twice.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from specs.study import PlannedCell

Beginning = tuple[str, str]  # keys of the first policy, and of the first rollouts from it


class Queue:
    """Cells in their order. A cell is given out once its beginning is there, or if nobody else makes it.

    `beginning` of a cell names the steps that it shares with others.
    """

    def __init__(self, cells: Sequence[PlannedCell], beginning: Callable[[PlannedCell], Beginning]) -> None:
        self._waiting = [(cell, beginning(cell)) for cell in cells]
        self._taken: dict[int, Beginning] = {}  # by id of the cell
        self._made: set[Beginning] = set()
        self._busy: dict[str, int] = {}  # first policy -> the cell that makes it, or the first rollouts from it
        self._changed = threading.Condition()

    def take(self) -> PlannedCell | None:
        """Return the next cell, None when there is none left. Waits while all that are left wait for a beginning."""
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
        """Note that the beginning of `cell` is in the store."""
        with self._changed:
            self._made.add(self._taken[id(cell)])
        self.left(cell)

    def left(self, cell: PlannedCell) -> None:
        """Note that `cell` makes no beginning any more, finished or not."""
        with self._changed:
            start = self._taken[id(cell)][0]
            if self._busy.get(start) == id(cell):
                del self._busy[start]
            self._changed.notify_all()

    def close(self) -> None:
        """Give out no more cells."""
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()
