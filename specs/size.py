"""The size of an experiment before anything runs: tokens and checkpoints, from config.json and the spec alone.

Memory is in specs/memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from transformers import AutoConfig, LlamaConfig, PretrainedConfig

from specs.errors import SpecError
from specs.memory.shapes import Shapes, shapes
from specs.memory.trainer import State
from specs.paths import config_of, from_root, names_hub_model
from specs.schema import Spec


@dataclass(frozen=True, slots=True)
class Sizes:
    """Sizes of an experiment.

    `parameters` are counted once where tied. Tokens are upper bounds for one iteration.
    """

    parameters: int
    optimizer_steps: int  # per iteration
    response_tokens: int  # sampled in an iteration
    trained_tokens: int  # rows as the trainer sees them, each with its prompt
    checkpoint_bytes: int  # weights and the consolidated optimizer
    kept_checkpoints: int  # by `checkpoint.keep`; pinned ones come on top


def size(spec: Spec, model: Shapes) -> Sizes:
    """Return the sizes of `spec` with a model of these shapes (`model_shapes`)."""
    saved = State.of(spec).trained(model)
    narrow = torch.finfo(getattr(torch, spec.policy.dtype)).bits // 8
    wide = max(narrow, 4)
    rollout = spec.rollout
    responses = rollout.prompts * rollout.samples
    return Sizes(
        parameters=model.parameters,
        optimizer_steps=rollout.prompts // spec.train.minibatch_prompts,
        response_tokens=rollout.drawn * rollout.samples * rollout.max_response_tokens,
        trained_tokens=responses * (rollout.max_prompt_tokens + rollout.max_response_tokens),
        checkpoint_bytes=saved * (narrow + 2 * wide + (wide if narrow < wide else 0)),
        kept_checkpoints=min(spec.checkpoint.keep, len(spec.checkpointed_iterations())),
    )


def model_shapes(spec: Spec, vocabulary: int | None = None, model: Path | None = None) -> Shapes:
    """Return the shapes of the spec's model.

    `vocabulary` (tokens) is that of the puzzle, which `policy.init: scratch` needs; `model` the folder with the
    config.json of the run that `policy.init` names. Raises SpecError where the model's config.json is not known here.
    """
    return shapes(_config(spec, vocabulary, model))


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
