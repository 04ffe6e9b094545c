"""The sections of a spec file: one frozen Pydantic model for each, and `Sections`, which holds them all.

Defaults are the vetted recipe, so that every key in a file is a visible deviation. "FlowRL" names the closest published
recipe on the paper's data and benchmarks, "DAPO" the objective's source, "ProGRPO" the paper itself (arXiv 2602.05281).
Larger sections stand in files of their own: specs/{policy,rewards,advantages,objectives,evaluation}.py.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from specs.advantages import Advantage, Arm
from specs.base import Count, Dtype, Positive, Section, Share
from specs.engines import ENGINES
from specs.evaluation import Evaluate, Schedule
from specs.mixtures import Part, read_parts
from specs.objectives import Objective, PpoClip
from specs.paths import REPOSITORY_ROOT, file_uri
from specs.plugins import is_plugin
from specs.policy import Policy, WarmStart
from specs.prompts import PROMPTS, template_of
from specs.rewards import Reward

#: What the rendering of a chat template is given already.
TEMPLATE_GIVEN = frozenset(
    {"add_generation_prompt", "chat_template", "continue_final_message", "conversation", "documents", "max_length"}
    | {"messages", "padding", "raise_exception", "return_assistant_tokens_mask", "return_dict", "return_tensors"}
    | {"strftime_now", "tokenize", "tokenizer_kwargs", "tools", "truncation"}
)


class Data(Section):
    """Problems with verifiable answers."""

    train: Annotated[str, Field(min_length=1)] | dict[str, Part] = Field(
        description="`puzzle:<name>`; `gym:<dataset>?size=2000` (reasoning-gym); the path (relative to the repository "
        "root) or URI of a .jsonl, .csv or .parquet file; `hf://<owner>/<dataset>`; a source of your own: "
        "`my_source.py:Name`. Or a mixture of several, by name: `{a: {source: rows.parquet, weight: 3}, b: {source: "
        "puzzle:countdown}}`.",
    )
    subset: str | None = Field(default=None, min_length=1, description="Configuration of an hf:// dataset.")
    split: str = Field(default="train", min_length=1, description="Split of an hf:// dataset.")
    revision: str | None = Field(
        default=None,
        min_length=1,
        description="Commit of an hf:// dataset; null: its newest, recorded when the run starts.",
    )
    heldout: Count = Field(
        default=0,
        description="Problems kept out of training for the suite `heldout`: of rows, and of a mixture whatever its "
        "weights, those with the least digest of their prompt.",
    )
    prompt: str = Field(
        default="none",
        description="Text around each problem: none, boxed (answer in \\boxed{}), code (program in one ```python "
        "block), or your own text with `{prompt}` in it.",
        json_schema_extra={"examples": list(PROMPTS)},
    )
    system: str | None = Field(
        default=None,
        min_length=1,
        description="System message before each problem, in training and in evaluations; null: none.",
    )
    chat_template_kwargs: dict[str, str | int | float | bool | None] = Field(
        default={},
        description="Variables for the tokenizer's chat template, in training and in evaluations: "
        "`{enable_thinking: true}`.",
    )
    prompt_column: str = Field(
        default="prompt", min_length=1, description="Column with the problem (text, or chat messages)."
    )
    answer_column: str = Field(
        default="answer",
        min_length=1,
        description="Column with the reference; dots reach into a nested record. With `verifier: code` its tests, and "
        "the default is `tests`. With `verifier: choice` a label (A, (B), c.) or, where the row has a column `choices` "
        "(a list, or {text: [...], label: [...]}), a choice's text, or its number from 0 (MMLU).",
    )
    answer_after: str | None = Field(
        default=None, min_length=1, description="The reference is what follows the last of this text (GSM8K: '####')."
    )
    verifier: str | None = Field(
        default=None,
        min_length=1,
        description="Verifier by name (math, code, choice, ...), or your own: `my_verifier.py:name`; null: the "
        "source's own (a puzzle's).",
    )
    drop_duplicates: bool = Field(default=True, description="Drop and count problems whose prompt was there before.")
    drop_long_prompts: bool = Field(
        default=False, description="Drop and count prompts over rollout.max_prompt_tokens; false: they are an error."
    )

    @property
    def source(self) -> str:
        """Return `train`, which names one source here."""
        assert isinstance(self.train, str), "a mixture: specs.sources.parts_of has its sources"
        return self.train

    @property
    def weights(self) -> dict[str, float]:
        """Return the weights of a mixture's parts by name; nothing of one source."""
        return {} if isinstance(self.train, str) else {name: part.weight for name, part in self.train.items()}

    @field_validator("train", mode="before")
    @classmethod
    def _parts(cls, train: Any) -> Any:
        return read_parts(train) if isinstance(train, Mapping) else train

    @field_validator("prompt")
    @classmethod
    def _known_prompt(cls, prompt: str) -> str:
        try:
            template_of(prompt)
        except ValueError as error:
            raise ValueError(f"data.prompt: {error}") from None
        return prompt

    @field_validator("chat_template_kwargs")
    @classmethod
    def _free_variables(cls, variables: dict[str, Any]) -> dict[str, Any]:
        if taken := sorted(variables.keys() & TEMPLATE_GIVEN):
            raise ValueError(f"data.chat_template_kwargs: {taken[0]}: Armature sets it itself; drop it")
        return variables


