"""The memory of one micro-batch in a forward and backward pass: what autograd keeps, layer by layer, and the logits.

Korthikanti et al. 2022 (arXiv 2205.05198, section 4) count the activations of GPT's layer; these are the counts of
Llama's and Qwen2's layers in transformers, with SDPA, RMSNorm in float32 and a gated feed-forward layer. They are exact
on the CPU (tests/specs/memory/test_activations.py counts the saved tensors). T, the temperature, is that of sampling.
"""

from __future__ import annotations

from dataclasses import dataclass

from specs.memory.shapes import Shapes

#: As in tasks.train.forward and, of SHARED_ROW_LIMIT, tasks.train.layout, which specs may not import.
LOGITS_BLOCK = 2**26
GPU_BLOCKS = 4
SHARED_ROW_LIMIT = 1024


@dataclass(frozen=True, slots=True)
class MicroBatch:
    """The size of one micro-batch, tokens: all with padding, a row, and those that are predicted.

    `shared`: a row holds several responses, so that attention takes a mask.
    """

    tokens: int
    width: int
    predictions: int
    shared: bool


def layer_bytes(shapes: Shapes, width: int, micro: MicroBatch, adapters: int = 0) -> int:
    """Return the bytes that one layer keeps for its backward pass.

    `width`: bytes of a number; `adapters`: the sum of the ranks of a layer's adapters, 0 where the model itself is
    trained. Of a token: each of two norms its input in float32, the output and, to train its weight, the normalised
    input; attention q, k, v, its output and a float32 log-sum-exp of each head; the feed-forward layer gate,
    activation, up and their product; A x of each adapter. Under a mask SDPA takes keys and values repeated to all
    heads, and keeps the mask of each layer in the dtype.
    """
    norms = 2 * ((4 + width * (1 if adapters else 2)) * shapes.hidden + 4)
    key_value = shapes.query if micro.shared else shapes.key_value
    attention = 2 * width * (shapes.query + key_value) + 4 * shapes.heads + (width * micro.width if micro.shared else 0)
    return micro.tokens * (norms + attention + width * (4 * shapes.intermediate + adapters))


def activation_bytes(shapes: Shapes, width: int, micro: MicroBatch, checkpointed: bool, adapters: int = 0) -> int:
    """Return the bytes that the layers keep of a micro-batch up to the beginning of its backward pass.

    With gradient checkpointing a layer keeps its input alone (Chen et al. 2016, arXiv 1604.06174). The final norm, the
    rotary embedding and the hidden states of the predictions come on top.
    """
    rest = micro.tokens * (4 * shapes.hidden + 2 * width * (shapes.hidden + shapes.head_size))
    rest += micro.predictions * width * shapes.hidden + (micro.tokens * micro.width if micro.shared else 0)
    if checkpointed:
        return shapes.layers * micro.tokens * width * shapes.hidden + rest
    return shapes.layers * layer_bytes(shapes, width, micro, adapters) + rest


def backward_bytes(shapes: Shapes, width: int, micro: MicroBatch, checkpointed: bool, adapters: int = 0) -> int:
    """Return the bytes that the backward pass of one layer takes on top of `activation_bytes`.

    The gradients of the feed-forward layer and of the residual stream; with gradient checkpointing the layer's own
    activations too, which are computed anew.
    """
    gradients = micro.tokens * width * (2 * shapes.intermediate + 2 * shapes.hidden)
    return gradients + (layer_bytes(shapes, width, micro, adapters) if checkpointed else 0)


def logits_bytes(
    shapes: Shapes,
    width: int,
    micro: MicroBatch,
    temperature: float,
    *,
    entropy_gradient: bool,
    trained: bool,
    device: str = "cpu",
) -> int:
    """Return the bytes of one block of logits with its backward pass (tasks/train/forward.py: `token_stats`).

    Five float32 copies of the block: in the backward pass the logits, the gradient of the normalised ones, and three
    steps of log-sum-exp's; in the forward pass no more, T = 1 or not. Where the entropy has a gradient one more, and
    another where T is not 1. The gradient of the output matrix, where that is `trained`, is built beside them; that of
    several blocks is summed in float32. `device`: gpu, where blocks are larger, or cpu.
    """
    rows = max(1, LOGITS_BLOCK * (GPU_BLOCKS if device == "gpu" else 1) // shapes.vocabulary)
    blocks = -(-micro.predictions // rows)
    block = -(-micro.predictions // max(1, blocks)) * shapes.vocabulary
    copies = 5 + entropy_gradient * (1 + (temperature != 1.0))
    gradient = (width + 4 * (blocks > 1)) * shapes.vocabulary * shapes.hidden
    return 4 * copies * block + trained * gradient
