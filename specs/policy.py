"""The sections `policy` and `warm_start`: the model that is trained, and supervised steps on it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from specs.base import Count, Dtype, Positive, Section


class Architecture(Section):
    """A tiny Llama-style decoder made on the spot. Defaults: 426k parameters on the puzzle vocabulary."""

    layers: Positive = Field(default=2, description="Decoder blocks.")
    hidden: Positive = Field(default=128, description="Width of the residual stream.")
    heads: Positive = Field(default=4, description="Attention heads; divides `hidden`.")
    intermediate: Positive = Field(
        default=344, description="Width of the SwiGLU layer (8/3 of hidden, rounded up to 8)."
    )
    tie_embeddings: bool = Field(default=False, description="Share input embedding and output matrix.")
    max_positions: Positive = Field(default=128, description="Context window, tokens.")


class Fork(Section):
    """A policy of another run in the same store, to go on from: its weights, AdamW's moments and step count.

    The learning-rate schedule goes on at that step. Iterations, draws of problems and seeds begin at 0, by this
    spec's seed.
    """

    run: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*(/[0-9a-f]{8})?$", description="Run, as `<name>/<8 hex of identity>`."
    )
    iteration: Count = Field(
        description="After how many of its iterations; 0 is its start. Weights, AdamW's moments and step count (so "
        "warm-up and decay of the learning rate) go on from there."
    )


class Adapter(Section):
    """LoRA (arXiv 2106.09685): low-rank matrices are trained beside the model's own, which stay as they are.

    A layer's output is W x + (alpha / rank) B A x. A begins with random values by the run's seed, B with zeros. There
    is no dropout, so that a pass is a function of weights and tokens.
    """

    rank: Annotated[int, Field(gt=0, le=512)] = Field(
        default=16, description="Rows of A and columns of B; at most 512, as vLLM takes them."
    )
    alpha: float = Field(default=32.0, gt=0, description="B A x is scaled by alpha / rank.")
    targets: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], Field(strict=False)] | Literal["all-linear"] = (
        Field(
            default="all-linear",
            description="Names of the layers that get an adapter, as [q_proj, v_proj]; all-linear: every linear layer "
            "but the output matrix.",
        )
    )

    @field_validator("targets")
    @classmethod
    def _each_once(cls, targets: tuple[str, ...] | str) -> tuple[str, ...] | str:
        if not targets:
            raise ValueError("policy.adapter.targets: is empty; name layers, or say all-linear")
        return targets if isinstance(targets, str) else tuple(sorted(set(targets)))


class Policy(Section):
    """The model that is trained."""

    model: str | None = Field(
        default=None,
        min_length=1,
        description="Hub name, or local folder in Hugging Face format (relative to the repository root).",
    )
    revision: str | None = Field(
        default=None, min_length=1, description="Commit of the hub repository; null: its newest."
    )
    init: Literal["pretrained", "scratch"] | Fork = Field(
        default="pretrained", description="Where the weights come from: a model, made on the spot, or another run."
    )
    dtype: Dtype = Field(
        default="bfloat16",
        description="Of the forward and backward pass and of the engine; master weights and optimizer are float32 or "
        "wider.",
    )
    architecture: Architecture | None = Field(
        default=None, description="Only with `init: scratch` (null there: its defaults)."
    )
    adapter: Adapter | None = Field(
        default=None, description="LoRA: train low-rank matrices beside the model's; null: train the whole model."
    )

    @property
    def made(self) -> Architecture | None:
        """Return the architecture that `init: scratch` makes; None otherwise."""
        return (self.architecture or Architecture()) if self.init == "scratch" else None


class WarmStart(Section):
    """Supervised steps on the puzzle generator's demonstrations, before reinforcement learning.

    Source of the defaults: the project's prototype.
    """

    steps: Positive = Field(default=800, description="Optimizer steps.")
    batch: Positive = Field(default=256, description="Demonstrations a step.")
    learning_rate: float = Field(default=1e-3, gt=0, description="AdamW's peak rate.")
    warmup_steps: Count = Field(default=20, description="Linear warm-up, steps; constant afterwards.")
    weight_decay: float = Field(default=0.0, ge=0, description="AdamW's decoupled decay.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Clip of the global gradient norm.")
    prompt_loss_weight: float = Field(
        default=0.1, ge=0, description="Weight of a prompt token's loss (response: 1), so that c(q) means something."
    )
