from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForCausalLM, LlamaConfig, LlamaForCausalLM

from specs.policy import Adapter
from tasks.checkpoint.adapter import write_first_adapter
from tasks.checkpoint.merge import merge
from tasks.rollout.protocol import Sampling
from tasks.rollout.sampling import truncate

VOCABULARY = 131


def save_llama(folder: Path, *, seed: int, tied: bool = True, kv_heads: int = 2, hidden: int = 128) -> Path:
    """A random 2-layer Llama with probabilities far from uniform, so that an error in logits shows in its samples."""
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=kv_heads,
        max_position_embeddings=96,
        tie_word_embeddings=tied,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
    )
    model = LlamaForCausalLM(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(4.0)
    model.save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Folders of tiny models, made once for each set of settings."""
    made: dict[tuple[object, ...], Path] = {}

    def make(seed: int = 0, **settings: object) -> Path:
        key = (seed, *sorted(settings.items()))
        if key not in made:
            made[key] = save_llama(tmp_path_factory.mktemp("llama"), seed=seed, **settings)  # type: ignore[arg-type]
        return made[key]

    return make


def adapted(base: Path, folder: Path, seed: int) -> tuple[Path, Path]:
    """Return the folders of an adapter that changes the policy, and of the merged weights."""
    adapter, merged = folder / "adapter", folder / "merged"
    for each in (adapter, merged):
        each.mkdir(parents=True)
    write_first_adapter(base, Adapter(rank=4, alpha=8.0), seed, "float32", adapter)
    torch.manual_seed(seed)
    file = adapter / "adapter_model.safetensors"
    save_file({name: torch.randn(tensor.shape) * 0.2 for name, tensor in load_file(file).items()}, file)
    merge(base, adapter, merged)
    return adapter, merged


def _teacher(
    folder: Path, prompt: tuple[int, ...], response: tuple[int, ...], sampling: Sampling
) -> tuple[list[float], list[float]]:
    """The oracle: log-probabilities and entropies of given tokens, by one forward of the whole text in float64."""
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).double().eval()
    with torch.inference_mode():
        logits = model(torch.tensor([[*prompt, *response]])).logits[0, len(prompt) - 1 : -1]
        plain = logits.log_softmax(-1)
        entropies = -(plain.exp() * plain).sum(-1)
        if sampling.temperature == 0.0:
            return [0.0] * len(response), entropies.tolist()
        sampled = truncate(logits / sampling.temperature, sampling.top_k, sampling.top_p).log_softmax(-1)
        return sampled.gather(-1, torch.tensor(response)[:, None])[:, 0].tolist(), entropies.tolist()


@pytest.fixture(scope="session")
def teacher() -> Callable[[Path, tuple[int, ...], tuple[int, ...], Sampling], tuple[list[float], list[float]]]:
    return _teacher
