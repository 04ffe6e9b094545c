"""LoRA adapters (`policy.adapter`): first values, files in peft's format, and their place in a living model.

An adapter is a folder with `adapter_config.json` and `adapter_model.safetensors`, which peft loads. The weights that it
stands beside, the base, lie elsewhere: they are the policy step that the adapter's first step names.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig

from specs.errors import SpecError
from specs.keys import key_name
from specs.policy import Adapter, Policy
from tasks.data.seeds import derive_seed
from tasks.errors import TrainingError

CONFIG = "adapter_config.json"
STEM = "adapter_model"  # of the file with the tensors
_NAME = "default"  # peft's for the adapter of a model, in parameters' names and not in files
_PREFIX = "base_model.model."  # before a parameter's name in files
_TARGETS = key_name(Adapter, "targets")


def write_first_adapter(base: Path, adapter: Adapter, seed: int, dtype: str, folder: Path) -> None:
    """Write an adapter that changes nothing yet for the model whose config.json lies in `base`.

    A has values uniform in +-1 / sqrt(inputs), as peft's, by (seed, name of the layer); B is zero (arXiv 2106.09685,
    section 4.1). Raises SpecError for targets that the model does not have.
    """
    model = _meta_model(base)
    names = target_names(model, adapter)
    config = _config(adapter, names)
    (folder / CONFIG).write_text(json.dumps(config, indent=2, sort_keys=True))
    _inject(model, config)
    values = {name: _first_value(name, parameter, seed, dtype) for name, parameter in adapter_parameters(model)}
    save_file(values, folder / f"{STEM}.safetensors", metadata={"format": "pt"})


def check_targets(base: Path | None, adapter: Adapter) -> None:
    """Raise SpecError where a model lacks the layers that the adapter is for.

    `base` has its config.json; None for a policy made on the spot, a Llama (tasks/checkpoint/weights.py).
    """
    if base is None and adapter.targets == "all-linear":
        return
    model = _meta_model(base)
    names = target_names(model, adapter)
    if any(parameter.ndim > 2 for parameter in model.parameters()):  # fused experts, which peft may mean by a name
        _inject(model, _config(adapter, names))


def target_names(model: nn.Module, adapter: Adapter) -> list[str]:
    """Return the names of the linear layers that get an adapter, as peft's `target_modules` has them: last parts.

    Raises SpecError for a name that no linear layer has, for the output matrix, which rollout engines do not adapt, and
    for a model without linear layers (GPT-2's are of a class of its own).
    """
    output = model.get_output_embeddings()  # type: ignore[operator]
    there = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if isinstance(module, nn.Linear) and module is not output
    }
    if not there:
        kind = model.config.model_type  # type: ignore[union-attr]
        raise SpecError(
            f"{key_name(Policy, 'adapter')}: a model of type {kind} has no linear layer but the output matrix that an "
            f"adapter could stand beside; set it to null, or take another {key_name(Policy, 'model')}"
        )
    if adapter.targets == "all-linear":
        return sorted(there)
    missing = [name for name in adapter.targets if name not in there]
    if missing or not adapter.targets:
        raise SpecError(
            f"{_TARGETS}: got {list(adapter.targets)}, want names of this model's linear layers: "
            f"{', '.join(sorted(there))} (or all-linear)"
        )
    return sorted(adapter.targets)


def inject(model: nn.Module, folder: Path, dtype: torch.dtype) -> None:
    """Put the adapter of `folder` into a transformers model; its parameters alone are trained from here on."""
    _inject(model, json.loads((folder / CONFIG).read_text()))
    for _, parameter in adapter_parameters(model):
        parameter.data = parameter.data.to(dtype)
    copy_adapter(model, folder)


def copy_adapter(model: nn.Module, folder: Path) -> None:
    """Copy the values of an adapter's folder into a model that has this adapter.

    Raises TrainingError where they do not fit.
    """
    values = load_file(folder / f"{STEM}.safetensors")
    parameters = dict(adapter_parameters(model))
    wrong = sorted(values.keys() ^ parameters.keys()) or [
        name for name, parameter in parameters.items() if parameter.shape != values[name].shape
    ]
    if wrong:
        raise TrainingError(
            f"{folder}: the adapter does not fit the model (first {wrong[0]}): it belongs to another model or "
            f"another {key_name(Adapter, 'rank')}"
        )
    with torch.no_grad():
        for name, parameter in parameters.items():
            parameter.copy_(values[name])


@contextmanager
def without_adapter(model: nn.Module) -> Iterator[None]:
    """Switch the adapters in `model` off within.

    peft's own switch (`enable_adapters`) also stops their gradients, which DeepSpeed has hooks on.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = [module for module in model.modules() if isinstance(module, BaseTunerLayer)]
    assert layers, "the policy has no adapter"
    try:
        for layer in layers:
            layer._disable_adapters = True
        yield
    finally:
        for layer in layers:
            layer._disable_adapters = False


def adapter_parameters(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the adapter's parameters by their names in peft's files, in the order of the model."""
    for name, parameter in model.named_parameters():
        if (file_name := adapter_name(name)) is not None:
            yield file_name, parameter


def adapter_name(name: str) -> str | None:
    """Return the name in peft's files of a model's parameter; None for one that is not the adapter's."""
    module, matrix, last = name.rpartition(f".{_NAME}.")
    return f"{_PREFIX}{module}.{last}" if matrix and module.endswith(("lora_A", "lora_B")) else None


def pairs_of(values: Mapping[str, Tensor]) -> dict[str, tuple[Tensor, Tensor]]:
    """Return (A [rank, inputs], B [outputs, rank]) by the name of the weight that they stand beside."""
    end = ".lora_A.weight"
    layers = [name.removesuffix(end) for name in values if name.endswith(end)]
    return {
        f"{layer.removeprefix(_PREFIX)}.weight": (values[layer + end], values[f"{layer}.lora_B.weight"])
        for layer in layers
    }


def _config(adapter: Adapter, names: list[str]) -> dict[str, Any]:
    """Return peft's configuration of an adapter for the linear layers of these names."""
    return {
        "alpha_pattern": {},
        "base_model_name_or_path": None,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "lora_alpha": adapter.alpha,
        "lora_dropout": 0.0,
        "peft_type": "LORA",
        "r": adapter.rank,
        "rank_pattern": {},
        "target_modules": names,
        "task_type": "CAUSAL_LM",
    }


def _inject(model: nn.Module, config: Mapping[str, Any]) -> None:
    """Put an adapter into the model. Raises SpecError where peft takes a name for fused experts.

    Their weights are no matrices, so that neither `merge` nor a rollout engine has a place for the adapter's.
    """
    from peft import LoraConfig, inject_adapter_in_model  # here: it takes seconds, which a plan needs not
    from peft.tuners.lora.layer import ParamWrapper

    own = {key: config[key] for key in ("r", "lora_alpha", "target_modules", "bias", "task_type")}
    try:
        inject_adapter_in_model(LoraConfig(**own, lora_dropout=0.0), model, adapter_name=_NAME)
        fused = [name for name, module in model.named_modules() if isinstance(module, ParamWrapper)]
    except ValueError as error:  # of experts some names and not all
        fused = [str(error)]
    if fused:
        raise SpecError(
            f"{_TARGETS}: got {config['target_modules']}, some of which peft takes for the fused experts of this model "
            f"({fused[0]}), which have no adapter here; name the others"
        )


def _meta_model(base: Path | None) -> Any:
    config = LlamaConfig(num_hidden_layers=1) if base is None else AutoConfig.from_pretrained(base)
    with torch.device("meta"):
        return AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]


def _first_value(name: str, parameter: nn.Parameter, seed: int, dtype: str) -> Tensor:
    to = getattr(torch, dtype)
    if name.endswith(".lora_B.weight"):
        return torch.zeros(parameter.shape, dtype=to)
    generator = torch.Generator().manual_seed(derive_seed(seed, "adapter", name))
    bound = 1.0 / math.sqrt(parameter.shape[1])
    return torch.empty(parameter.shape, dtype=torch.float32).uniform_(-bound, bound, generator=generator).to(to)
