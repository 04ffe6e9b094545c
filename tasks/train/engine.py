"""DeepSpeed held thin: build it from a folder of weights, run exact accumulation steps, write consolidated state.

Everything that differs between ZeRO stages is in this file. Checkpoints are consolidated and named by parameter, so they
load on any number of ranks and any stage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state, safe_set_full_optimizer_state
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor
from transformers import AutoModelForCausalLM

from tasks.train.forward import PolicyModule

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}
MOMENTS = ("exp_avg", "exp_avg_sq")
SHARD_BYTES = 4 << 30  # consolidated files are cut here


@dataclass(frozen=True)
class OptimizerOptions:
    """AdamW's settings (the learning rate comes with each step) and how DeepSpeed is to hold its state."""

    betas: tuple[float, float]
    adam_eps: float
    weight_decay: float
    max_grad_norm: float
    zero_stage: int
    offload_optimizer: bool
    gradient_checkpointing: bool


def deepspeed_config(options: OptimizerOptions, dtype: torch.dtype, ranks: int, parameters: int) -> dict[str, Any]:
    """One micro-batch of one row and no accumulation, as far as DeepSpeed knows: what it would divide by is all 1, and
    the real number of tokens is in the weights of the loss (design rule 8)."""
    # DeepSpeed allocates its buckets anew in each backward pass: 2 GB at its default, however small the model.
    bucket = min(parameters, 500_000_000)
    zero: dict[str, Any] = {
        "stage": options.zero_stage,
        "overlap_comm": False,
        "reduce_bucket_size": bucket,
        "allgather_bucket_size": bucket,
    }
    if options.offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu"}
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "train_batch_size": ranks,
        "gradient_clipping": options.max_grad_norm,
        "zero_optimization": zero,
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 2**31,
        "optimizer": {
            "type": "AdamW",
            # torch's own AdamW: DeepSpeed's compiles for 100 s at first use. Offloading needs DeepSpeed's.
            "params": {
                "lr": 0.0,
                "betas": list(options.betas),
                "eps": options.adam_eps,
                "weight_decay": options.weight_decay,
            }
            | ({} if options.offload_optimizer else {"torch_adam": True}),
        },
    }
    if dtype == torch.bfloat16:
        config |= {"bf16": {"enabled": True}, "data_types": {"grad_accum_dtype": "fp32"}}
    return config


