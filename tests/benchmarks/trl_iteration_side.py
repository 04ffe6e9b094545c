"""TRL's half of trl_iteration.py, which runs in an environment with trl, without this repository.

Takes its settings from the command line (JSON). Each line on stdin asks for one more step, of which it prints the
seconds: generation, reward, loss, backward pass and AdamW's step.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from typing import Any

from datasets import Dataset
from transformers import AutoModelForCausalLM, AutoTokenizer, TrainerCallback
from trl import GRPOConfig, GRPOTrainer


class StepByStep(TrainerCallback):  # type: ignore[misc]
    """Waits for a line before each step and prints the step's seconds."""

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        """Wait to be asked."""
        if not sys.stdin.readline():
            sys.exit()
        self.started = time.perf_counter()

    def on_step_end(self, *_: Any, **__: Any) -> None:
        """Say how long it took."""
        print(json.dumps(time.perf_counter() - self.started), file=OUT, flush=True)


def alternating(completions: list[str], **_: Any) -> list[float]:
    """Return 1 for every other response."""
    return [float(place % 2) for place in range(len(completions))]


def main(asked: dict[str, Any]) -> None:
    """Train for as long as steps are asked for."""
    prompts, samples, tokens = asked["prompts"], asked["samples"], asked["tokens"]
    # The step's clock begins once the batch is there (Trainer reads it first), and TRL generates in training_step.
    settings = GRPOConfig(
        output_dir=tempfile.mkdtemp(),
        use_cpu=True,
        bf16=asked["dtype"] == "bfloat16",
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        logging_strategy="no",
        disable_tqdm=True,
        per_device_train_batch_size=len(prompts) * samples,
        gradient_accumulation_steps=1,
        num_generations=samples,
        max_completion_length=tokens,
        generation_kwargs={"min_new_tokens": tokens},
        max_steps=asked["steps"],
        learning_rate=1e-6,
        beta=0.0,
        shuffle_dataset=False,
    )
    trainer = GRPOTrainer(
        model=AutoModelForCausalLM.from_pretrained(asked["model"], dtype="float32", attn_implementation="sdpa"),
        processing_class=AutoTokenizer.from_pretrained(asked["model"]),
        reward_funcs=[alternating],
        args=settings,
        train_dataset=Dataset.from_list([{"prompt": text} for text in prompts]),
        callbacks=[StepByStep()],
    )
    trainer.train()


if __name__ == "__main__":
    OUT, sys.stdout = sys.stdout, sys.stderr  # what the libraries print is no answer
    main(json.loads(sys.argv[1]))
