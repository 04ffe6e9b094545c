"""A thin layer over DeepSpeed: build from a folder of weights, accumulate exactly, write consolidated state.

Everything that differs between ZeRO stages is in this file. Checkpoints are consolidated and named by parameter, so
they load on any number of ranks and any stage. The files themselves: shards.py.

`model*.safetensors` has the policy; of one with an adapter `adapter_model.safetensors` has the adapter, and its base,
which stays as it is, lies elsewhere. `optimizer*.safetensors` has master weights and moments of what is trained, the
step count, and what an objective keeps: the parameters of its head, under `objective/`, and its scalars, under
`scalar/`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from deepspeed.accelerator import get_accelerator
from deepspeed.runtime.zero.offload_config import OffloadStateTypeEnum
from deepspeed.utils import safe_get_full_fp32_param, safe_get_full_optimizer_state, safe_set_full_optimizer_state
from torch import Tensor

from tasks.checkpoint.adapter import STEM as ADAPTER
from tasks.checkpoint.adapter import adapter_name, without_adapter
from tasks.errors import TrainingError
from tasks.train.deepspeed_config import deepspeed_config
from tasks.train.forward import PolicyModule
from tasks.train.language_model import gather_head_in_scores, language_model
from tasks.train.objectives.registry import head_of
from tasks.train.reference import ReferencePolicy
from tasks.train.settings import OptimizerOptions
from tasks.train.shards import ShardWriter, reader

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float64": torch.float64}
MOMENTS = ("exp_avg", "exp_avg_sq")
#: DeepSpeed's names of what ZeRO-3 holds beside the optimizer's state.
BUFFERS = (
    OffloadStateTypeEnum.lp_params,
    OffloadStateTypeEnum.lp_grads,
    OffloadStateTypeEnum.contiguous_grad_buffer,
)
HEAD = "objective/"  # before the names of the head's parameters, in the optimizer's files
SCALAR = "scalar/"  # before the names of the objective's scalars there


def whole_shape(parameter: torch.nn.Parameter) -> torch.Size:
    """Return the shape of a parameter that ranks may share: under ZeRO-3 the parameter itself is empty."""
    shape: torch.Size = getattr(parameter, "ds_shape", parameter.shape)
    return shape


class TrainingEngine:
    """The policy on this rank, under DeepSpeed."""

    def __init__(
        self, weights: Path, optimizer: Path | None, dtype: str, options: OptimizerOptions, adapter: Path | None = None
    ) -> None:
        """Load `weights`, a folder in Hugging Face format, and `optimizer`, what `save_optimizer` wrote, or None.

        `adapter`: the folder of an adapter, which alone is trained then.
        """
        self.dtype = DTYPES[dtype]
        self.ranks = dist.get_world_size()
        model = language_model(weights, adapter, self.dtype, self.ranks, options.zero_stage)
        self._with_adapter = adapter is not None
        if options.gradient_checkpointing:
            model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})
        module = PolicyModule(model, self._made_head(options, model.config.hidden_size, optimizer))
        module.train()
        trained = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self._engine, *_ = deepspeed.initialize(
            model=module,
            model_parameters=trained,
            config=deepspeed_config(
                options,
                self.dtype,
                self.ranks,
                sum(whole_shape(parameter).numel() for parameter in trained),
                get_accelerator().device_name(),
            ),
            dist_init_required=False,
        )
        gather_head_in_scores(module)
        self._stage, self._max_norm = options.zero_stage, options.adamw.max_grad_norm
        self._not_finite = torch.zeros(0)
        self._current = 0
        for parameter in trained:
            parameter.register_hook(self._watch)
        self.steps = 0
        self.scalars: dict[str, float] = {}
        self.reference: ReferencePolicy | None = None  # a frozen copy, where a step reads one
        self._reset_moments()
        if optimizer is not None:
            self._load_optimizer(optimizer)

    def _made_head(self, options: OptimizerOptions, hidden_size: int, optimizer: Path | None) -> torch.nn.Module | None:
        """Return the objective's head with the optimizer's master weights, or its first values where there are none.

        DeepSpeed takes its working copy from here: `save_weights` has the policy's, and not the head's.
        """
        if options.adamw.head is None:
            return None
        objective, seed = options.adamw.head
        head = head_of(objective, hidden_size, seed)
        if head is not None and optimizer is not None:
            with reader(optimizer, "optimizer") as (names, read, _), torch.no_grad():
                for name, parameter in head.named_parameters():
                    if f"{HEAD}{name}/master" in names:
                        master = read(f"{HEAD}{name}/master")
                        self._check_shape(HEAD + name, parameter, master)
                        parameter.copy_(master)
        return None if head is None else head.to(self.dtype)

    @property
    def device(self) -> torch.device:
        """Return the device of this rank."""
        return torch.device(self._engine.device)

    def forward(self, **inputs: Any) -> Any:
        """Return what PolicyModule.forward gives, through DeepSpeed."""
        return self._engine(**inputs)

    def reference_log_probs(self, *, base: bool, **inputs: Any) -> Tensor:
        """Return log pi_ref of the predictions [M]; inputs are those of `forward`.

        `base`: the reference is the policy without its adapter.
        """
        if base:
            with without_adapter(self._engine.module), torch.no_grad():
                found: Tensor = self._engine(**inputs).log_probs
            return found
        if self.reference is None:
            raise TrainingError("the ranks hold no reference policy, and this step reads one")
        return self.reference.log_probs(**inputs)

    def accumulate(self, losses: Sequence[Callable[[], Tensor]]) -> list[int]:
        """Run forward and backward over this rank's micro-batches.

        Each of `losses` runs a forward pass and returns its share of the summed loss of the whole optimizer minibatch.
        Returns the indices of those with a gradient that is not finite.
        """
        self._not_finite = torch.zeros(len(losses), device=self.device)
        for index, loss in enumerate(losses):
            self._current = index
            self._engine.set_gradient_accumulation_boundary(index == len(losses) - 1)
            # DeepSpeed averages over ranks; the losses are shares of one sum.
            self._engine.backward(loss() * self.ranks, scale_wrt_gas=False)
        return [int(index) for index in (~torch.isfinite(self._not_finite)).nonzero()]

    def apply(self, learning_rate: float) -> float:
        """Take the optimizer step for what was accumulated; return the gradient's norm before clipping."""
        for group in self._basic_optimizer.param_groups:
            group["lr"] = learning_rate
        norm = (
            torch.nn.utils.get_total_norm([p.grad for p in self._engine.module.parameters() if p.requires_grad])
            if self._stage == 0
            else None
        )
        self._engine.step()
        self.steps += 1
        return float(self._engine.get_global_grad_norm() if norm is None else norm)

    def sleep(self) -> None:
        """Move what this rank holds under ZeRO-3 to the host until `wake`; not a reference policy.

        DeepSpeed moves masters and moments of its own AdamW alone, which needs a compiler: they are moved here.
        """
        self._engine.offload_states(include=BUFFERS, pin_memory=False)
        self._move_optimizer(torch.device("cpu"))

    def wake(self) -> None:
        """Undo `sleep`."""
        self._engine.reload_states()
        self._move_optimizer(self.device)

    def _move_optimizer(self, device: torch.device) -> None:
        for tensor in self._master_tensors():
            tensor.data = tensor.data.to(device)
            state = self._basic_optimizer.state[tensor]
            state.update({key: state[key].to(device) for key in MOMENTS})

    def _watch(self, gradient: Tensor) -> None:
        self._not_finite[self._current] += gradient.detach().sum() * 0.0  # inf * 0 and nan * 0 are nan

    @property
    def _basic_optimizer(self) -> torch.optim.Optimizer:
        outer: Any = self._engine.optimizer
        basic: torch.optim.Optimizer = outer if self._stage == 0 else outer.optimizer
        return basic

    def _master_tensors(self) -> list[Tensor]:
        """Return the keys of AdamW's state: parameters (stage 0) or this rank's flat float32 partitions."""
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
        """Yield the policy's trained parameters by their names in files, tied weights once.

        These are Hugging Face's names, or peft's of an adapter.
        """
        for name, parameter in self._engine.module.named_parameters():
            own = name.removeprefix("lm.") if name.startswith("lm.") else None
            if own is not None and self._with_adapter:
                own = adapter_name(own)
            if own is not None:
                yield own, parameter

    def _head_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Yield the parameters of the objective's head, by their names in the optimizer's files."""
        for name, parameter in self._engine.module.named_parameters():
            if name.startswith("head."):
                yield HEAD + name.removeprefix("head."), parameter

    def _full(self, parameter: torch.nn.Parameter, key: str | None) -> Tensor:
        """Return a whole parameter (key None) or moment on every rank; collective."""
        if self._stage == 0:
            whole: Tensor = parameter.detach() if key is None else self._basic_optimizer.state[parameter][key]
        else:
            whole = (
                safe_get_full_fp32_param(parameter) if key is None else safe_get_full_optimizer_state(parameter, key)
            )
        return whole

    def save_weights(self, folder: Path) -> None:
        """Write the policy, or its adapter, in the policy's dtype (rank 0; collective)."""
        self._save(
            folder,
            ADAPTER if self._with_adapter else "model",
            ((n, self._full(p, None).to(self.dtype)) for n, p in self._named_parameters()),
            ("format", "pt"),
        )

    def save_optimizer(self, folder: Path) -> None:
        """Write the float32 master weights and both moments by parameter name, and the scalars (rank 0; collective).

        The step count is in the metadata.
        """

        def tensors() -> Iterator[tuple[str, Tensor]]:
            for name, parameter in (*self._named_parameters(), *self._head_parameters()):
                yield f"{name}/master", self._full(parameter, None)
                for key in MOMENTS:
                    yield f"{name}/{key}", self._full(parameter, key)
            for name, value in self.scalars.items():
                yield SCALAR + name, torch.tensor(value, dtype=torch.float64)

        self._save(folder, "optimizer", tensors(), ("steps", str(self.steps)))

    def _save(self, folder: Path, stem: str, tensors: Iterator[tuple[str, Tensor]], metadata: tuple[str, str]) -> None:
        writer = ShardWriter(folder, stem, metadata, one_file=stem == ADAPTER) if dist.get_rank() == 0 else None
        for name, tensor in tensors:
            if writer is not None:
                writer.add(name, tensor.detach().to("cpu", copy=True).contiguous())
        if writer is not None:
            writer.close()
        dist.barrier()

    def _load_optimizer(self, folder: Path) -> None:
        with reader(folder, "optimizer") as (names, read, metadata):
            self.steps = int(metadata["steps"])
            self.scalars = {n.removeprefix(SCALAR): float(read(n)) for n in names if n.startswith(SCALAR)}
            for tensor in self._master_tensors():
                self._basic_optimizer.state[tensor]["step"].fill_(self.steps)
            # A head that these files do not have (they are another objective's) begins with its first values.
            head = [each for each in self._head_parameters() if f"{each[0]}/master" in names]
            for name, parameter in (*self._named_parameters(), *head):
                master = read(f"{name}/master")
                self._check_shape(name, parameter, master)
                self._set_master(parameter, master)
                for key in MOMENTS:
                    value = read(f"{name}/{key}").to(self.device)
                    if self._stage == 0:
                        self._basic_optimizer.state[parameter][key].copy_(value)
                    elif self._stage == 3:
                        self._set_partition(parameter, value, key)
                    else:
                        safe_set_full_optimizer_state(parameter, value, key)

    def _check_shape(self, name: str, parameter: torch.nn.Parameter, master: Tensor) -> None:
        wanted = whole_shape(parameter)
        if master.shape != wanted:
            raise TrainingError(
                f"the optimizer's files have {name} with the shape {list(master.shape)}, and it has {list(wanted)} "
                "now: they belong to another model or objective; take the settings that they were made with"
            )

    def _set_master(self, parameter: torch.nn.Parameter, value: Tensor) -> None:
        value = value.to(self.device)
        # The working copy came from the weights (of a head: `_made_head`), which are the rounded master.
        if self._stage == 0:
            parameter.data.copy_(value)
        elif self._stage == 3:
            self._set_partition(parameter, value, None)
        else:
            deepspeed.utils.safe_set_full_fp32_param(parameter, value)

    def _set_partition(self, parameter: torch.nn.Parameter, value: Tensor, key: str | None) -> None:
        """Set this rank's part of a parameter (key None) or moment under ZeRO-3.

        DeepSpeed's own function fails where the ranks do not divide the number of elements: the last part is padded.
        """
        optimizer: Any = self._engine.optimizer
        mine, _ = optimizer._get_fp32_opt_state_partition(parameter, release_swap_buffers=False, optim_state_key=key)
        part = value.flatten()[optimizer._get_param_partition_rank(parameter) * mine.numel() :][: mine.numel()]
        mine.data[: part.numel()].copy_(part)
