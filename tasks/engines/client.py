"""What the clients of both engines share: processes that hold one policy, started when they are first needed."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.errors import EngineError
from infra.resident import Resident
from specs.paths import REPOSITORY_ROOT
from tasks.errors import TrainingError

LOAD_S = 1800.0


class EngineClient:
    """The resident processes of an engine. `state` is the lineage of the policy that they hold, or None.

    `arguments` are those of the Python interpreter. `threads` of each process, on the CPU; `devices` is their
    CUDA_VISIBLE_DEVICES, None for the CPU.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[str],
        *,
        threads: int,
        devices: str | None,
        log: Path,
        ranks: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._name, self._argv, self._log, self._ranks = name, [sys.executable, *arguments], log, ranks
        self._variables = {
            "OMP_NUM_THREADS": str(threads),
            "CUDA_VISIBLE_DEVICES": devices or "",
            **(environment or {}),
        }
        self._processes: Resident | None = None
        self._state: str | None = None
        self._closed = False

    @property
    def state(self) -> str | None:
        """Return the policy held; None where the engine has died meanwhile, so that it is loaded again."""
        return self._state if self._alive else None

    @property
    def _alive(self) -> bool:
        return self._processes is not None and self._processes.alive

    @property
    def peak_bytes(self) -> int:
        """Return the most memory of the host that the processes held so far; 0 where there are none."""
        return self._processes.peak_bytes if self._processes is not None else 0

    def stop(self) -> None:
        """End the processes; the next load starts others."""
        if self._processes is not None:
            self._processes.stop()
        self._processes, self._state = None, None

    def close(self) -> None:
        """End the engine for good, from any thread."""
        self._closed = True
        self.stop()

    def _call(self, method: str, deadline_s: float, **arguments: Any) -> list[Any]:
        """Return the reply of each process. After an EngineError or a TrainingError they are ended and hold nothing."""
        # New processes hold nothing, so nothing but a load can be asked of them in the place of dead ones.
        if self._processes is None or (not self._alive and method == "load"):
            self.stop()
            self._processes = None if self._closed else self._start()
        if self._closed:  # asked after the start too: whoever closed it then had nothing to stop yet
            self.stop()
            raise EngineError(f"the {self._name} is closed: what used it has ended")
        assert self._processes is not None
        try:
            return self._processes.call(method, deadline_s=deadline_s, **arguments)
        except (EngineError, TrainingError):
            # A step that broke off leaves gradients behind: such ranks are ended as a group before anything else is
            # asked.
            self.stop()
            raise

    def _start(self) -> Resident:
        path = os.pathsep.join([str(REPOSITORY_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        variables = {**self._variables, "PYTHONPATH": path}
        return Resident(self._name, self._argv, ranks=self._ranks, log=self._log, env=variables, cwd=REPOSITORY_ROOT)