class TrainingEngine:
    """The policy on this rank, under DeepSpeed."""

    def __init__(self, weights: Path, optimizer: Path | None, dtype: str, options: OptimizerOptions) -> None:
        """`weights`: a folder in Hugging Face format; `optimizer`: a folder written by `save_optimizer`, or None."""
        self.dtype = DTYPES[dtype]
        self.ranks = dist.get_world_size()
        model = AutoModelForCausalLM.from_pretrained(
            weights, dtype=self.dtype, attn_implementation="sdpa", local_files_only=True
        )
        if options.gradient_checkpointing:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        module = PolicyModule(model)
        module.train()
        self._engine, *_ = deepspeed.initialize(
            model=module,
            model_parameters=list(module.parameters()),
            config=deepspeed_config(options, self.dtype, self.ranks, sum(p.numel() for p in module.parameters())),
            dist_init_required=False,
        )
        self._stage, self._max_norm = options.zero_stage, options.max_grad_norm
        self._not_finite = torch.zeros(0)
        self._current = 0
        for parameter in module.parameters():
            parameter.register_hook(self._watch)
        self.steps = 0
        self._reset_moments()
        if optimizer is not None:
            self._load_optimizer(optimizer)

    @property
    def device(self) -> torch.device:
        return torch.device(self._engine.device)

    def forward(self, **inputs: Any) -> Any:
        """PolicyModule.forward through DeepSpeed."""
        return self._engine(**inputs)

    def accumulate(self, losses: Sequence[Callable[[], Tensor]]) -> list[int]:
        """Forward and backward over this rank's micro-batches. Each of `losses` runs a forward pass and returns its share
        of the summed loss of the whole optimiser minibatch. Returns the indices of those with a gradient that is not finite.
        """
        self._not_finite = torch.zeros(len(losses), device=self.device)
        for index, loss in enumerate(losses):
            self._current = index
            self._engine.set_gradient_accumulation_boundary(index == len(losses) - 1)
            # DeepSpeed averages over ranks; the losses are shares of one sum.
            self._engine.backward(loss() * self.ranks, scale_wrt_gas=False)
        return [int(index) for index in (~torch.isfinite(self._not_finite)).nonzero()]

    def apply(self, learning_rate: float) -> float:
        """The optimiser step for what was accumulated; returns the gradient's norm before clipping."""
        for group in self._basic_optimizer.param_groups:
            group["lr"] = learning_rate
        norm = (
            torch.nn.utils.get_total_norm([p.grad for p in self._engine.module.parameters()])
            if self._stage == 0
            else None
        )
        self._engine.step()
        self.steps += 1
        return float(self._engine.get_global_grad_norm() if norm is None else norm)

    def _watch(self, gradient: Tensor) -> None:
        self._not_finite[self._current] += gradient.detach().sum() * 0.0  # inf * 0 and nan * 0 are nan

    @property
    def _basic_optimizer(self) -> torch.optim.Optimizer:
        outer: Any = self._engine.optimizer
        basic: torch.optim.Optimizer = outer if self._stage == 0 else outer.optimizer
        return basic

    def _master_tensors(self) -> list[Tensor]:
        """The tensors that AdamW's state is keyed by: parameters (stage 0) or this rank's flat float32 partitions."""
        if self._stage == 3:
            return list(self._engine.optimizer.fp32_partitioned_groups_flat)
        return [p for group in self._basic_optimizer.param_groups for p in group["params"]]

    def _reset_moments(self) -> None:
        # Made now rather than at the first step, so that a fresh and a restored engine take one path. (ZeRO-3 has made
        # its own by a step with zero gradients, which counts in AdamW's bias correction.)
        for tensor in self._master_tensors():
            self._basic_optimizer.state[tensor] = {
                "step": torch.tensor(0.0),
                "exp_avg": torch.zeros_like(tensor),
                "exp_avg_sq": torch.zeros_like(tensor),
            }
        if self._stage in (1, 2):
            self._engine.optimizer._lazy_init_hp_params_optimizer_state()

    def _named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Hugging Face names; tied weights once."""
        for name, parameter in self._engine.module.named_parameters():
            yield name.removeprefix("lm."), parameter

    def _full(self, parameter: torch.nn.Parameter, key: str | None) -> Tensor:
        """A whole parameter (key None) or moment on every rank; collective."""
        if self._stage == 0:
            whole: Tensor = parameter.detach() if key is None else self._basic_optimizer.state[parameter][key]
        else:
            whole = (
                safe_get_full_fp32_param(parameter) if key is None else safe_get_full_optimizer_state(parameter, key)
            )
        return whole

    def save_weights(self, folder: Path) -> None:
        """Writes model.safetensors in the policy's dtype (rank 0; collective)."""
        self._save(
            folder,
            "model",
            ((n, self._full(p, None).to(self.dtype)) for n, p in self._named_parameters()),
            {"format": "pt"},
        )

    def save_optimizer(self, folder: Path) -> None:
        """Writes the float32 master weights, both moments and the step count, by parameter name (rank 0; collective)."""

        def tensors() -> Iterator[tuple[str, Tensor]]:
            for name, parameter in self._named_parameters():
                yield f"{name}/master", self._full(parameter, None)
                for key in MOMENTS:
                    yield f"{name}/{key}", self._full(parameter, key)

        self._save(folder, "optimizer", tensors(), {"steps": str(self.steps)})

    def _save(self, folder: Path, stem: str, tensors: Iterator[tuple[str, Tensor]], metadata: dict[str, str]) -> None:
        writer = _ShardWriter(folder, stem, metadata) if dist.get_rank() == 0 else None
        for name, tensor in tensors:
            if writer is not None:
                writer.add(name, tensor.detach().to("cpu", copy=True).contiguous())
        if writer is not None:
            writer.close()
        dist.barrier()

    def _load_optimizer(self, folder: Path) -> None:
        with _reader(folder, "optimizer") as (read, metadata):
            self.steps = int(metadata["steps"])
            for tensor in self._master_tensors():
                self._basic_optimizer.state[tensor]["step"].fill_(self.steps)
            for name, parameter in self._named_parameters():
                self._set_master(parameter, read(f"{name}/master"))
                for key in MOMENTS:
                    value = read(f"{name}/{key}").to(self.device)
                    if self._stage == 0:
                        self._basic_optimizer.state[parameter][key].copy_(value)
                    else:
                        safe_set_full_optimizer_state(parameter, value, key)

    def _set_master(self, parameter: torch.nn.Parameter, value: Tensor) -> None:
        value = value.to(self.device)
        if self._stage == 0:
            parameter.data.copy_(value)
        else:  # the working copy came from the weights, which are the rounded master
            deepspeed.utils.safe_set_full_fp32_param(parameter, value)


class _ShardWriter:
    """Streams tensors into safetensors files of at most SHARD_BYTES and, where there are several, an index."""

    def __init__(self, folder: Path, stem: str, metadata: dict[str, str]) -> None:
        self._folder, self._stem, self._metadata = folder, stem, metadata
        self._shards: list[list[str]] = []
        self._pending: dict[str, Tensor] = {}
        self._bytes = 0

    def add(self, name: str, tensor: Tensor) -> None:
        if self._pending and self._bytes + tensor.nbytes > SHARD_BYTES:
            self._flush()
        self._pending[name] = tensor
        self._bytes += tensor.nbytes

    def _flush(self) -> None:
        save_file(self._pending, self._folder / f"{self._stem}.part{len(self._shards)}", metadata=self._metadata)
        self._shards.append(list(self._pending))
        self._pending, self._bytes = {}, 0

    def close(self) -> None:
        self._flush()
        total = len(self._shards)
        weight_map: dict[str, str] = {}
        for index, names in enumerate(self._shards):
            file = (
                f"{self._stem}.safetensors" if total == 1 else f"{self._stem}-{index + 1:05}-of-{total:05}.safetensors"
            )
            (self._folder / f"{self._stem}.part{index}").rename(self._folder / file)
            weight_map |= dict.fromkeys(names, file)
        if total > 1:
            index_json = json.dumps({"metadata": self._metadata, "weight_map": weight_map}, sort_keys=True)
            (self._folder / f"{self._stem}.safetensors.index.json").write_text(index_json)


@contextmanager
def _reader(folder: Path, stem: str) -> Iterator[tuple[Callable[[str], Tensor], dict[str, str]]]:
    """(read tensor by name, metadata) of what _ShardWriter wrote."""
    index = folder / f"{stem}.safetensors.index.json"
    single = folder / f"{stem}.safetensors"
    weight_map = json.loads(index.read_text())["weight_map"] if index.exists() else None
    files = {
        f: safe_open(folder / f, framework="pt") for f in (set(weight_map.values()) if weight_map else {single.name})
    }
    any_file = next(iter(files.values()))
    yield (lambda name: files[weight_map[name] if weight_map else single.name].get_tensor(name)), any_file.metadata()
