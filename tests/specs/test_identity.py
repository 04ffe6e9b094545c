"""Which key belongs to which part. A key that is missing from this table fails the first test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from specs import identity as parts
from specs.errors import SpecError
from specs.identity import identity
from specs.load import load_spec
from specs.schema import Spec
from tests.specs.conftest import LEAVES, MODEL, PUZZLE, Write

PARTS: dict[str, Callable[[Spec], dict[str, Any]]] = {
    "data": parts.data_part,
    "warm_start": parts.warm_start_part,
    "adapter": lambda spec: parts.adapter_part(spec) or {},
    "rollout": parts.rollout_part,
    "reward": parts.reward_part,
    "train": parts.train_part,
    "evaluate": lambda spec: {**parts.evaluate_part(spec), **parts.sampling_part(spec, parts.heldout_sampling(spec))},
}
WARM = PUZZLE + "warm_start: {}\n"
ADAPTER = PUZZLE.replace("float32}", "float32, adapter: {}}")
KL = PUZZLE + "objective: {kl: {}}\n"
TARGETED = PUZZLE + "objective: {entropy_target: {target: 0.3}}\n"
OWN = "tests/specs/own_code.py"
HUB = MODEL.replace("some/problems.jsonl", "hf://a/b")
ON_GPU = MODEL + "placement: {gpus: 1}\n"
ARCHITECTURE = ("layers", "hidden", "heads", "intermediate", "tie_embeddings", "max_positions")

# (base, override) -> the parts that it changes. "evaluate" is the only one that is no part of the identity.
TABLE: list[tuple[str, str, str]] = [
    (WARM, "name=other", ""),
    (WARM, "seed=3", "warm_start rollout train evaluate"),
    (WARM, "policy.dtype=bfloat16", "warm_start rollout train evaluate"),
    (MODEL, "policy.model=Qwen/Qwen2.5-32B", "data warm_start"),
    (MODEL, "policy.revision=abc", "data warm_start"),
    (MODEL, "policy={init: {run: a/0123abcd, iteration: 3}, model: null}", "data warm_start"),
    (MODEL, "seed=3", "rollout train evaluate"),  # nothing of the start is random
    *(
        (PUZZLE, f"policy.architecture.{key}={value}", "warm_start")
        for key, value in zip(ARCHITECTURE, (3, 64, 2, 8, "true", 64), strict=True)
    ),
    (PUZZLE, "policy.architecture={}", ""),  # what scratch means anyway
    (PUZZLE, "policy.adapter={}", "adapter"),
    (ADAPTER, "policy.adapter.rank=4", "adapter"),
    (ADAPTER, "policy.adapter.alpha=4.0", "adapter"),
    (ADAPTER, "policy.adapter.targets=[q_proj]", "adapter"),
    (ADAPTER, "seed=3", "warm_start adapter rollout train evaluate"),
    (WARM, "warm_start.steps=3", "warm_start"),
    (WARM, "warm_start.batch=3", "warm_start"),
    (WARM, "warm_start.learning_rate=3.0", "warm_start"),
    (WARM, "warm_start.warmup_steps=3", "warm_start"),
    (WARM, "warm_start.weight_decay=3.0", "warm_start"),
    (WARM, "warm_start.max_grad_norm=3.0", "warm_start"),
    (WARM, "warm_start.prompt_loss_weight=3.0", "warm_start"),
    (WARM, "warm_start=null", "warm_start"),
    (PUZZLE, "data.train=puzzle:graph_colouring", "data"),
    (PUZZLE, "data.heldout=9", "data"),
    (HUB, "data.subset=main", "data"),
    (HUB, "data.split=test", "data"),
    (HUB, "data.revision=abc", "data"),
    (HUB, "data.prompt=boxed", "data"),
    (PUZZLE, "rollout.oversample=1.5", "rollout train"),
    (HUB, "data.system=Think.", "data"),
    (HUB, "data.chat_template_kwargs={enable_thinking: true}", "data"),
    (HUB, "data.prompt_column=q", "data"),
    (HUB, "data.answer_column=a", "data"),
    (HUB, "data.answer_after=####", "data"),
    (HUB, "data.verifier=code", "data"),
    (HUB, "data.drop_duplicates=false", "data"),
    (HUB, "data.drop_long_prompts=true", "data"),
    (PUZZLE, "rollout.engine=vllm", "rollout train evaluate"),  # train: importance correction is on for vllm
    (PUZZLE, "rollout.prompts=8", "rollout"),
    (PUZZLE, "rollout.samples=8", "rollout"),
    (PUZZLE, "rollout.problems=64", "rollout"),
    (PUZZLE, "rollout.temperature=0.7", "rollout train"),
    (PUZZLE, "rollout.max_response_tokens=13", "rollout evaluate"),
    (PUZZLE, "rollout.max_prompt_tokens=17", ""),  # a longer prompt is an error, not another result ...
    (
        PUZZLE.replace("heldout: 8", "heldout: 8, drop_long_prompts: true"),
        "rollout.max_prompt_tokens=17",
        "data",
    ),  # ... unless dropped
    (PUZZLE, "rollout.shard_prompts=3", "rollout"),
    (PUZZLE, "reward.correct_at=0.5", "train evaluate"),
    (PUZZLE, "reward.truncated=mask", "reward"),
    (PUZZLE, "reward.max_not_judged_share=0.5", ""),
    (PUZZLE, "reward.terms={format: {use: format}}", "reward train"),
    (PUZZLE, "reward.terms={correct: {use: countdown}}", ""),  # what data.train says
    (PUZZLE + "reward: {terms: {format: {use: format}}}\n", "reward.outcome=format", "reward train"),
    (PUZZLE + "reward: {terms: {format: {use: format}}}\n", "reward.terms.format.weight=0.5", "train"),
    (PUZZLE + "reward: {terms: {format: {use: format}}}\n", "reward.aggregate=normalize_then_sum", "train"),
    (PUZZLE, "reward.workers=3", ""),
    (PUZZLE, "reward.math.deadline_s=3.0", "reward"),
    (PUZZLE, "reward.math.workers=3", ""),
    (PUZZLE, "reward.code.sandbox=jail", ""),
    (PUZZLE, "reward.code.slots=3", ""),
    (PUZZLE, "reward.code.cpu_s=3.0", "reward"),
    (PUZZLE, "reward.code.memory_mb=3", "reward"),
    (PUZZLE, "advantage.estimator=grpo", "train"),
    (PUZZLE, "advantage.alpha=1.0", "train"),
    (PUZZLE, "advantage.low_probability_fraction=0.3", "train"),
    (PUZZLE, "advantage.scope=mixed_only", "train"),
    (PUZZLE, "advantage.prompt_confidence=low", "train"),
    (PUZZLE, "advantage.eps=1e-4", "train"),
    (PUZZLE, "advantage.ddof=0", "train"),
    (PUZZLE + "advantage: {estimator: pass_at_k, k: 2}\n", "advantage.k=3", "train"),
    (PUZZLE + "advantage: {estimator: weighted_reinforce}\n", "advantage.positive_weight=0.2", "train"),
    (PUZZLE, f"advantage.use={OWN}:estimator", "train"),
    (PUZZLE + f"advantage: {{use: {OWN}:estimator}}\n", "advantage.args.weight=0.5", "train"),
    (PUZZLE, "objective.kind=gspo", "train"),
    (PUZZLE, "objective.kind=cispo", "train"),
    (PUZZLE, f"objective.use={OWN}:Objective", "train"),
    (PUZZLE + f"objective: {{use: {OWN}:Objective}}\n", "objective.args={weight: 0.5}", "train"),
    (PUZZLE + "objective: {kind: cispo}\n", "objective.clip_high=0.3", "train"),
    (PUZZLE + "objective: {kind: gspo}\n", "objective.clip_low=0.3", "train"),
    (PUZZLE, "objective.clip_low=0.3", "train"),
    (PUZZLE, "objective.clip_high=0.3", "train"),
    (PUZZLE, "objective.aggregation=sequence_mean", "train"),
    (PUZZLE + "objective: {aggregation: constant, constant_length: 8}\n", "objective.constant_length=9", "train"),
    (PUZZLE, "objective.entropy_coefficient=0.1", "train"),
    (PUZZLE, "objective.dual_clip=3.0", "train"),
    (PUZZLE, "objective.high_entropy_share=0.2", "train"),
    (PUZZLE, "objective.entropy_target={target: 0.3}", "train"),
    (TARGETED, "objective.entropy_target.target=0.4", "train"),
    (TARGETED, "objective.entropy_target.delta=0.1", "train"),
    (TARGETED, "objective.entropy_target.min=0.1", "train"),
    (TARGETED, "objective.entropy_target.max=0.5", "train"),
    (PUZZLE, "objective.kind=clip_cov", "train"),
    (PUZZLE + "objective: {kind: clip_cov}\n", "objective.covariance_share=0.1", "train"),
    (PUZZLE + "objective: {kind: clip_cov}\n", "objective.covariance_low=0.5", "train"),
    (PUZZLE + "objective: {kind: clip_cov}\n", "objective.covariance_high=4.0", "train"),
    (PUZZLE, "objective.kind=kl_cov", "train"),
    (PUZZLE + "objective: {kind: kl_cov}\n", "objective.kl_coefficient=0.5", "train"),
    (PUZZLE, "objective.importance_correction.mode=token", "train"),
    (PUZZLE, "objective.importance_correction.mode=off", ""),  # what auto means for transformers
    (PUZZLE, "objective.importance_correction.cap=3.0", ""),
    (MODEL, "objective.importance_correction.cap=3.0", "train"),
    (MODEL, "objective.importance_correction.mode=token", ""),  # what auto means for vllm
    (MODEL, "objective.importance_correction.mode=sequence_mask", "train"),
    (
        PUZZLE + "objective: {importance_correction: {mode: sequence_mask}}\n",
        "objective.importance_correction.cap=3.0",
        "train",
    ),
    (PUZZLE, "objective.kl={}", "train"),
    (KL, "objective.kl.coefficient=0.01", "train"),
    (KL, "objective.kl.estimator=k2", "train"),
    (KL, "objective.kl.with_ratio=false", "train"),
    (KL, "objective.reference={}", ""),  # what a KL means anyway
    (KL, "objective.reference.reset_every=3", "train"),
    (KL.replace("float32}", "float32, adapter: {}}"), "objective.reference.policy=base", "train"),
    (PUZZLE, "train.iterations=3", ""),
    (PUZZLE, "train.minibatch_prompts=4", "train"),
    (PUZZLE, "train.learning_rate=3e-6", "train"),
    (PUZZLE, "train.warmup_steps=3", "train"),
    (PUZZLE + "objective: {}\n", "train={schedule: linear, decay_steps: 3}", "train"),
    (PUZZLE.replace("prompts: 2}", "prompts: 2, schedule: linear, decay_steps: 9}"), "train.schedule=cosine", "train"),
    (PUZZLE.replace("prompts: 2}", "prompts: 2, schedule: linear, decay_steps: 9}"), "train.decay_steps=8", "train"),
    (PUZZLE.replace("prompts: 2}", "prompts: 2, schedule: linear, decay_steps: 9}"), "train.min_ratio=0.5", "train"),
    (PUZZLE, "train.weight_decay=0.3", "train"),
    (PUZZLE, "train.betas=[0.9, 0.95]", "train"),
    (PUZZLE, "train.adam_eps=1e-6", "train"),
    (PUZZLE, "train.max_grad_norm=3.0", "train"),
    (PUZZLE, "train.token_budget=300", ""),
    (PUZZLE, "train.gradient_checkpointing=true", ""),
    (PUZZLE, "train.zero_stage=2", ""),
    (PUZZLE, "audit.max_mean.float32=0.5", ""),
    (PUZZLE, "audit.max_mean.bfloat16=0.5", ""),
    (PUZZLE, "audit.min_effective_sample_share=0.1", ""),
    (PUZZLE, "store=s3://other/place", ""),
    (PUZZLE, "checkpoint.every=3", ""),
    (PUZZLE, "checkpoint.keep=3", ""),
    (PUZZLE, "placement.layout=separate", ""),
    (PUZZLE, "placement.gpus=8", ""),
    (PUZZLE, "placement.ranks=2", ""),
    (MODEL, "placement={gpus: 2, tensor_parallel: 2}", ""),
    (PUZZLE, "train.zero_stage=2", ""),
    (PUZZLE + "placement: {offload_optimizer: none}\n", "placement.threads=3", ""),
    (PUZZLE, "placement.sleep=none", ""),
    (PUZZLE, "placement.deadline_s=60.0", ""),
    (ON_GPU, "placement.gpu_memory_gib=80", ""),
    (ON_GPU, "placement.gpu_memory_utilization=0.5", ""),
    (MODEL, "placement.max_num_seqs=64", ""),
    (MODEL, "placement.max_num_batched_tokens=4096", ""),
    (PUZZLE, "evaluate.every=3", ""),
    (PUZZLE, "evaluate.suites=[heldout]", ""),  # each suite has steps of its own
    (PUZZLE, "evaluate.samples=64", "evaluate"),
    (PUZZLE, "evaluate.ks=[2]", ""),
    (PUZZLE, "evaluate.temperature=0.6", "evaluate"),
    (PUZZLE, "evaluate.top_p=0.9", "evaluate"),
    (PUZZLE, "evaluate.max_response_tokens=9", "evaluate"),
    (PUZZLE, "evaluate.problems=3", "evaluate"),
    (PUZZLE, "evaluate.stand_ins=some/folder", ""),  # where; what lies there is in the suites' steps
    (PUZZLE, "schedule.nightly_eval=0 2 * * *", ""),
    (PUZZLE, "schedule.timezone=Europe/Zurich", ""),
]
# Keys that no single override can change on a valid spec, or that have one value only.
NOT_ALONE = {
    "control",
    "rollout.top_p",
    "rollout.top_k",
    "placement.tensor_parallel",
    "placement.offload_optimizer",
    "placement.trainer_sleeps",
}
NOT_ALONE |= {"policy.init.run", "policy.init.iteration"}  # as a mapping, above


def test_the_table_speaks_of_every_key() -> None:
    named = {override.partition("=")[0].replace("args.weight", "args") for _, override, _ in TABLE}
    assert {".".join(path) for path in LEAVES} - named - NOT_ALONE == set()


@pytest.mark.parametrize(("base", "override", "changed"), TABLE, ids=[f"{row[1]} changes [{row[2]}]" for row in TABLE])
def test_a_key_changes_its_parts_and_no_other(write: Write, base: str, override: str, changed: str) -> None:
    path = write(base)
    before, after = load_spec(path, (), {}).spec, load_spec(path, [override], {}).spec
    assert before != after
    assert [name for name, part in PARTS.items() if part(before) != part(after)] == changed.split()
    assert (identity(before) != identity(after)) == bool(set(changed.split()) - {"evaluate"})


def test_layers_of_an_adapter_are_a_set(write: Write) -> None:
    named = [load_spec(write(PUZZLE), [f"policy.adapter.targets={each}"], {}).spec for each in ("[a, b]", "[b, a, b]")]
    assert identity(named[0]) == identity(named[1])
    with pytest.raises(SpecError, match=r"policy.adapter.targets: is empty; name layers, or say all-linear"):
        load_spec(write(PUZZLE), ["policy.adapter.targets=[]"], {})


def test_identity_is_golden(write: Write) -> None:
    """The identity names run folders, so it must not change by accident: a new default or key would change it."""
    assert identity(load_spec(write(WARM), (), {}).spec) == "7d302055"
