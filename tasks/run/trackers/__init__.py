"""Trackers: views of what a run has committed. They are never the record, and a run goes on without them.

A tracker that raises is warned of once and called no more. Each start of a run gives a tracker all rows from the first
on, those of iterations that the store has too: it tells them apart by `row["iteration"]`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol


class Tracker(Protocol):
    """Follows a run."""

    def on_iteration(self, row: Mapping[str, Any]) -> None:
        """Take the metrics of one iteration, once its steps are committed. `row` is a line of metrics.jsonl."""
