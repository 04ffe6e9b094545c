"""The resident children of a flow: the training ranks and the rollout engine."""

from __future__ import annotations

import os
from typing import Any

from infra.errors import EngineError
from infra.paths import LOGS
from specs.schema import Placement, Spec
from tasks.experiment import longest_response
from tasks.rollout.client import Roller
from tasks.train.client import Trainer, TrainerOptions


def _devices(placement: Placement) -> tuple[str | None, str | None]:
    """CUDA_VISIBLE_DEVICES of the trainer and of the engine: the same GPUs where they are colocated, else the trainer's first."""
    if not placement.gpus:
        return None, None
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    gpus = given.split(",") if given else [str(i) for i in range(placement.gpus)]
    if len(gpus) < placement.gpus:
        raise EngineError(
            f"placement.gpus is {placement.gpus}, but CUDA_VISIBLE_DEVICES={given} gives {len(gpus)}: lower one or raise the other"
        )
    gpus = gpus[: placement.gpus]
    split = placement.ranks if placement.layout == "separate" else 0
    return ",".join(gpus[:split] or gpus), ",".join(gpus[split:])


class Engines:
    """The resident children of one flow: training ranks and rollout engine. On the CPU one of them computes at a time. Experiments of one
    flow (a run and its control) share them, where they place them alike."""

    def __init__(self, spec: Spec, place: str = "") -> None:
        """`place` tells apart the logs of those that work side by side in one process."""
        cores = len(os.sched_getaffinity(0))
        placement, gpus = spec.placement, spec.placement.gpus > 0
        trainer_gpus, engine_gpus = _devices(placement)
        logs = LOGS / f"{spec.name}-{os.getpid()}{place}"
        self.trainer = Trainer(
            TrainerOptions(
                ranks=placement.ranks,
                threads=placement.threads or max(1, cores // placement.ranks),
                devices=trainer_gpus,
                dtype=spec.policy.dtype,
                zero_stage=spec.train.zero_stage,
                offload_optimizer=placement.offload_optimizer == "cpu",
                gradient_checkpointing=spec.train.gradient_checkpointing,
                step_deadline_s=placement.deadline_s,
            ),
            logs / "trainer.log",
        )
        options: dict[str, Any] = {"dtype": spec.policy.dtype}
        if spec.rollout.engine == "vllm":
            options |= {
                "max_model_len": spec.rollout.max_prompt_tokens + longest_response(spec),
                "tensor_parallel_size": placement.tensor_parallel,
            }
            if placement.layout == "colocated":
                options["gpu_memory_utilization"] = 0.5  # the trainer's weights and optimizer stay on the same GPU
        elif gpus:
            options["device"] = "cuda"
        threads = placement.threads or cores
        self.roller = Roller(
            spec.rollout.engine,
            options,
            threads=threads,
            devices=engine_gpus,
            log=logs / "rollout.log",
            deadline_s=placement.deadline_s,
        )
        self.sleeps = gpus and placement.sleep == "rollout"

        self._places = _places(spec)

    def fit(self, spec: Spec) -> bool:
        """Whether an experiment can use them as they are."""
        return _places(spec) == self._places

    def close(self) -> None:
        """For good: whoever works with them in another thread gets an EngineError, and starts none again."""
        self.roller.close()
        self.trainer.close()


def _places(spec: Spec) -> tuple[object, ...]:
    """What of a spec the engines are made for."""
    longest = spec.rollout.max_prompt_tokens + longest_response(spec) if spec.rollout.engine == "vllm" else None
    return (
        spec.placement,
        spec.policy.dtype,
        spec.train.zero_stage,
        spec.train.gradient_checkpointing,
        spec.rollout.engine,
        longest,
    )
