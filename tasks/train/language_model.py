"""A policy's model from files, on a rank: whole, or under ZeRO-3 as the rank's share from the start."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import deepspeed
import torch
from deepspeed.runtime.zero import DeepSpeedTensorOverride
from transformers import AutoModelForCausalLM
from transformers.integrations.deepspeed import HfDeepSpeedConfig, unset_hf_deepspeed_config

from tasks.checkpoint.adapter import inject
from tasks.train.deepspeed_config import sharing_config
from tasks.train.forward import PolicyModule


def language_model(weights: Path, adapter: Path | None, dtype: torch.dtype, ranks: int, stage: int) -> Any:
    """Return the model of `weights`, a folder in Hugging Face format, with the adapter beside it where there is one.

    At stage 3 it is collective, and a rank holds its share and one layer at most: rank 0 reads, and the others get
    their parts. Eight ranks that each read 32B parameters would take 524 GB of the host.
    """
    # Where transformers makes a model it looks for the configuration that lives, and takes deepspeed.zero.Init. That
    # would also round each number made meanwhile to the policy's dtype: the frequencies of rotary embeddings.
    init = partial(deepspeed.zero.Init, tensor_overrides=[DeepSpeedTensorOverride.device])
    shared = HfDeepSpeedConfig(sharing_config(dtype, ranks, stage))
    try:
        assert shared.is_zero3() == (stage == 3)
        with patch.object(deepspeed.zero, "Init", init):
            model = AutoModelForCausalLM.from_pretrained(
                weights, dtype=dtype, attn_implementation="sdpa", local_files_only=True
            )
    finally:
        unset_hf_deepspeed_config()
    if adapter is not None:
        inject(model, adapter, dtype)
    return model


def gather_head_in_scores(module: PolicyModule) -> None:
    """Make ZeRO-3 gather the weights of the output head for `module.scores`, in which they are used.

    To be called once DeepSpeed holds the module; at other stages it does nothing.
    """
    for parameter in module.lm.get_output_embeddings().parameters():
        if hasattr(parameter, "ds_id"):
            deepspeed.zero.register_external_parameter(module.scores, parameter)
