"""The client of the training ranks: starts them when they are first needed and knows which policy they hold."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.errors import EngineError
from infra.paths import ROOT
from infra.resident import Resident
from tasks.errors import TrainingError
from tasks.train.batch import GroupBatch
from tasks.train.memory import TokenBudget
from tasks.train.settings import StepSettings
from tasks.train.supervised import Demonstrations

LOAD_S, SAVE_S = 1800.0, 3600.0


@dataclass(frozen=True, slots=True)
class TrainerOptions:
    """Options of the training ranks that change nothing in the mathematics.

    `threads` of each rank, on the CPU; `devices` is the ranks' CUDA_VISIBLE_DEVICES, None for the CPU.
    """

    ranks: int
    threads: int
    devices: str | None
    dtype: str
    zero_stage: int
    offload_optimizer: bool
    gradient_checkpointing: bool
    step_deadline_s: float


class TrainerClient:
    """The training ranks of a flow. `state` is the lineage of the policy that they hold, or None."""

    def __init__(self, options: TrainerOptions, log: Path) -> None:
        self.options, self._log = options, log
        self._ranks: Resident | None = None
        self._state: str | None = None
        self.environment: dict[str, Any] = {}
        self.adamw: dict[str, Any] = {}  # the settings that `state` was loaded with
        self.budget = TokenBudget()
        self._closed = False

    @property
    def ranks(self) -> int:
        """Number of training ranks."""
        return self.options.ranks

    @property
    def state(self) -> str | None:
        """The policy held; None where the ranks have died meanwhile, so that it is loaded again."""
        return self._state if self._ranks is not None and self._ranks.alive else None

    def load(self, state: str, weights: Path, optimizer: Path | None, adamw: Mapping[str, Any]) -> None:
        """Make the ranks hold `state` from folders of weights and optimizer state.

        `adamw` has betas, adam_eps, weight_decay, max_grad_norm.
        """
        options = {
            **adamw,
            "zero_stage": self.options.zero_stage,
            "offload_optimizer": self.options.offload_optimizer,
            "gradient_checkpointing": self.options.gradient_checkpointing,
        }
        if self.environment and self.options.zero_stage:
            # DeepSpeed's ZeRO engines are not freed when they are replaced: new ranks, or memory grows with each load
            self.stop()
        self._state = None
        replies = self._call(
            "load",
            LOAD_S,
            state=state,
            weights=str(weights),
            optimizer=str(optimizer) if optimizer else None,
            dtype=self.options.dtype,
            options=options,
        )
        self.environment = {**replies[0], "zero_stage": self.options.zero_stage}
        self._state, self.adamw = state, dict(adamw)

    def supervise(
        self, steps: list[Demonstrations], rates: list[float], prompt_weight: float, token_budget: int
    ) -> list[dict[str, float]]:
        """Take supervised steps; afterwards the ranks hold a policy without a name. Returns numbers of each step."""
        self._state = None
        deadline = self.options.step_deadline_s * len(steps)
        return list(
            self._call(
                "supervise", deadline, steps=steps, rates=rates, prompt_weight=prompt_weight, token_budget=token_budget
            )[0]
        )

    def train(self, becomes: str, batch: GroupBatch, settings: StepSettings, iteration: int) -> dict[str, Any]:
        """Run one iteration: the policy held becomes `becomes`."""
        expected, self._state = self._state, None
        result = self._call(
            "train",
            self.options.step_deadline_s,
            expected=expected,
            becomes=becomes,
            batch=batch,
            settings=settings,
            iteration=iteration,
        )
        self._state = becomes
        return dict(result[0])

    def save(self, folder: Path, *, optimizer: bool) -> float:
        """Write the policy held: model*.safetensors, with `optimizer` optimizer*.safetensors too. Returns seconds."""
        folder.mkdir(parents=True, exist_ok=True)
        return float(self._call("save", SAVE_S, folder=str(folder), optimizer=optimizer)[0])

    def stop(self) -> None:
        if self._ranks is not None:
            self._ranks.stop()
        self._ranks, self._state, self.environment = None, None, {}

    def close(self) -> None:
        """End the ranks for good, from any thread."""
        self._closed = True
        self.stop()

    def _call(self, method: str, deadline_s: float, **arguments: Any) -> list[Any]:
        if self._ranks is None or (
            not self._ranks.alive and method == "load"
        ):  # new ranks hold nothing, so nothing else can be asked of them
            self.stop()
            self._ranks = None if self._closed else self._start()
        if self._closed:  # asked after the start too: whoever closed them then had nothing to stop yet
            self.stop()
            raise EngineError("the training ranks are closed: what used them has ended")
        assert self._ranks is not None
        try:
            return self._ranks.call(method, deadline_s=deadline_s, **arguments)
        except (EngineError, TrainingError):
            # A step that broke off leaves gradients behind: such ranks are ended as a group before anything else is
            # asked.
            self.stop()
            raise

    def _start(self) -> Resident:
        options = self.options
        argv = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(options.ranks)]
        # All that it would write there comes over the sockets or stands in our log; its default is a new folder in
        # TMPDIR for each start, which nobody removes.
        argv += ["--log-dir", os.devnull]
        argv += ["-m", "tasks.train.rank", "--threads", str(options.threads)]
        env = {
            "OMP_NUM_THREADS": str(options.threads),
            "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        }
        on_gpu = options.devices is not None
        env |= {"CUDA_VISIBLE_DEVICES": options.devices or "", "DS_ACCELERATOR": "cuda" if on_gpu else "cpu"}
        return Resident("trainer", argv, ranks=options.ranks, log=self._log, env=env, cwd=ROOT)
