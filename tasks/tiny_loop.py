"""ARM-GRPO from sampling to weights in one loop: `python -m tasks.tiny_loop specs/quickstart.yaml FOLDER`.

Read this first. It calls the same functions as a real run, in one process: no store, no Prefect, no resident
processes, so nothing is cached, retried or replayed. Its weights are those of flows/arm_train.py, bit for bit
(tests/tasks/test_tiny_loop.py).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from specs.errors import ArmatureError, SpecError
from specs.identity import train_part
from specs.load import load_spec
from specs.policy import Architecture
from specs.schema import Spec
from tasks.checkpoint.weights import write_scratch_model
from tasks.data.encode import encode_all
from tasks.data.prompts import PromptFormat
from tasks.data.sources.registry import make_source
from tasks.data.tokenizer import puzzle_tokenizer
from tasks.reward.judge import Judge, Response
from tasks.reward.responses import ResponseTexts
from tasks.rollout.rollouts import joined
from tasks.rollout.shards import roll_out, shard_count, shard_problems
from tasks.rollout.transformers_engine import TransformersEngine, TransformersOptions
from tasks.train.dynamic_sampling import selected
from tasks.train.inputs import adamw_settings, group_batch, step_settings
from tasks.train.memory import TokenBudget
from tasks.train.rank import TrainingRank
from tasks.train.settings import AdamWSettings, OptimizerOptions
from tasks.train.supervised import Demonstrations
from tasks.train.warm_start import Demonstrator, warm_start


def tiny_loop(spec: Spec, folder: Path) -> Path:
    """Train a policy made on the spot, on one core, and return the folder of its weights (Hugging Face format)."""
    # Problems with verifiable answers, as token ids.
    source, tokenizer = make_source(spec.data), puzzle_tokenizer()
    form, limit = PromptFormat.of(spec.data), spec.rollout.max_prompt_tokens
    encoded = encode_all(source.problems().problems, tokenizer, form, limit)
    problems = {each.problem.id: each for each in encoded.problems}
    stop_token_ids = (int(tokenizer.eos_token_id),)

    # A tiny policy with random weights, and supervised steps on demonstrations.
    policy = folder / "policy"
    architecture = (spec.policy.architecture or Architecture()).model_dump()
    ends = int(tokenizer.eos_token_id), int(tokenizer.pad_token_id)
    write_scratch_model(policy, architecture, len(tokenizer), *ends, spec.policy.dtype, spec.seed)
    tokenizer.save_pretrained(policy)
    trainer = Trainer(spec)
    if spec.warm_start is not None:
        demonstrator = Demonstrator(encoded.problems, tokenizer, spec.seed, source.demonstrations)
        warm_start(trainer, policy, demonstrator, spec.warm_start, spec.train.token_budget, lambda *_: None)
        trainer.save(policy)
    part = train_part(spec)  # a run's key adds versions to it (tasks/train/catalogue.py)
    trainer.load("policy 0", policy, None, adamw_settings(part))

    engine = Engine(TransformersOptions(dtype=spec.policy.dtype))
    judge = Judge(spec.reward, spec.rollout.max_response_tokens)
    rows = source.source_rows() if spec.reward.functions else {}  # what users' own reward functions read
    settings = step_settings(
        part,
        token_budget=spec.train.token_budget,
        audit_max_mean=spec.audit.max_mean.of(spec.policy.dtype),
        audit_min_effective_share=spec.audit.min_effective_sample_share,
    )
    for k in range(spec.train.iterations):
        # The reference policy, where the objective reads one: that of the start, or of the last reset.
        reference = spec.reference_at(k)
        if reference == k:
            trainer.rank.refer(reference=f"policy {k}", weights=str(policy))
        # Sample: G responses to each problem of the iteration, from the policy as it is now.
        engine.load(policy)
        engine.state, shards = f"policy {k}", []
        for shard in range(shard_count(spec.rollout)):
            drawn = shard_problems(encoded.problems, spec.rollout, spec.seed, k, shard, spec.data.weights)
            shards.append(roll_out(engine, drawn, spec.rollout, spec.seed, stop_token_ids, engine.state, k))
        rollouts = joined(shards)
        # Judge: a verdict for each response. Text is derived from the token ids, never tokenised again.
        texts = ResponseTexts(tokenizer).of([(problems[each.problem_id], each.response_ids) for each in rollouts])
        responses = [
            Response(problems[each.problem_id].problem, text, each.response_ids, each.finish_reason)
            for each, text in zip(rollouts, texts, strict=True)
        ]
        verdicts = judge.judge(responses, rows, k)
        # Train: advantages (tasks/train/advantages), then an optimizer step a minibatch (tasks/train/iteration.py).
        batch = group_batch(problems, rollouts, verdicts, settings.reward)
        if "dynamic_sampling" in part:
            batch = selected(batch, part["dynamic_sampling"], part["correct_at"]).batch
        result = trainer.rank.train(
            expected=f"policy {k}",
            becomes=f"policy {k + 1}",
            batch=batch,
            settings=settings,
            iteration=k,
            reference=None if reference is None else f"policy {reference}",
        )
        trainer.save(policy)
        metrics = result["metrics"]
        print(f"iteration {k + 1}  reward {metrics['reward_mean']:.3f}  entropy {metrics['entropy']:.3f}")
    judge.close()
    return policy


class Engine(TransformersEngine):
    """A rollout engine in this process, and the name of the policy that it holds."""

    state = ""


class Trainer:
    """One training rank in this process, with the interface of tasks/engines/trainer.py that a warm start needs."""

    ranks = 1

    def __init__(self, spec: Spec) -> None:
        os.environ |= {"RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1", "DS_ACCELERATOR": "cpu"}
        os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "0"}
        self.rank, self.budget, self._spec = TrainingRank(threads=spec.placement.threads or 1), TokenBudget(), spec

    def load(self, state: str, weights: Path, optimizer: Path | None, adamw: AdamWSettings) -> None:
        """Load a policy from a folder of weights, with fresh moments."""
        train, dtype = self._spec.train, self._spec.policy.dtype
        options = OptimizerOptions(adamw, train.zero_stage, False, train.gradient_checkpointing)
        self.rank.load(state=state, weights=str(weights), optimizer=None, dtype=dtype, options=options)

    def supervise(
        self, steps: list[Demonstrations], rates: list[float], prompt_weight: float, token_budget: int
    ) -> list[dict[str, float]]:
        """Take supervised steps."""
        return self.rank.supervise(steps=steps, rates=rates, prompt_weight=prompt_weight, token_budget=token_budget)

    def save(self, folder: Path) -> None:
        """Write the weights into the folder of the policy."""
        self.rank.save(folder=str(folder), optimizer=False)


def refuse(spec: Spec, folder: Path) -> None:
    """Raise ArmatureError for a spec that this loop would not train as it says, and for a folder that is in use."""
    if spec.policy.init != "scratch" or spec.rollout.engine != "transformers":
        raise SpecError(
            "the tiny loop trains policy.init: scratch by rollout.engine: transformers alone; set both, or use "
            "`armature train`"
        )
    if spec.policy.adapter is not None:
        raise SpecError("the tiny loop trains the whole model: set policy.adapter to null, or use `armature train`")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ArmatureError(f"{folder}: is a file or a folder with something in it; give a new folder")


def main(arguments: Sequence[str]) -> None:
    """Train the spec of the command line. Leaves by SystemExit, with one line of text, where it cannot."""
    if len(arguments) < 2:
        sys.exit("usage: python -m tasks.tiny_loop SPEC FOLDER [KEY=VALUE ...]")
    file, folder, *overrides = arguments
    try:
        spec = load_spec(file, ["control=null", *overrides]).spec
        refuse(spec, Path(folder))
        print(tiny_loop(spec, Path(folder)))
    except ArmatureError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
