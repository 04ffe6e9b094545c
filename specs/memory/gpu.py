"""What the memory model assumes of a GPU. None of it was measured by this project: nothing of it ran on a GPU.

Attention is a fused SDPA kernel (flash, or memory-efficient under a mask), which keeps no matrix of scores; kernels of
matrix products, norms and AdamW keep what they keep on the CPU.
"""

from __future__ import annotations

GIB = 2**30
#: Of each process on a GPU: CUDA's context, cuBLAS's workspaces, NCCL's buffers.
CONTEXT = GIB
#: Of the trainer's peak, lost between the blocks of torch's caching allocator.
FRAGMENTATION = 0.05
#: CUDA graphs of the rollout engine, which vLLM captures outside of `gpu_memory_utilization`.
GRAPHS = GIB