class RolloutSpec(Section):
    """The sampling of responses. Defaults: FlowRL."""

    engine: str = Field(
        default="vllm",
        min_length=1,
        description="vllm for production, transformers embedded, or your own: `my_engine.py:Name`.",
        json_schema_extra={"examples": list(ENGINES)},
    )
    prompts: Positive = Field(default=512, description="Problems an iteration. FlowRL.")
    samples: Positive = Field(default=8, description="G, responses a problem. FlowRL.")
    oversample: float = Field(
        default=1.0,
        ge=1,
        le=16,
        description="Dynamic sampling (DAPO): so many times `prompts` problems are drawn, and of these the first "
        "`prompts` groups with right and wrong responses are trained, fewer where there are fewer. 1: off.",
    )
    problems: Positive | None = Field(
        default=None,
        description="Only the first so many training problems are drawn, anew each epoch; null: all. A warm start sees "
        "all. Of a mixture, each part's share of so many.",
    )
    temperature: float = Field(default=1.0, gt=0, description="T; the ratio and the audit use logits / T. FlowRL.")
    top_p: float = Field(default=1.0, gt=0, le=1, description="Nucleus; 1: off.")
    top_k: Count = Field(default=0, description="Most likely tokens kept; 0: off.")
    max_prompt_tokens: Positive = Field(default=2048, description="Tokens, chat template included. FlowRL.")
    max_response_tokens: Positive = Field(default=8192, description="Tokens, end token included. FlowRL.")
    shard_prompts: Positive = Field(
        default=64, description="Problems a shard: the unit of caching; the last one may be smaller."
    )

    @property
    def drawn(self) -> int:
        """Return how many problems an iteration draws."""
        return math.ceil(self.prompts * self.oversample - 1e-9)

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, name: str) -> str:
        if name not in ENGINES and not is_plugin(name):
            known = ", ".join(ENGINES)
            raise ValueError(
                f"rollout.engine: got {name!r}, want one of {known}, or a class of your own: my_engine.py:Name"
            )
        return name


class Train(Section):
    """The optimizer and its steps. Defaults: FlowRL; AdamW's from torch."""

    iterations: Positive = Field(default=200, description="How long; no part of the identity.")
    minibatch_prompts: Positive = Field(default=32, description="Problems an optimizer step. FlowRL.")
    learning_rate: float = Field(default=1e-6, gt=0, description="AdamW's peak rate. FlowRL.")
    warmup_steps: Count = Field(default=10, description="Linear warm-up, optimizer steps. FlowRL.")
    schedule: Literal["constant", "linear", "cosine"] = Field(default="constant", description="After the warm-up.")
    decay_steps: Positive | None = Field(
        default=None, description="Optimizer steps from the end of the warm-up to min_ratio; unless constant."
    )
    min_ratio: Share = Field(default=0.0, description="Last rate as a share of the peak; unless constant.")
    weight_decay: float = Field(default=0.1, ge=0, description="AdamW's decoupled decay. FlowRL.")
    betas: tuple[Annotated[float, Field(ge=0, lt=1)], Annotated[float, Field(ge=0, lt=1)]] = Field(
        default=(0.9, 0.999), strict=False, description="AdamW's moments."
    )
    adam_eps: float = Field(default=1e-8, gt=0, description="AdamW's epsilon.")
    max_grad_norm: float = Field(default=1.0, gt=0, description="Clip of the global gradient norm. verl.")
    token_budget: Positive = Field(
        default=32768, description="Tokens a micro-batch and rank, padding included. Changes no result."
    )
    gradient_checkpointing: bool = Field(default=False, description="Recompute activations. Changes no result.")
    zero_stage: Literal[0, 1, 2, 3] = Field(
        default=1, description="DeepSpeed ZeRO stage; 0 only without mixed precision. Changes no result."
    )


class DtypeLimits(Section):
    """A limit for each `policy.dtype`, in nats."""

    float32: float = Field(default=1e-3, gt=0, description="Seen with vLLM on a CPU: at most 4.4e-5.")
    bfloat16: float = Field(
        default=0.1, gt=0, description="Seen with vLLM on a CPU: 0.054; transformers against its own float32: 0.049."
    )

    def of(self, dtype: Dtype) -> float:
        """Return the limit for `dtype`."""
        return {"float32": self.float32, "bfloat16": self.bfloat16}[dtype]


