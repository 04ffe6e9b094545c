"""The client of the training ranks: starts them when they are first needed and knows which policy they hold."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tasks.engines.client import LOAD_S, EngineClient
from tasks.train.batch import GroupBatch
from tasks.train.memory import TokenBudget
from tasks.train.settings import AdamWSettings, OptimizerOptions, StepSettings
from tasks.train.supervised import Demonstrations

SAVE_S = 3600.0


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


def _allocator() -> dict[str, str]:
    """Return the setting of torch's allocator on a GPU; none where the environment has one of its own.

    Micro-batches of different lengths would otherwise leave segments that fit no later one. Not for vLLM, whose sleep
    needs an allocator of its own.
    """
    if any(name.startswith("PYTORCH_") and name.endswith("ALLOC_CONF") for name in os.environ):
        return {}
    return {"PYTORCH_ALLOC_CONF": "expandable_segments:True"}


class TrainerClient(EngineClient):
    """The training ranks of a flow."""

    def __init__(self, options: TrainerOptions, log: Path) -> None:
        arguments = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(options.ranks)]
        # All that it would write there comes over the sockets or stands in our log; its default is a new folder in
        # TMPDIR for each start, which nobody removes.
        arguments += ["--log-dir", os.devnull]
        arguments += ["-m", "tasks.train.rank", "--threads", str(options.threads)]
        on_cpu = options.devices is None
        super().__init__(
            "trainer",
            arguments,
            threads=options.threads,
            devices=options.devices,
            log=log,
            ranks=options.ranks,
            environment={"DS_ACCELERATOR": "cpu"} if on_cpu else {"DS_ACCELERATOR": "cuda", **_allocator()},
        )
        self.options = options
        self.environment: dict[str, Any] = {}
        self.adamw: AdamWSettings | None = None  # the settings that `state` was loaded with
        self._reference: str | None = None
        self._asleep = False
        self.budget = TokenBudget()

    @property
    def ranks(self) -> int:
        """Return the number of training ranks."""
        return self.options.ranks

    @property
    def reference(self) -> str | None:
        """Return the reference policy of which the ranks hold a copy; None for none."""
        return self._reference if self._alive else None

    def load(
        self, state: str, weights: Path, optimizer: Path | None, adamw: AdamWSettings, adapter: Path | None = None
    ) -> None:
        """Make the ranks hold `state` from folders of weights, optimizer state and, where it has one, an adapter."""
        options = self.options
        if self.environment and self.options.zero_stage:
            # DeepSpeed's ZeRO engines are not freed when they are replaced: new ranks, or memory grows with each load
            self.stop()
        self._state = None
        replies = self._call(
            "load",
            LOAD_S,
            state=state,
            weights=str(weights),
            adapter=str(adapter) if adapter else None,
            optimizer=str(optimizer) if optimizer else None,
            dtype=self.options.dtype,
            options=OptimizerOptions(
                adamw, options.zero_stage, options.offload_optimizer, options.gradient_checkpointing
            ),
        )
        self.environment = {**replies[0], "zero_stage": self.options.zero_stage}
        self._state, self.adamw = state, adamw

    def refer(self, reference: str, weights: Path, adapter: Path | None = None) -> None:
        """Make the ranks, which hold a policy, hold a frozen copy of the policy `reference` beside it.

        `adapter`: of a policy that has one, beside `weights`.
        """
        assert self.state is not None, "load a policy first"
        self._reference = None
        self._call(
            "refer",
            LOAD_S,
            reference=reference,
            weights=str(weights),
            adapter=str(adapter) if adapter else None,
        )
        self._reference = reference

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

    def train(
        self, becomes: str, batch: GroupBatch, settings: StepSettings, iteration: int, reference: str | None = None
    ) -> dict[str, Any]:
        """Run one iteration on the ranks (`TrainingRank.train`): the policy held becomes `becomes`.

        `reference`: the policy of which a copy is read.
        """
        expected, self._state = self._state, None
        result = self._call(
            "train",
            self.options.step_deadline_s,
            expected=expected,
            becomes=becomes,
            batch=batch,
            settings=settings,
            iteration=iteration,
            reference=reference,
        )
        self._state = becomes
        return dict(result[0])

    def save(self, folder: Path, *, optimizer: bool) -> float:
        """Write the policy held, or its adapter; with `optimizer` optimizer*.safetensors too. Returns seconds."""
        folder.mkdir(parents=True, exist_ok=True)
        return float(self._call("save", SAVE_S, folder=str(folder), optimizer=optimizer)[0])

    def sleep(self) -> None:
        """Give up the GPUs' memory, but for a reference policy's, until the next call of another method."""
        if self.state is not None and not self._asleep:
            self._call("sleep", LOAD_S)
            self._asleep = True

    def _call(self, method: str, deadline_s: float, **arguments: Any) -> list[Any]:
        if self._asleep and self._alive:
            self._asleep = False
            super()._call("wake", LOAD_S)
        return super()._call(method, deadline_s, **arguments)

    def stop(self) -> None:
        """End the ranks; the next load starts others."""
        super().stop()
        self.environment, self._reference, self._asleep = {}, None, False
