"""The reference policy on a rank: a frozen copy, which ranks share among them by ZeRO-3 whatever the policy's stage is.

Without an optimizer ZeRO-3 holds the weights alone: a rank has its share of them, and gathers a layer when it computes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import deepspeed
import torch
import torch.distributed as dist
from torch import Tensor

from tasks.train.deepspeed_config import sharing_config
from tasks.train.forward import PolicyModule
from tasks.train.language_model import gather_head_in_scores, language_model

SHARED = 3  # the ZeRO stage at which ranks share weights


class ReferencePolicy:
    """A frozen policy. Another one takes its place in the same memory: DeepSpeed frees none of what it has shared."""

    def __init__(self, weights: Path, adapter: Path | None, dtype: torch.dtype, device: torch.device) -> None:
        """Load `weights`, a folder in Hugging Face format, and the adapter beside them where there is one.

        Collective where there are several ranks.
        """
        self._dtype, self._ranks = dtype, dist.get_world_size()
        module = PolicyModule(self._read(weights, adapter)).eval().requires_grad_(False)
        if self._ranks == 1:
            self._module: Any = module.to(device)
        else:
            config = sharing_config(dtype, self._ranks, SHARED)
            self._module, *_ = deepspeed.initialize(model=module, config=config, dist_init_required=False)
            gather_head_in_scores(module)

    def take(self, weights: Path, adapter: Path | None) -> None:
        """Become the policy of other folders; collective."""
        values = dict(PolicyModule(self._read(weights, adapter)).named_parameters())
        inner = getattr(self._module, "module", self._module)
        for name, parameter in inner.named_parameters():
            # One at a time: a rank has never more than one whole parameter.
            with deepspeed.zero.GatheredParameters([parameter, values[name]], modifier_rank=0):
                if self._ranks == 1 or dist.get_rank() == 0:
                    parameter.data.copy_(values[name].data)

    def log_probs(self, **inputs: Any) -> Tensor:
        """Return log pi_ref of the predictions [M] under logits / temperature. Inputs as PolicyModule.forward takes."""
        with torch.no_grad():
            found: Tensor = self._module(**inputs).log_probs
        return found

    def _read(self, weights: Path, adapter: Path | None) -> Any:
        return language_model(weights, adapter, self._dtype, self._ranks, SHARED if self._ranks > 1 else 0)
