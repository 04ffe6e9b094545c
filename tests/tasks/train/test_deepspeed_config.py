"""What DeepSpeed itself reads in the configuration that it is given."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from deepspeed.runtime.config import DeepSpeedConfig

from tasks.train.deepspeed_config import deepspeed_config
from tasks.train.settings import AdamWSettings, OptimizerOptions

ADAMW = AdamWSettings((0.9, 0.999), 1e-8, 0.0, 1.0)


def read(stage: int, dtype: torch.dtype = torch.bfloat16, device: str = "cuda") -> Any:
    options = OptimizerOptions(ADAMW, stage, offload_optimizer=False, gradient_checkpointing=False)
    return DeepSpeedConfig(deepspeed_config(options, dtype, ranks=1, parameters=7_000_000_000, device=device))


@pytest.mark.parametrize("stage", [1, 2, 3])
def test_bfloat16_gradients_of_ranks_are_summed_in_float32(stage: int) -> None:
    assert read(stage).communication_data_type == torch.float32


def test_a_gpu_computes_while_gradients_are_reduced() -> None:
    assert [read(stage).zero_config.overlap_comm for stage in (1, 2, 3)] == [False, True, True]
    assert not read(3, device="cpu").zero_config.overlap_comm


def test_a_layer_of_7b_is_gathered_ahead() -> None:
    hidden, intermediate = 3584, 18944  # Qwen2.5-7B, with four heads of 128 for keys and for values
    layer = 2 * hidden * hidden + 2 * hidden * 512 + 3 * hidden * intermediate
    assert read(3).zero_config.prefetch_bucket_size >= layer
