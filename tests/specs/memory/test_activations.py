"""Activations against the tensors that autograd saves, logits against the constants and the blocks of the trainer."""

from __future__ import annotations

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, Qwen2Config

from specs.memory import activations
from specs.memory.activations import MicroBatch, activation_bytes, layer_bytes, logits_bytes
from specs.memory.shapes import Shapes, shapes
from tasks.train import forward, layout

ROWS, WIDTH = 2, 96
RANK = 8


def config(kind: type[PretrainedConfig], layers: int) -> PretrainedConfig:
    return kind(
        vocab_size=64,
        hidden_size=48,
        intermediate_size=112,
        num_hidden_layers=layers,
        num_attention_heads=6,
        num_key_value_heads=2,
        head_dim=8,
    )


def saved_bytes(of: PretrainedConfig, dtype: torch.dtype, *, shared: bool, adapted: bool) -> int:
    """Bytes of the storages that a forward pass through the layers saves for its backward pass, weights left out."""
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(of, dtype=dtype, attn_implementation="sdpa")
    layers = model.base_model
    if adapted:
        model = get_peft_model(model, LoraConfig(r=RANK, target_modules="all-linear"), autocast_adapter_dtype=False)
    model.train()
    weights = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, tuple[int, Tensor]] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:
            kept.setdefault(storage.data_ptr(), (storage.nbytes(), tensor))
        return tensor

    mask = torch.ones(WIDTH, WIDTH, dtype=torch.bool).tril().expand(ROWS, 1, WIDTH, WIDTH).clone() if shared else None
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        layers(
            input_ids=torch.zeros(ROWS, WIDTH, dtype=torch.long),
            position_ids=torch.arange(WIDTH).repeat(ROWS, 1),
            attention_mask=mask,
            use_cache=False,
        )
    return sum(size for size, _ in kept.values())


@pytest.mark.parametrize("kind", [LlamaConfig, Qwen2Config])
@pytest.mark.parametrize("width", [2, 4])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("adapted", [False, True])
def test_a_layer_keeps_what_autograd_saves(
    kind: type[PretrainedConfig], width: int, shared: bool, adapted: bool
) -> None:
    dtype = torch.bfloat16 if width == 2 else torch.float32
    # The first layer of a frozen model gets no gradient, so the second and the third are compared.
    two, three = (saved_bytes(config(kind, n), dtype, shared=shared, adapted=adapted) for n in (2, 3))
    micro = MicroBatch(ROWS * WIDTH, WIDTH, 0, shared)
    assert three - two == layer_bytes(shapes(config(kind, 3)), width, micro, adapters=7 * RANK if adapted else 0)


@pytest.mark.parametrize("width", [2, 4])
def test_the_whole_model_keeps_a_little_besides_its_layers(width: int) -> None:
    dtype = torch.bfloat16 if width == 2 else torch.float32
    of = config(LlamaConfig, 3)
    saved = saved_bytes(of, dtype, shared=False, adapted=False)
    output = ROWS * WIDTH * of.hidden_size * width  # of the last norm, which is there until the logits are
    found = activation_bytes(shapes(of), width, MicroBatch(ROWS * WIDTH, WIDTH, 0, False), checkpointed=False)
    assert found - output == pytest.approx(saved, rel=0.005)


def test_the_trainer_s_own_limits_are_meant() -> None:
    assert activations.LOGITS_BLOCK == forward.LOGITS_BLOCK
    assert activations.GPU_BLOCKS == forward.GPU_BLOCKS
    assert activations.SHARED_ROW_LIMIT == layout.SHARED_ROW_LIMIT


def test_logits_grow_to_a_block_and_no_further() -> None:
    model = shapes(config(LlamaConfig, 1))
    large = Shapes(**{**{name: getattr(model, name) for name in Shapes.__slots__}, "vocabulary": 2**16})

    def logits(predictions: int, *, entropy: bool = False, trained: bool = False, device: str = "cpu") -> int:
        micro = MicroBatch(predictions, predictions, predictions, False)
        return logits_bytes(large, 2, micro, 1.0, entropy_gradient=entropy, trained=trained, device=device)

    assert logits(1024) == 2 * logits(512) == 5 * 4 * 2**26
    assert logits(1025) < logits(1024) == logits(8192)
    assert logits(1024, entropy=True) == 6 * 4 * 2**26
    assert logits(8192, trained=True) - logits(8192) == (2 + 4) * 2**16 * model.hidden
    assert logits(4096, device="gpu") == logits(8192, device="gpu") == 4 * logits(1024)
