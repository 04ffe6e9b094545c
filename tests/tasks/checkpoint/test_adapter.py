"""Adapters: first values, files that peft loads, merged weights, and what is said of layers that are not there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoModelForCausalLM, DeepseekV3Config, GPT2Config

from infra.files import sha256_file
from specs.errors import SpecError
from specs.policy import Adapter
from tasks.checkpoint.adapter import adapter_parameters, check_targets, copy_adapter, inject, write_first_adapter
from tasks.checkpoint.merge import merge
from tasks.errors import TrainingError
from tests.tasks.train.tools import llama

RANK = Adapter(rank=3, alpha=12.0)
TOKENS = torch.arange(1, 21)[None]


@pytest.fixture()
def base(tmp_path: Path) -> Path:
    llama(seed=5).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


def first(base: Path, folder: Path, adapter: Adapter = RANK, seed: int = 7) -> Path:
    folder.mkdir()
    write_first_adapter(base, adapter, seed, "float32", folder)
    return folder


def trained(base: Path, folder: Path) -> Path:
    """An adapter that changes the policy."""
    file = first(base, folder) / "adapter_model.safetensors"
    torch.manual_seed(1)
    values = {name: torch.randn(tensor.shape) * 0.1 for name, tensor in load_file(file).items()}
    save_file(values, file, metadata={"format": "pt"})
    return folder


def loaded(folder: Path) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def logits(model: Any) -> Tensor:
    with torch.no_grad():
        found: Tensor = model(TOKENS).logits
        return found


def test_first_values_follow_from_the_seed_and_change_nothing(base: Path, tmp_path: Path) -> None:
    one, same, other = (first(base, tmp_path / name, seed=seed) for name, seed in (("a", 7), ("b", 7), ("c", 8)))
    digests = [{path.name: sha256_file(path) for path in folder.iterdir()} for folder in (one, same, other)]
    assert digests[0] == digests[1] != digests[2]
    values = load_file(one / "adapter_model.safetensors")
    for name, tensor in values.items():
        if "lora_A" in name:
            assert tensor.shape[0] == 3 and 0 < tensor.abs().max() <= 1 / tensor.shape[1] ** 0.5
        else:
            assert not tensor.any()
    model = loaded(base)
    before = logits(model)
    inject(model, one, torch.float32)
    assert torch.equal(logits(model), before)
    assert {name for name, p in model.named_parameters() if p.requires_grad} == {
        name for name, _ in model.named_parameters() if "lora_" in name
    }
    assert len(values) == 2 * 7 * 2, "seven linear layers in each of two blocks; the output matrix is left alone"


def test_peft_loads_it_and_merged_weights_are_the_same_policy(base: Path, tmp_path: Path) -> None:
    adapter = trained(base, tmp_path / "adapter")
    model = loaded(base)
    before = logits(model)
    inject(model, adapter, torch.float32)
    wanted = logits(model)
    assert (wanted - before).abs().max() > 0.1
    assert torch.equal(logits(PeftModel.from_pretrained(loaded(base), adapter)), wanted)
    (tmp_path / "merged").mkdir()
    merge(base, adapter, tmp_path / "merged")
    assert torch.allclose(logits(loaded(tmp_path / "merged")), wanted, atol=1e-4)
    assert sorted(path.name for path in (tmp_path / "merged").iterdir()) == sorted(path.name for path in base.iterdir())


def test_merged_weights_are_those_of_peft(base: Path, tmp_path: Path) -> None:
    adapter = trained(base, tmp_path / "adapter")
    (tmp_path / "merged").mkdir()
    merge(base, adapter, tmp_path / "merged")
    wanted = PeftModel.from_pretrained(loaded(base), adapter).merge_and_unload().state_dict()
    for name, tensor in load_file(tmp_path / "merged" / "model.safetensors").items():
        assert torch.allclose(tensor, wanted[name], atol=1e-6), name


def test_merged_weights_have_the_dtype_in_which_the_policy_was_trained(base: Path, tmp_path: Path) -> None:
    """Those of the base may have another one: float32 training beside bfloat16 files would lose most of its change."""
    adapter = trained(base, tmp_path / "adapter")
    llama(seed=5).bfloat16().save_pretrained(base)
    model = loaded(base)
    inject(model, adapter, torch.float32)
    (tmp_path / "merged").mkdir()
    merge(base, adapter, tmp_path / "merged")
    assert {tensor.dtype for tensor in load_file(tmp_path / "merged" / "model.safetensors").values()} == {torch.float32}
    assert torch.allclose(logits(loaded(tmp_path / "merged")), logits(model), atol=1e-4)


def test_named_layers_alone_get_an_adapter(base: Path, tmp_path: Path) -> None:
    folder = first(base, tmp_path / "adapter", Adapter(rank=2, targets=("v_proj", "q_proj")))
    model = loaded(base)
    inject(model, folder, torch.float32)
    layers = {name.split(".lora_")[0].rpartition(".")[2] for name, _ in adapter_parameters(model)}
    assert layers == {"q_proj", "v_proj"}


@pytest.mark.parametrize("targets", [("q_proj", "qproj"), ("lm_head",), ("embed_tokens",)])
def test_layers_that_are_not_there(base: Path, targets: tuple[str, ...]) -> None:
    with pytest.raises(SpecError, match=r"policy.adapter.targets: got .*down_proj, gate_proj, k_proj, .*all-linear"):
        check_targets(base, Adapter(targets=targets))


def test_a_model_without_linear_layers(tmp_path: Path) -> None:
    GPT2Config(n_embd=8, n_layer=1, n_head=2).save_pretrained(tmp_path)
    with pytest.raises(SpecError, match=r"policy.adapter: a model of type gpt2 has no linear layer .*policy.model"):
        check_targets(tmp_path, Adapter())


@pytest.mark.parametrize("targets", ["all-linear", ("down_proj",), ("gate_proj", "o_proj")])
def test_layers_that_peft_takes_for_fused_experts(targets: Any, tmp_path: Path) -> None:
    """DeepSeek-V3's shared experts are linear layers, called as those that transformers fuses."""
    sizes = {"hidden_size": 32, "intermediate_size": 48, "moe_intermediate_size": 16, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 4, "num_key_value_heads": 4, "q_lora_rank": 8, "kv_lora_rank": 8}
    experts = {"n_routed_experts": 4, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2}
    DeepseekV3Config(vocab_size=64, first_k_dense_replace=1, **sizes, **heads, **experts).save_pretrained(tmp_path)
    with pytest.raises(SpecError, match=r"policy.adapter.targets: got .* fused experts .* name the others"):
        check_targets(tmp_path, Adapter(targets=targets))
    check_targets(tmp_path, Adapter(targets=("q_b_proj", "o_proj")))


def test_an_adapter_of_another_rank_or_model_is_refused(base: Path, tmp_path: Path) -> None:
    model = loaded(base)
    inject(model, first(base, tmp_path / "adapter"), torch.float32)
    with pytest.raises(TrainingError, match=r"does not fit the model .* another policy.adapter.rank"):
        copy_adapter(model, first(base, tmp_path / "wider", Adapter(rank=4)))
    llama(seed=5, hidden=64).save_pretrained(tmp_path / "other")
    (tmp_path / "merged").mkdir()
    named = first(tmp_path / "other", tmp_path / "foreign")
    values = {k.replace("layers.1", "layers.9"): v for k, v in load_file(named / "adapter_model.safetensors").items()}
    save_file(values, named / "adapter_model.safetensors")
    with pytest.raises(TrainingError, match=r"layers.9.* is no weight of"):
        merge(tmp_path / "other", named, tmp_path / "merged")
