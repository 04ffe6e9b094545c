"""The shapes of a model that its memory follows from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import torch
from torch import nn

from specs.policy import Adapter

if TYPE_CHECKING:
    from transformers import PretrainedConfig


@dataclass(frozen=True, slots=True)
class Shapes:
    """Sizes of a decoder with gated feed-forward layers (Llama, Qwen2): widths and counts.

    `query` and `key_value` are heads x head size. `linear` has (name, inputs, outputs) of each linear layer but the
    output matrix. `largest` is the number of elements of the largest parameter.
    """

    parameters: int  # tied ones counted once
    layers: int
    hidden: int
    intermediate: int
    heads: int
    head_size: int
    query: int
    key_value: int
    vocabulary: int
    largest: int
    linear: tuple[tuple[str, int, int], ...]

    def adapted(self, adapter: Adapter) -> tuple[tuple[str, int, int], ...]:
        """Return the linear layers that `policy.adapter` gives low-rank matrices."""
        targets: Sequence[str] | Literal["all-linear"] = adapter.targets
        return tuple(each for each in self.linear if targets == "all-linear" or each[0].rpartition(".")[2] in targets)

    def adapter_parameters(self, adapter: Adapter) -> int:
        """Return the parameters of A [rank, inputs] and B [outputs, rank] of every adapted layer (arXiv 2106.09685)."""
        return sum(adapter.rank * (inputs + outputs) for _, inputs, outputs in self.adapted(adapter))


def shapes(config: PretrainedConfig) -> Shapes:
    """Return the shapes of the model that `config` describes, counted on torch's meta device (no memory)."""
    from transformers import AutoModelForCausalLM  # here, so that vLLM's engine names what breaks it

    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    text = config.get_text_config(decoder=True)
    heads = text.num_attention_heads
    head = getattr(text, "head_dim", None) or text.hidden_size // heads
    output = model.get_output_embeddings()
    return Shapes(
        parameters=sum(weight.numel() for weight in model.parameters()),
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        intermediate=getattr(text, "intermediate_size", None) or 4 * text.hidden_size,
        heads=heads,
        head_size=head,
        query=heads * head,
        key_value=(getattr(text, "num_key_value_heads", None) or heads) * head,
        vocabulary=text.vocab_size,
        largest=max(weight.numel() for weight in model.parameters()),
        linear=tuple(
            (name, module.in_features, module.out_features)
            for name, module in model.named_modules()
            if isinstance(module, nn.Linear) and module is not output
        ),
    )
