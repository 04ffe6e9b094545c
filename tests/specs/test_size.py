"""Parameter counts against the model cards (7.62B, 32.8B, 3.09B, 1.78B, 1.54B, 135M), tokens and checkpoints."""

from __future__ import annotations

import pytest

from specs.errors import SpecError
from specs.load import load_spec
from specs.paths import REPOSITORY_ROOT
from specs.size import model_shapes, size
from tests.specs.conftest import MODEL, PUZZLE, Write


@pytest.mark.parametrize(
    ("model", "count"),
    [
        ("Qwen/Qwen2.5-1.5B", 1_543_714_304),
        ("Qwen/Qwen2.5-3B", 3_085_938_688),
        ("Qwen/Qwen2.5-7B", 7_615_616_512),
        ("Qwen/Qwen2.5-32B", 32_763_876_352),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000),
        ("deepseek-ai/DeepSeek-R1-Distill-Qwen-7B", 7_615_616_512),
        ("HuggingFaceTB/SmolLM2-135M-Instruct", 134_515_008),
    ],
)
def test_parameters_are_the_published_ones(write: Write, model: str, count: int) -> None:
    flags = [f"policy.model={model}", "rollout.max_prompt_tokens=100", "rollout.max_response_tokens=100"]
    assert model_shapes(load_spec(write(MODEL), flags, {}).spec).parameters == count


def test_the_prototype_s_policy_has_426k_parameters(write: Write) -> None:
    assert model_shapes(load_spec(write(PUZZLE), (), {}).spec, vocabulary=118).parameters == 426_112


def test_tokens_and_checkpoints(write: Write) -> None:
    spec = load_spec(write(MODEL), ["train.iterations=25", "checkpoint={every: 10, keep: 5}"], {}).spec
    sizes = size(spec, model_shapes(spec))
    assert sizes.optimizer_steps == 512 // 32
    assert sizes.response_tokens == 512 * 8 * 8192
    assert sizes.trained_tokens == 512 * 8 * (2048 + 8192)
    assert sizes.checkpoint_bytes == 14 * sizes.parameters
    assert sizes.kept_checkpoints == 4  # 0, 10, 20, 25


def test_a_checkpoint_of_an_adapter_holds_the_adapter_alone(write: Write) -> None:
    spec = load_spec(write(MODEL), ["policy.adapter={rank: 16}"], {}).spec
    model = model_shapes(spec)
    assert spec.policy.adapter is not None
    assert size(spec, model).checkpoint_bytes == 14 * model.adapter_parameters(spec.policy.adapter)


def test_an_unknown_model_says_what_to_do(write: Write) -> None:
    with pytest.raises(SpecError, match=r"policy.model: .* copy its config.json to specs/models/nobody-knows.json"):
        model_shapes(load_spec(write(MODEL), ["policy.model=some/nobody-knows"], {}).spec)


def test_a_folder_that_is_not_there_is_no_model_of_the_hub(write: Write) -> None:
    with pytest.raises(SpecError) as caught:
        model_shapes(load_spec(write(MODEL), ["policy.model=./nowhere"], {}).spec)
    assert str(caught.value) == (
        f"policy.model: no folder {REPOSITORY_ROOT}/nowhere (a relative path starts at the repository root)"
    )
