"""One training rank, a resident process with methods: `torchrun ... -m tasks.train.rank --address SOCKET`."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.resident import serve
from tasks.errors import OutOfMemory, TrainingError
from tasks.train import memory
from tasks.train.batch import GroupBatch
from tasks.train.settings import OptimizerOptions, StepSettings
from tasks.train.supervised import Demonstrations


class _Gloo:
    """The ranks over torch.distributed (Python objects travel over gloo, gradients over DeepSpeed's backend)."""

    def __init__(self) -> None:
        import torch.distributed as dist

        self.rank, self.size = dist.get_rank(), dist.get_world_size()
        self._group = dist.new_group(backend="gloo") if dist.get_backend() != "gloo" else None

    def gather(self, value: Any) -> list[Any]:
        """Return the values of all ranks, on all ranks."""
        if self.size == 1:
            return [value]
        import torch.distributed as dist

        out: list[Any] = [None] * self.size
        dist.all_gather_object(out, value, group=self._group)
        return out


class TrainingRank:
    """The handler behind `serve`. `state` names the policy that is loaded (lineage), or None while it is unknown."""

    def __init__(self, threads: int | None) -> None:
        import deepspeed
        import torch

        if threads:
            torch.set_num_threads(threads)
        on_gpu = torch.cuda.is_available()
        if on_gpu:
            torch.cuda.set_device(int(os.environ["LOCAL_RANK"]))
        torch.use_deterministic_algorithms(not on_gpu)  # a replay on the CPU is bit-identical
        # DeepSpeed would compile a shared-memory all-reduce for 40 s at first use on the CPU; gloo does.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False
        deepspeed.init_distributed(dist_backend="nccl" if on_gpu else "gloo")
        self.ranks = _Gloo()
        self.state: str | None = None
        self.reference: str | None = None  # names the reference policy that is held
        self._engine: Any = None
        self._reference_policy: Any = None

    def load(
        self,
        *,
        state: str,
        weights: str,
        optimizer: str | None,
        dtype: str,
        options: OptimizerOptions,
        adapter: str | None = None,
    ) -> dict[str, Any]:
        """Build the policy `state` from folders of weights and, if given, of an adapter and the optimizer's state.

        Returns `environment()`.
        """
        from tasks.train.deepspeed_engine import TrainingEngine

        self.state, self._engine = None, None
        folders = [Path(each) if each else None for each in (optimizer, adapter)]
        self._engine = TrainingEngine(Path(weights), folders[0], dtype, options, folders[1])
        self._engine.reference = self._reference_policy
        self.state = state
        return self.environment()

    def refer(self, *, reference: str, weights: str, adapter: str | None = None) -> None:
        """Hold the policy `reference` from folders of weights and, if given, of an adapter, beside the one loaded."""
        from tasks.train.reference import ReferencePolicy

        self.reference = None
        folders = Path(weights), Path(adapter) if adapter else None
        if self._reference_policy is None:
            self._reference_policy = ReferencePolicy(*folders, self._engine.dtype, self._engine.device)
        else:
            self._reference_policy.take(*folders)
        self._engine.reference, self.reference = self._reference_policy, reference
        self._give_back()

    def environment(self) -> dict[str, Any]:
        """Return what a manifest records of how a step was really computed: a replay wants the same."""
        import deepspeed
        import torch
        import transformers

        return {
            "ranks": self.ranks.size,
            "threads": torch.get_num_threads(),
            "torch": torch.__version__,
            "deepspeed": deepspeed.__version__,
            "transformers": transformers.__version__,
            "device": torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu",
        }

    def supervise(
        self, *, steps: list[Demonstrations], rates: list[float], prompt_weight: float, token_budget: int
    ) -> list[dict[str, float]]:
        """Take some supervised steps; return one dict of numbers each. The policy has no name afterwards."""
        from tasks.train.supervised import supervised_step

        self.state = None
        with self._memory("supervised steps", token_budget):
            return [
                supervised_step(
                    self._engine,
                    self.ranks,
                    step,
                    prompt_weight=prompt_weight,
                    token_budget=token_budget,
                    learning_rate=rate,
                )
                for step, rate in zip(steps, rates, strict=True)
            ]

    def train(
        self,
        *,
        expected: str,
        becomes: str,
        batch: GroupBatch,
        settings: StepSettings,
        iteration: int,
        reference: str | None = None,
    ) -> dict[str, Any]:
        """Run one iteration from policy `expected`, which afterwards is `becomes`; return its result on rank 0.

        `reference`: the reference policy of which the ranks hold a copy, None for none. Raises TrainingError where
        they hold other policies; nothing is done then.
        """
        from tasks.train.iteration import Iteration

        if (self.state, self.reference) != (expected, reference):
            held, wanted = (_named(*each) for each in ((self.state, self.reference), (expected, reference)))
            raise TrainingError(f"iteration {iteration}: the ranks hold {held}, not {wanted}")
        self.state = None  # unknown until every step of the iteration is applied
        with self._memory(f"iteration {iteration}", settings.token_budget):
            result = Iteration(self._engine, self.ranks, batch, settings, iteration).run()
        self.state = becomes
        self._give_back()
        return result if self.ranks.rank == 0 else {}

    def save(self, *, folder: str, optimizer: bool) -> float:
        """Write model.safetensors and, on request, the optimizer's state to `folder`; return the seconds taken."""
        started = time.monotonic()
        self._engine.save_weights(Path(folder))
        if optimizer:
            self._engine.save_optimizer(Path(folder))
        self._give_back()
        return time.monotonic() - started

    def sleep(self) -> None:
        """Give up the GPU's memory, but for a reference policy's, until `wake`."""
        self._engine.sleep()
        self._give_back()

    def wake(self) -> None:
        """Undo `sleep`."""
        self._engine.wake()

    @contextmanager
    def _memory(self, what: str, token_budget: int) -> Iterator[None]:
        """Raise OutOfMemory where memory runs out within, whatever the library calls it."""
        try:
            yield
        except Exception as error:
            if not memory.ran_out(error):
                raise
            reason = (str(error) or type(error).__name__).splitlines()[0][:160]
            raise OutOfMemory(
                f"{what}: memory ran out on rank {self.ranks.rank} at a token budget of {token_budget} ({reason})"
            ) from error

    def _give_back(self) -> None:
        """Free cached GPU memory, which a rollout engine on the same GPU needs next."""
        import torch

        if torch.cuda.is_available():
            torch.cuda.empty_cache()


def _named(policy: str | None, reference: str | None) -> str:
    return f"policy {policy}" + ("" if reference is None else f" with reference {reference}")


def main() -> None:
    """Serve the calls of the flow until it stops this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--threads", type=int, default=None)
    arguments = parser.parse_args()
    serve(lambda: TrainingRank(arguments.threads), arguments.address, int(os.environ["RANK"]))


if __name__ == "__main__":
    main()
