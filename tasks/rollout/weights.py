"""New weights into a living torch module, from a Hugging Face folder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import nn

from infra.errors import EngineError

# Notes of the program that wrote the folder, not properties of the model
_NOT_THE_MODEL = frozenset({"transformers_version", "_name_or_path", "dtype", "torch_dtype"})


class WeightsDoNotFit(Exception):
    """The folder's tensors are not, by name and shape, those of the module. Nothing was copied."""


def read_config(folder: Path) -> dict[str, Any]:
    """Return the model's settings in config.json. EngineError if it cannot be read."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EngineError(f"{path}: cannot be read ({error}); weights are a folder in Hugging Face format") from error
    return {key: value for key, value in config.items() if key not in _NOT_THE_MODEL}


def tensor_shapes(folder: Path) -> dict[str, tuple[int, ...]]:
    """Return name and shape of every tensor in model*.safetensors. EngineError for a file that cannot be read."""
    shapes: dict[str, tuple[int, ...]] = {}
    for file in _files(folder):
        with _opened(file) as tensors:
            shapes.update({name: tuple(tensors.get_slice(name).get_shape()) for name in tensors.keys()})  # noqa: SIM118
    return shapes


def copy_into(module: nn.Module, folder: Path) -> None:
    """Copy every tensor of model*.safetensors into the module's own memory, converting to its dtype.

    Names and shapes are compared first: tensors that the module ties together may be stored once. Raises
    WeightsDoNotFit, with nothing copied, or EngineError for a file that cannot be read.
    """
    state, shapes = module.state_dict(), tensor_shapes(folder)
    wrong = [name for name, shape in shapes.items() if name not in state or tuple(state[name].shape) != shape]
    filled = {state[name].data_ptr() for name in shapes if name in state}
    wrong += [name for name, tensor in state.items() if tensor.data_ptr() not in filled]
    if wrong:
        raise WeightsDoNotFit(f"{folder}: {wrong[0]}")
    with torch.no_grad():
        for file in _files(folder):
            with _opened(file) as tensors:
                for name in tensors.keys():  # noqa: SIM118  # safe_open is no mapping
                    state[name].copy_(tensors.get_tensor(name))


def _files(folder: Path) -> list[Path]:
    files = sorted(folder.glob("model*.safetensors"))
    if not files:
        raise EngineError(f"{folder}: holds no model*.safetensors; weights are a folder in Hugging Face format")
    return files


@contextmanager
def _opened(file: Path) -> Iterator[Any]:
    try:
        with safe_open(file, framework="pt") as tensors:
            yield tensors
    except (OSError, SafetensorError) as error:
        raise EngineError(f"{file}: cannot be read ({error}); write the weights again") from error
