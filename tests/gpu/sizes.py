"""The sizes of the checks: those of a 7B model's layers on a GPU, small ones on the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"


@dataclass(frozen=True)
class Sizes:
    """`tokens` is the budget of a micro-batch; `long` the tokens of one long sample; `flat` numbers for AdamW."""

    hidden: int
    intermediate: int
    layers: int
    heads: int
    key_value_heads: int
    vocabulary: int
    tokens: int
    prompt: int
    length: int
    long: int
    budget_too_large: int
    flat: int

    @property
    def config(self) -> LlamaConfig:
        """The model; Llama's layers, with the widths of Qwen2.5-7B on a GPU."""
        return LlamaConfig(
            vocab_size=self.vocabulary,
            hidden_size=self.hidden,
            intermediate_size=self.intermediate,
            num_hidden_layers=self.layers,
            num_attention_heads=self.heads,
            num_key_value_heads=self.key_value_heads,
            max_position_embeddings=32_768,
            tie_word_embeddings=False,
        )


SIZES = (
    Sizes(3584, 18_944, 4, 28, 4, 152_064, 32_768, 512, 3584, 8192, 400_000, 3_000_000_000)
    if ON_GPU
    else Sizes(64, 128, 2, 4, 2, 512, 512, 16, 48, 64, 8192, 100_000)
)


def write_weights(folder: Path) -> Path:
    """Write random bfloat16 weights of the model to `folder`, and return it."""
    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(SIZES.config, dtype=torch.bfloat16).save_pretrained(folder)
    return folder
