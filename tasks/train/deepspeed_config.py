"""DeepSpeed's configurations: of a policy that is trained, and of weights that ranks share."""

from __future__ import annotations

from typing import Any

import torch

from tasks.train.settings import OptimizerOptions


def deepspeed_config(
    options: OptimizerOptions, dtype: torch.dtype, ranks: int, parameters: int, device: str = "cpu"
) -> dict[str, Any]:
    """Return DeepSpeed's configuration: one micro-batch of one row and no accumulation.

    So all that DeepSpeed would divide by is 1; the real number of tokens is in the weights of the loss. `device`: cpu
    or cuda.
    """
    # DeepSpeed allocates its buckets anew in each backward pass: 2 GB at its default, however small the model. It
    # wants an even number.
    bucket = min(parameters + parameters % 2, 500_000_000)
    zero: dict[str, Any] = {
        "stage": options.zero_stage,
        # Gradients are reduced while others are computed. The CPU has one stream; at stages 0 and 1 DeepSpeed would
        # reduce in every micro-batch, and not once a minibatch.
        "overlap_comm": device != "cpu" and options.zero_stage >= 2,
        "reduce_bucket_size": bucket,
        "allgather_bucket_size": bucket,
        # Elements gathered ahead at ZeRO-3: a layer or more of 7B to 32B. The default is less than one of 7B has.
        "stage3_prefetch_bucket_size": 250_000_000,
    }
    if options.offload_optimizer:
        zero["offload_optimizer"] = {"device": "cpu"}
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": 1,
        "gradient_accumulation_steps": 1,
        "train_batch_size": ranks,
        "gradient_clipping": options.adamw.max_grad_norm,
        "zero_optimization": zero,
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 2**31,
        "optimizer": {
            "type": "AdamW",
            # torch's own AdamW: DeepSpeed's compiles for 100 s at first use. Offloading needs DeepSpeed's.
            "params": {
                "lr": 0.0,
                "betas": list(options.adamw.betas),
                "eps": options.adamw.adam_eps,
                "weight_decay": options.adamw.weight_decay,
            }
            | ({} if options.offload_optimizer else {"torch_adam": True}),
        },
    }
    if dtype == torch.bfloat16:
        config |= {
            "bf16": {"enabled": True},
            "data_types": {"grad_accum_dtype": "fp32"},
            "communication_data_type": "fp32",  # the ranks' bfloat16 gradients are summed in float32
        }
    return config


def sharing_config(dtype: torch.dtype, ranks: int, stage: int) -> dict[str, Any]:
    """Return DeepSpeed's configuration of weights that `ranks` share at ZeRO `stage`, and nobody trains."""
    return {
        "train_micro_batch_size_per_gpu": 1,
        "train_batch_size": ranks,
        "zero_optimization": {"stage": stage},
        "steps_per_print": 2**31,
        "bf16": {"enabled": dtype == torch.bfloat16},
    }
