"""TRL's half of trl_differential.py, which runs in an environment with trl, without this repository.

Reads the cases from stdin (JSON, written by trl_differential.theirs). For each, GRPOTrainer computes advantages and old
log-probabilities of the given tokens by its own `_generate_and_score_completions`, then loss and gradient by its own
`compute_loss`. Gradients go to files, the rest as JSON to stdout.

In float32 nothing of TRL's is replaced. In float64, Llama's norm and TRL's kernel of the log-probabilities would still
compute in float32; they are replaced by torch's norm and a plain log-softmax, and the loss is TRL's own.
"""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from datasets import Dataset
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from torch import Tensor, nn
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from trl import GRPOConfig, GRPOTrainer


class PlainTrainer(GRPOTrainer):  # type: ignore[misc]
    """A GRPOTrainer whose log-probabilities and entropies are computed in the model's dtype."""

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Tensor, attention_mask: Tensor, logits_to_keep: int, *_: Any, **__: Any
    ) -> tuple[Tensor, Tensor, None]:
        # Llama's rotation is always float32: positions count from the first token, so that it is the same as in ours.
        positions = (attention_mask.cumsum(-1) - 1).clamp(min=0)
        logits = model(input_ids=input_ids, attention_mask=attention_mask, position_ids=positions).logits[
            :, -logits_to_keep - 1 : -1
        ]
        log_probs = (logits / self.temperature).log_softmax(-1)
        return (
            log_probs.gather(-1, input_ids[:, -logits_to_keep:, None])[..., 0],
            -(log_probs.exp() * log_probs).sum(-1),
            None,
        )


def tokenizer(vocabulary: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer, which TRL requires for padding and decoding; the tokens are given."""
    words = {str(i): i for i in range(vocabulary)}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(WordLevel(words, unk_token="0")), pad_token="0", eos_token="1", unk_token="0"
    )


def load(folder: Path, dtype: torch.dtype) -> LlamaForCausalLM:
    """Return the saved policy, in float64 with a norm that computes in float64."""
    model = LlamaForCausalLM.from_pretrained(folder, dtype=dtype, attn_implementation="sdpa")
    if dtype == torch.float64:
        for module in list(model.modules()):
            for name, child in list(module.named_children()):
                if type(child).__name__ == "LlamaRMSNorm":
                    norm = nn.RMSNorm(child.weight.shape[0], eps=child.variance_epsilon)
                    norm.weight = child.weight
                    setattr(module, name, norm)
    return model


def trainer_of(model: LlamaForCausalLM, asked: dict[str, Any], case: dict[str, Any], folder: Path) -> GRPOTrainer:
    """Return a trainer whose rollouts are the given ones; a row's prompt is its number."""
    tokens = asked["batches"][case["batch"]]
    prompts = [prompt for prompt, group in zip(tokens["prompts"], tokens["responses"], strict=True) for _ in group]
    responses = [response for group in tokens["responses"] for response in group]
    engine = [values for group in tokens["engine_log_probs"] for values in group]
    scores = [score for group in tokens["scores"] for score in group]
    terms = [values for group in tokens["terms"] for values in group]
    values = {"correct": scores, **{name: [each[name] for each in terms] for name in (terms[0] if terms else ())}}

    def rollouts(names: list[str], _: Any) -> dict[str, Any]:
        assert names == [str(row) for row in range(len(responses))]
        return {"prompt_ids": prompts, "completion_ids": responses, "logprobs": engine}

    def reward_of(name: str) -> Callable[..., list[float | None]]:
        def reward(prompts: list[str], **_: Any) -> list[float | None]:
            return [values[name][int(row)] for row in prompts]

        reward.__name__ = name
        return reward

    settings = GRPOConfig(
        output_dir=str(folder / "trl"),
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        report_to="none",
        per_device_train_batch_size=len(responses),
        gradient_accumulation_steps=1,
        steps_per_generation=1,
        num_generations=len(tokens["responses"][0]),
        # With two passes over a batch TRL uses the old policy's log-probabilities, else those of the training pass.
        num_iterations=2 if case["off_policy"] else 1,
        **{"beta": 0.0, **case["settings"]},
    )
    made = (PlainTrainer if model.dtype == torch.float64 else GRPOTrainer)(
        model=model,
        reward_funcs=[reward_of(name) for name in values],
        args=settings,
        processing_class=tokenizer(model.config.vocab_size),
        rollout_func=rollouts,
        train_dataset=Dataset.from_dict({"prompt": [str(row) for row in range(len(responses))]}),
    )
    made.current_gradient_accumulation_steps = 1
    if made.ref_model is not None:
        refer(made, folder / "reference")
    if case["importance_weights"]:  # as with vLLM, without starting an engine or loading weights into one
        made.use_vllm, made._last_loaded_step = True, made.state.global_step
    return made


def refer(trainer: GRPOTrainer, folder: Path) -> None:
    """Give the trainer another reference policy than the one that it begins with."""
    if trainer.model.dtype == torch.float64:
        trainer.ref_model = load(folder, torch.float64).eval()
    else:
        trainer.ref_model.load_state_dict(load_file(folder / "model.safetensors"))


def answer(asked: dict[str, Any], case: dict[str, Any]) -> dict[str, Any]:
    """Return TRL's numbers of one case; its gradient goes to a file."""
    folder, dtype = Path(asked["folder"]), getattr(torch, case["dtype"])
    torch.set_default_dtype(dtype)  # for rewards and advantages
    model = load(folder / "old", dtype).train()
    trainer = trainer_of(model, asked, case, folder)
    inputs = trainer._generate_and_score_completions(list(trainer.train_dataset))
    reply = {"advantages": inputs["advantages"].tolist()}
    if case["advantages_only"]:
        return reply
    if case["off_policy"]:
        model.load_state_dict(load_file(folder / "now" / "model.safetensors"))
    for _ in range(case["steps"]):
        model.zero_grad()
        loss = trainer.compute_loss(model, inputs)
        loss.backward()
    save_file({name: p.grad for name, p in model.named_parameters() if p.grad is not None}, folder / case["gradient"])
    clipped = {name: trainer._metrics["train"][f"clip_ratio/{name}_mean"] for name in ("low", "high")}
    return {
        **reply,
        "loss": loss.item(),
        "entropy_coefficient": trainer.entropy_coef,
        "clipped": {name: values[-1] if values else None for name, values in clipped.items()},
    }


def main() -> None:
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    asked = json.load(sys.stdin)
    with contextlib.redirect_stdout(sys.stderr):
        replies = {name: answer(asked, case) for name, case in asked["cases"].items()}
    print(
        json.dumps(
            {
                "cases": replies,
                "versions": {name: version(name) for name in ("trl", "torch", "transformers", "accelerate")},
            }
        )
    )


if __name__ == "__main__":
    main()
