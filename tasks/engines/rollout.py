"""The client of the rollout engine: starts it when it is first needed and knows which policy it holds."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.errors import EngineError
from specs.plugins import is_plugin, noted_digest, plugin_path
from tasks.engines.client import LOAD_S, EngineClient
from tasks.rollout.protocol import Completions, PromptGroup, Sampling


class RolloutClient(EngineClient):
    """The rollout engine of a flow."""

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
        arguments = ["-m", "tasks.rollout.server", "--engine", engine, "--options", json.dumps(dict(options))]
        if is_plugin(engine):  # the child runs the code that is in the keys, or none
            arguments += ["--source", noted_digest(plugin_path(engine))]
        super().__init__("rollout engine", arguments, threads=threads, devices=devices, log=log)
        self._deadline_s = deadline_s

    def load(self, state: str, weights: Path, adapter: Path | None = None) -> None:
        """Make the engine hold policy `state` from a folder in Hugging Face format; a living one is not restarted.

        `adapter`: the folder of an adapter that the policy has beside these weights.
        """
        self._state = None
        if adapter is None:
            self._call("load", LOAD_S, weights=weights)
        else:
            self._call("load_adapter", LOAD_S, base=weights, adapter=adapter)
        self._state = state

    def generate(self, groups: Sequence[PromptGroup], sampling: Sampling) -> Completions:
        """Return samples of the policy held, one for each seed of each group."""
        assert self.state is not None, "load a policy first"
        replies: list[Completions] = self._call("generate", self._deadline_s, groups=list(groups), sampling=sampling)
        if not isinstance(replies[0], Completions):
            raise EngineError(
                f"the engine's generate gave {type(replies[0]).__name__}, want tasks.rollout.protocol.Completions: "
                "return Completions.of(a list of Completion for each group)"
            )
        return replies[0]

    def sleep(self) -> None:
        """Give up the accelerator's memory; the engine holds no policy until the next load."""
        if self.state is not None:
            self._state = None
            self._call("sleep", LOAD_S)

    def wake(self) -> None:
        """Take the accelerator's memory back, for the load that follows."""
        if self._alive:
            self._call("wake", LOAD_S)
