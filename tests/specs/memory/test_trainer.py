"""What DeepSpeed holds at each ZeRO stage, of whole models and of adapters."""

from __future__ import annotations

from typing import Any

import pytest

from specs.load import load_spec
from specs.memory.activations import MicroBatch
from specs.memory.shapes import Shapes
from specs.memory.trainer import State, held, layout, peak
from specs.policy import Adapter
from specs.size import model_shapes
from tests.specs.conftest import MODEL, Write

MICRO = MicroBatch(tokens=65536, width=8192, predictions=65536, shared=False)


@pytest.fixture
def model(write: Write) -> Shapes:
    return model_shapes(load_spec(write(MODEL), (), {}).spec)


def state(stage: int, **changes: Any) -> State:
    values = {"width": 2, "ranks": 8, "zero_stage": stage, "offload": False, "adapter": None, **changes}
    return State(**values)


@pytest.mark.parametrize(
    ("stage", "weights", "gradients"), [(1, 2, 6), (2, 2, 4 / 8), (3, 2 / 8, 4 / 8)], ids=["1", "2", "3"]
)
def test_zero_partitions_optimizer_then_gradients_then_weights(
    model: Shapes, stage: int, weights: float, gradients: float
) -> None:
    has, count = layout(state(stage), model), model.parameters
    assert has.weights == pytest.approx(weights * count, abs=1)
    assert has.gradients + has.accumulated == pytest.approx(gradients * count, abs=1)
    assert has.gathered == (2 * 10**9 if stage == 3 else 0)
    assert (has.masters, has.moments) == (pytest.approx(4 / 8 * count, abs=1), pytest.approx(8 / 8 * count, abs=1))


def test_offloading_leaves_weights_and_gradients_on_the_gpu(model: Shapes) -> None:
    has = layout(state(2, offload=True), model)
    assert (has.masters, has.moments, has.step) == (0, 0, 0)
    assert has.weights and has.accumulated


def test_a_trainer_that_sleeps_leaves_its_gpu_but_for_a_reference(model: Shapes) -> None:
    assert held(state(3, sleeps=True), model) == {}
    awake = held(state(3, reference=True), model)
    assert held(state(3, reference=True, sleeps=True), model) == {"reference": awake["reference"]}


def test_an_adapter_has_a_gradient_and_the_model_has_none(model: Shapes) -> None:
    adapter = Adapter(rank=16, targets=("q_proj", "v_proj"))
    made = state(1, ranks=1, adapter=adapter.model_dump(mode="json"))
    # Qwen2.5-7B: 28 layers, q 3,584 x 3,584, v 3,584 x 512
    assert made.trained(model) == 28 * 16 * ((3584 + 3584) + (3584 + 512))
    has = layout(made, model)
    assert has.weights == 2 * (model.parameters + made.trained(model))
    assert has.moments == 8 * made.trained(model)
    every = state(1, adapter=Adapter(rank=16).model_dump(mode="json"))
    assert every.trained(model) == 40_370_176  # peft's count for r = 16 and all-linear
    assert every.adapter_ranks(model) == 7 * 16


def test_a_reference_policy_is_a_copy_divided_by_the_ranks(model: Shapes) -> None:
    without, with_one = held(state(2), model), held(state(2, reference=True), model)
    assert with_one == {**without, "reference": -(-2 * model.parameters // 8)}


def test_checkpointing_and_shorter_micro_batches_save_activations(model: Shapes) -> None:
    def activations(micro: MicroBatch, *, checkpointed: bool) -> int:
        terms = peak(state(2), model, micro, checkpointed=checkpointed, temperature=1.0, entropy_gradient=False)
        return terms["activations"]

    whole = activations(MICRO, checkpointed=False)
    assert activations(MICRO, checkpointed=True) < whole / 5
    assert activations(MicroBatch(32768, 8192, 32768, False), checkpointed=False) == pytest.approx(whole / 2, rel=0.01)


def test_the_state_of_a_spec_has_a_copy_only_of_a_reference_that_is_another_policy(write: Write) -> None:
    overrides: tuple[list[str], ...] = (
        [],
        ["objective.kl={}"],
        ["policy.adapter={}", "objective={kl: {}, reference: {policy: base}}"],
    )
    found = [State.of(load_spec(write(MODEL), each, {}).spec).reference for each in overrides]
    assert found == [False, True, False]