class Audit(Section):
    """Limits on the difference of engine and trainer on the same tokens; an iteration beyond one stops the run."""

    max_mean: DtypeLimits = Field(
        default=DtypeLimits(), description="Mean |engine - trainer| log-probability of a token."
    )
    min_effective_sample_share: Share = Field(
        default=0.5,
        description="Least (sum w)^2 / (n sum w^2) of the token importance weights w = exp(trainer - engine).",
    )


class Checkpoint(Section):
    """Resumable state: weights and optimizer."""

    every: Positive = Field(default=10, description="Iterations; the first and the last always.")
    keep: Positive = Field(default=5, description="Newest kept; pinned ones are not counted.")


def _ranks(known: dict[str, Any]) -> int:
    return known["gpus"] if known.get("layout") == "colocated" and known.get("gpus") else 1


def _sleep(known: dict[str, Any]) -> Literal["rollout", "none"]:
    return "rollout" if known.get("layout") == "colocated" else "none"


class Placement(Section):
    """The processes and devices that an experiment runs on. Changes no result."""

    layout: Literal["colocated", "separate"] = Field(
        default="colocated", description="Engine and trainer on the same GPUs, or on their own."
    )
    gpus: Count = Field(default=0, description="GPUs in all; 0: the CPU.")
    ranks: Positive = Field(
        default_factory=_ranks, description="Trainer processes; default: gpus when colocated on GPUs, else 1."
    )
    tensor_parallel: Positive = Field(default=1, description="GPUs an engine replica.")
    offload_optimizer: Literal["none", "cpu"] = Field(
        default="none", description="Where ZeRO keeps the optimizer's state."
    )
    threads: Positive | None = Field(default=None, description="CPU threads a rank; null: cores / ranks.")
    sleep: Literal["rollout", "none"] = Field(
        default_factory=_sleep,
        description="The engine that sleeps, its GPU memory given up, while the other works: the rollout engine, or "
        "none. Default: rollout when colocated, else none.",
    )
    trainer_sleeps: bool = Field(
        default=False,
        description="The trainer moves weights, masters and moments to the host while a colocated engine works: "
        "for models that leave it no room. Needs GPUs, ZeRO-3, and the whole model trained. Not run on a GPU.",
    )
    deadline_s: float = Field(
        default=4 * 3600.0,
        gt=0,
        description="Seconds that a training iteration, or a call for rollouts, may take; then its engine hangs, and "
        "is replaced.",
    )
    gpu_memory_gib: float | None = Field(
        default=None,
        gt=0,
        description="GiB of one GPU, which the plan measures an experiment by; null: a run asks its GPU, and the plan "
        "does not know what fits.",
    )
    gpu_memory_utilization: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description="Share of a GPU's memory that vLLM takes, its CUDA graphs not counted; null: what the trainer "
        "leaves while the engine works, at most 0.92.",
    )
    max_num_seqs: Positive | None = Field(
        default=None,
        description="Samples that vLLM draws side by side; null: those that its cache holds half grown, at most 256. "
        "On the CPU: 256.",
    )
    max_num_batched_tokens: Positive | None = Field(
        default=None,
        description="Tokens of one step of vLLM, of prompts and samples; null: 8192, or less where the activations "
        "would take more than a sixteenth of its memory. On the CPU: vLLM's own.",
    )


def default_store() -> str:
    """Return the `file://` URI of `.armature/store` under the repository root."""
    return file_uri(REPOSITORY_ROOT / ".armature" / "store")


class Sections(Section):
    """Sections of a spec file; `specs.schema.Spec` checks the rules that join them."""

    name: str = Field(
        pattern=r"^[a-z0-9][a-z0-9._-]*$",
        max_length=64,
        description="Of the run; lower-case letters, digits, `.`, `_`, `-`.",
    )
    seed: Count = Field(default=17, description="Everything random derives from it.")
    control: str | None = Field(
        default=None,
        min_length=1,
        description="Spec file (relative to this one) trained first, from the same warm start, and reported beside it.",
    )
    policy: Policy = Policy()
    warm_start: WarmStart | None = Field(default=None, description="Supervised steps first; null: none.")
    data: Data
    rollout: RolloutSpec = RolloutSpec()
    reward: Reward = Reward()
    advantage: Advantage = Field(default=Arm(), description="The advantage estimator, named by `estimator` or `use`.")
    objective: Objective = Field(default=PpoClip(), description="The objective, named by `kind` or `use`.")
    train: Train = Train()
    audit: Audit = Audit()
    store: str = Field(
        default_factory=default_store,
        min_length=1,
        description="file:// or s3:// URI, or a folder; default: .armature/store under the repository root. "
        "ARMATURE_STORE overrides.",
    )
    checkpoint: Checkpoint = Checkpoint()
    placement: Placement = Placement()
    evaluate: Evaluate = Evaluate()
    schedule: Schedule = Schedule()
