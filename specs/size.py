"""The size of an experiment before anything runs: tokens and bytes, from config.json and placement alone.

Parameters are counted on a model built on torch's meta device (no memory, no weights). Trainer bytes follow
DeepSpeed's mixed precision: weights in `policy.dtype`, gradients accumulated in float32, AdamW's two moments and,
below float32, a master copy in float32 (Rajbhandari et al. 2020, ZeRO, section 3.1). Activations and the KV cache
come on top: they fill what is left.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig, AutoModelForCausalLM, LlamaConfig, PretrainedConfig

from specs.errors import SpecError
from specs.paths import config_of, from_root, names_hub_model
from specs.schema import Spec


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of an experiment.

    `parameters` are counted once where tied. Tokens are upper bounds for one iteration; bytes are per rank, engine
    GPU, or file.
    """

    parameters: int
    optimizer_steps: int  # per iteration
    response_tokens: int  # sampled in an iteration
    trained_tokens: int  # rows as the trainer sees them, each with its prompt
    weight_bytes: int  # per trainer rank
    gradient_bytes: int  # per trainer rank
    optimizer_bytes: int  # per trainer rank; on the host where offloaded
    reference_bytes: int  # per trainer rank: its share of the reference policy's copy; 0 without one
    engine_weight_bytes: int  # per engine GPU
    kv_bytes_per_token: int  # of one engine replica, over all its GPUs
    checkpoint_bytes: int  # weights and the consolidated optimizer
    kept_checkpoints: int  # by `checkpoint.keep`; pinned ones come on top

    @property
    def rank_bytes(self) -> int:
        """Return the bytes of weights, gradients, optimizer and reference policy of one trainer rank."""
        return self.weight_bytes + self.gradient_bytes + self.optimizer_bytes + self.reference_bytes


def size(spec: Spec, vocabulary: int | None = None, model: Path | None = None) -> Sizes:
    """Return the sizes of `spec`.

    `vocabulary` (tokens) is that of the puzzle, which `policy.init: scratch` needs; `model` the folder with the
    config.json of the run that `policy.init` names. Raises SpecError where the model's config.json is not known here.
    """
    config = _config(spec, vocabulary, model)
    count = parameters(config)
    narrow = torch.finfo(getattr(torch, spec.policy.dtype)).bits // 8
    wide = max(narrow, 4)
    optimizer = count * (2 * wide + (wide if narrow < wide else 0))
    ranks, stage = spec.placement.ranks, spec.train.zero_stage
    rollout = spec.rollout
    responses = rollout.prompts * rollout.samples
    head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    return Sizes(
        parameters=count,
        optimizer_steps=rollout.prompts // spec.train.minibatch_prompts,
        response_tokens=rollout.drawn * rollout.samples * rollout.max_response_tokens,
        trained_tokens=responses * (rollout.max_prompt_tokens + rollout.max_response_tokens),
        weight_bytes=_share(count * narrow, ranks, stage >= 3),
        gradient_bytes=_share(count * wide, ranks, stage >= 2),
        optimizer_bytes=_share(optimizer, ranks, stage >= 1),
        reference_bytes=_share(count * narrow, ranks, True) if spec.reference_at(0) is not None else 0,
        engine_weight_bytes=_share(count * narrow, spec.placement.tensor_parallel, True),
        kv_bytes_per_token=2 * config.num_hidden_layers * config.num_key_value_heads * head * narrow,
        checkpoint_bytes=count * narrow + optimizer,
        kept_checkpoints=min(spec.checkpoint.keep, len(spec.checkpointed_iterations())),
    )


def parameters(config: PretrainedConfig) -> int:
    """Return the number of parameters of the model that `config` describes, tied ones counted once."""
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    return sum(weight.numel() for weight in model.parameters())


def _config(spec: Spec, vocabulary: int | None, model: Path | None) -> PretrainedConfig:
    made = spec.policy.made
    if made is not None:
        assert vocabulary is not None, "policy.init: scratch has its vocabulary from the puzzle"
        return LlamaConfig(
            vocab_size=vocabulary,
            hidden_size=made.hidden,
            intermediate_size=made.intermediate,
            num_hidden_layers=made.layers,
            num_attention_heads=made.heads,
            num_key_value_heads=made.heads,
            max_position_embeddings=made.max_positions,
            tie_word_embeddings=made.tie_embeddings,
        )
    if model is not None:
        return AutoConfig.from_pretrained(model)  # type: ignore[no-any-return]
    assert spec.policy.model is not None, "checked by specs/checks.py"
    path = config_of(spec.policy.model)
    if path is None:
        missing = (
            f"policy.model: no folder {from_root(spec.policy.model)} (a relative path starts at the repository root)"
        )
        if not names_hub_model(spec.policy.model):
            raise SpecError(missing)
        raise SpecError(
            f"{missing}, and the size of a model {spec.policy.model} of the hub is not known here; correct the name, "
            f"or copy its config.json to specs/models/{spec.policy.model.rpartition('/')[2]}.json"
        )
    config: PretrainedConfig = AutoConfig.from_pretrained(path)
    return config


def _share(total: int, parts: int, split: bool) -> int:
    """Return the bytes of one of `parts` holders, rounded up."""
    return -(-total // parts) if split else total
