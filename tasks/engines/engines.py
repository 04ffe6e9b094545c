"""The resident children of one flow, training ranks and rollout engine, made from a spec."""

from __future__ import annotations

import os

from infra.errors import EngineError
from infra.paths import LOGS
from specs.schema import Spec
from specs.sections import Placement
from tasks.engines.rollout import RolloutClient
from tasks.engines.trainer import TrainerClient, TrainerOptions
from tasks.graph.asked import longest_response
from tasks.rollout.registry import engine_options


def _devices(placement: Placement) -> tuple[str | None, str | None]:
    """Return CUDA_VISIBLE_DEVICES of trainer and engine.

    Colocated they have the same GPUs; else the trainer has the first ones.
    """
    if not placement.gpus:
        return None, None
    given = os.environ.get("CUDA_VISIBLE_DEVICES")
    gpus = given.split(",") if given else [str(i) for i in range(placement.gpus)]
    if len(gpus) < placement.gpus:
        raise EngineError(
            f"placement.gpus is {placement.gpus}, but CUDA_VISIBLE_DEVICES={given} gives {len(gpus)}: "
            "lower one or raise the other"
        )
    gpus = gpus[: placement.gpus]
    split = placement.ranks if placement.layout == "separate" else 0
    return ",".join(gpus[:split] or gpus), ",".join(gpus[split:])


class Engines:
    """Training ranks and rollout engine of one flow. On the CPU one of them computes at a time.

    Experiments of one flow (a run and its control) share them, where their placement is the same.
    """

    def __init__(self, spec: Spec, place: str = "") -> None:
        """Make the clients; nothing is started yet. `place` tells apart the logs of engines in one process."""
        cores = len(os.sched_getaffinity(0))
        placement, gpus = spec.placement, spec.placement.gpus > 0
        trainer_gpus, engine_gpus = _devices(placement)
        logs = LOGS / f"{spec.name}-{os.getpid()}{place}"
        self.trainer = TrainerClient(
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
        threads = placement.threads or cores
        self.rollout = RolloutClient(
            spec.rollout.engine,
            engine_options(spec, longest_response(spec)),
            threads=threads,
            devices=engine_gpus,
            log=logs / "rollout.log",
            deadline_s=placement.deadline_s,
        )
        self.sleeps = gpus and placement.sleep == "rollout"
        self.trainer_sleeps = placement.trainer_sleeps

        self._made_for = _made_for(spec)

    def fit(self, spec: Spec) -> bool:
        """Return True if an experiment can use them as they are."""
        return _made_for(spec) == self._made_for

    def close(self) -> None:
        """End them for good: a thread that works with them gets an EngineError, and starts none again."""
        self.rollout.close()
        self.trainer.close()


def _made_for(spec: Spec) -> tuple[object, ...]:
    """Return the settings that the engines are made for."""
    return (
        spec.placement,
        spec.policy.dtype,
        spec.train.zero_stage,
        spec.train.gradient_checkpointing,
        spec.rollout.engine,
        engine_options(spec, longest_response(spec)),
    )
