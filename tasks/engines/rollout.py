"""The client of the rollout engine: starts it when it is first needed and knows which policy it holds."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.errors import EngineError
from infra.paths import ROOT
from infra.resident import Resident
from tasks.rollout.protocol import Completion, PromptGroup, Sampling

LOAD_S = 1800.0


class RolloutClient:
    """The rollout engine of a flow. `state` is the lineage of the policy that it holds, or None.

    `threads` on the CPU; `devices` is its CUDA_VISIBLE_DEVICES, None for the CPU.
    """

    def __init__(
        self,
        engine: str,
        options: Mapping[str, Any],
        *,
        threads: int,
        devices: str | None,
        log: Path,
        deadline_s: float,
    ) -> None:
        self._argv = [
            sys.executable,
            "-m",
            "tasks.rollout.server",
            "--engine",
            engine,
            "--options",
            json.dumps(dict(options)),
        ]
        self._threads, self._devices, self._log, self._deadline_s = threads, devices, log, deadline_s
        self._child: Resident | None = None
        self._state: str | None = None
        self._closed = False

    @property
    def state(self) -> str | None:
        """The policy held; None where the engine has died meanwhile, so that it is loaded again."""
        return self._state if self._child is not None and self._child.alive else None

    def load(self, state: str, weights: Path) -> None:
        """Make the engine hold policy `state` from a folder in Hugging Face format;
        a living engine is not restarted.
        """
        self._state = None
        self._call("load", LOAD_S, weights=weights)
        self._state = state

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> list[list[Completion]]:
        """Return samples of the policy held: a list for each group, in the order of its seeds."""
        assert self.state is not None, "load a policy first"
        replies: list[list[list[Completion]]] = self._call(
            "generate", self._deadline_s, groups=list(groups), sampling=sampling
        )
        return replies[0]

    def sleep(self) -> None:
        """Give up the accelerator's memory; the engine holds no policy until the next load."""
        if self.state is not None:
            self._state = None
            self._call("sleep", LOAD_S)

    def wake(self) -> None:
        if self._child is not None and self._child.alive:
            self._call("wake", LOAD_S)

    def stop(self) -> None:
        if self._child is not None:
            self._child.stop()
        self._child, self._state = None, None

    def close(self) -> None:
        """End the engine for good, from any thread."""
        self._closed = True
        self.stop()

    def _call(self, method: str, deadline_s: float, **arguments: Any) -> list[Any]:
        if self._child is None or (
            not self._child.alive and method == "load"
        ):  # a new engine holds nothing, so nothing else can be asked of it
            self.stop()
            env = {
                "OMP_NUM_THREADS": str(self._threads),
                "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            }
            env["CUDA_VISIBLE_DEVICES"] = self._devices or ""
            self._child = (
                None if self._closed else Resident("rollout engine", self._argv, log=self._log, env=env, cwd=ROOT)
            )
        if self._closed:  # asked after the start too: whoever closed it then had nothing to stop yet
            self.stop()
            raise EngineError("the rollout engine is closed: what used it has ended")
        assert self._child is not None
        try:
            return self._child.call(method, deadline_s=deadline_s, **arguments)
        except EngineError:
            self.stop()
            raise
