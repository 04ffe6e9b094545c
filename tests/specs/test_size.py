"""Parameter counts against the model cards (7.62B, 32.8B, 1.78B, 135M), bytes against ZeRO's arithmetic."""

from __future__ import annotations

import pytest

from specs.errors import SpecError
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.size import size
from tests.specs.conftest import MODEL, PUZZLE, Write

GIB = 2**30


@pytest.mark.parametrize(
    ("model", "count"),
    [
        ("Qwen/Qwen2.5-7B", 7_615_616_512),
        ("Qwen/Qwen2.5-32B", 32_763_876_352),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 7_615_616_512),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008),
    ],
)
def test_parameters_are_the_published_ones(write: Write, model: str, count: int) -> None:
    flags = [f"policy.model={model}", "rollout.max_prompt_tokens=100", "rollout.max_response_tokens=100"]
    assert size(load_spec(write(MODEL), flags, {}).spec).parameters == count


def test_the_prototype_s_policy_has_426k_parameters(write: Write) -> None:
    assert size(load_spec(write(PUZZLE), (), {}).spec, vocabulary=118).parameters == 426_112


@pytest.mark.parametrize(
    ("stage", "bytes_per_parameter"),
    [(1, (2, 4, 12 / 8)), (2, (2, 4 / 8, 12 / 8)), (3, (2 / 8, 4 / 8, 12 / 8))],
)
def test_zero_partitions_optimizer_then_gradients_then_weights(
    write: Write, stage: int, bytes_per_parameter: tuple[float, ...]
) -> None:
    spec = load_spec(write(MODEL), ["placement={gpus: 8, tensor_parallel: 2}", f"train.zero_stage={stage}"], {}).spec
    sizes = size(spec)
    got = (sizes.weight_bytes, sizes.gradient_bytes, sizes.optimizer_bytes)
    assert got == pytest.approx([share * sizes.parameters for share in bytes_per_parameter], abs=1)
    assert sizes.rank_bytes == sum(got)
    assert sizes.engine_weight_bytes == sizes.parameters  # 2 bytes over 2 GPUs
    assert sizes.checkpoint_bytes == 14 * sizes.parameters


@pytest.mark.parametrize(("dtype", "per_parameter"), [("float32", 4 + 4 + 8)])
def test_wide_weights_need_no_master_copy(write: Write, dtype: str, per_parameter: int) -> None:
    sizes = size(load_spec(write(PUZZLE), [f"policy.dtype={dtype}"], {}).spec, vocabulary=118)
    assert sizes.rank_bytes == per_parameter * sizes.parameters


def test_tokens_cache_and_checkpoints(write: Write) -> None:
    sizes = size(load_spec(write(MODEL), ["train.iterations=25", "checkpoint={every: 10, keep: 5}"], {}).spec)
    assert sizes.optimizer_steps == 512 // 32
    assert sizes.response_tokens == 512 * 8 * 8192
    assert sizes.trained_tokens == 512 * 8 * (2048 + 8192)
    assert sizes.kv_bytes_per_token == 2 * 28 * 4 * 128 * 2  # key and value, layers, heads of 128, bfloat16
    assert sizes.kept_checkpoints == 4  # 0, 10, 20, 25


def test_ranks_share_the_copy_of_the_reference_policy_whatever_the_stage(write: Write) -> None:
    flags = ["placement={gpus: 8, tensor_parallel: 2}", "train.zero_stage=1"]
    plain, kl = (size(load_spec(write(MODEL), [*flags, *more], {}).spec) for more in ([], ["objective.kl={}"]))
    assert plain.reference_bytes == 0
    assert kl.reference_bytes == pytest.approx(2 / 8 * kl.parameters, abs=1)
    assert kl.rank_bytes == plain.rank_bytes + kl.reference_bytes


def test_an_unknown_model_says_what_to_do(write: Write) -> None:
    with pytest.raises(SpecError, match=r"policy.model: .* copy its config.json to specs/models/nobody-knows.json"):
        size(load_spec(write(MODEL), ["policy.model=some/nobody-knows"], {}).spec)


def test_a_folder_that_is_not_there_is_no_model_of_the_hub(write: Write) -> None:
    with pytest.raises(SpecError) as caught:
        size(load_spec(write(MODEL), ["policy.model=./nowhere"], {}).spec)
    assert str(caught.value) == (
        f"policy.model: no folder {REPOSITORY_ROOT}/nowhere (a relative path starts at the repository root)"
    )
