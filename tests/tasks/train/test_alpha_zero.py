"""The control: ARM with alpha 0 is GRPO bit for bit, and ARM costs no forward call more."""

from __future__ import annotations

import pytest
import torch

from tasks.train.iteration import Iteration
from tasks.train.settings import StepSettings
from tests.tasks.train.tools import (
    OFF_POLICY,
    SPEC,
    Done,
    OneRank,
    PlainEngine,
    changed,
    difference,
    policy,
    rollouts,
    run,
)

STEPS = {
    "one step": SPEC,
    "three steps": changed(OFF_POLICY, learning_rate=0.5),
    "three steps, kl": changed(OFF_POLICY, learning_rate=0.5, kl={"coefficient": 0.1}),
}


def assert_identical(one: Done, other: Done) -> None:
    assert one.result["metrics"] == other.result["metrics"]
    assert one.result["responses"] == other.result["responses"]
    assert one.iteration.advantages is not None and other.iteration.advantages is not None
    assert torch.equal(one.iteration.advantages.total, other.iteration.advantages.total)
    for a, b in zip(one.engine.gradients, other.engine.gradients, strict=True):
        assert torch.equal(a, b)
    final = one.engine.module.state_dict()
    assert all(torch.equal(final[name], tensor) for name, tensor in other.engine.module.state_dict().items())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("prompt_confidence", ["mean", "group_mean"])
@pytest.mark.parametrize("spec", STEPS.values(), ids=STEPS)
def test_alpha_zero_is_grpo_bit_for_bit(spec: StepSettings, prompt_confidence: str, dtype: torch.dtype) -> None:
    spec = changed(spec, prompt_confidence=prompt_confidence, importance_cap=1.5)
    batch = rollouts(seed=11)
    grpo = run(policy(dtype), batch, changed(spec, estimator="grpo"))
    assert_identical(run(policy(dtype), batch, changed(spec, alpha=0.0)), grpo)
    arm = run(policy(dtype), batch, spec)
    assert not torch.equal(arm.engine.gradients[0], grpo.engine.gradients[0]), "alpha does nothing here"
    assert grpo.iteration.advantages is not None and arm.iteration.advantages is not None
    # A control logs the same curves.
    assert (
        torch.equal(grpo.iteration.advantages.c_q, arm.iteration.advantages.c_q)
        and (grpo.iteration.advantages.c_q > 0).any()
    )
    assert torch.equal(grpo.iteration.advantages.c_o, arm.iteration.advantages.c_o)


@pytest.mark.parametrize("budget", [10_000, 60, 1])
@pytest.mark.parametrize("minibatch_prompts", [6, 3, 2])
def test_arm_makes_as_many_forward_calls_as_grpo(minibatch_prompts: int, budget: int) -> None:
    spec = changed(SPEC, minibatch_prompts=minibatch_prompts, token_budget=budget)
    batch = rollouts(seed=12)
    calls = {
        name: run(policy(), batch, changed(spec, estimator=name)).result["metrics"]["forward_calls"]
        for name in ("grpo", "arm", "dr_grpo")
    }
    assert len(set(calls.values())) == 1, calls


def test_the_old_policys_pass_is_made_where_it_is_needed_and_nowhere_else() -> None:
    batch = rollouts(seed=12)

    def calls(**changes: object) -> tuple[int, int]:
        done = run(policy(), batch, changed(SPEC, token_budget=60, **changes))  # type: ignore[arg-type]
        return done.result["metrics"]["forward_calls"], done.engine.micro_batches

    whole, training = calls()
    assert whole == training  # one step: the training pass itself
    assert calls(prompt_confidence="group_mean") == (2 * training, training)
    several, training = calls(minibatch_prompts=3)
    assert several == training + whole


@pytest.mark.parametrize(
    "dtype, tolerance", [(torch.float64, 1e-12), (torch.float32, 1e-6)], ids=["float64", "float32"]
)
def test_one_step_gives_the_same_gradient_as_with_a_pass_before_it(dtype: torch.dtype, tolerance: float) -> None:
    batch, spec = rollouts(seed=13), changed(SPEC, importance_cap=1.5, token_budget=60)
    at_once = run(policy(dtype), batch, spec)
    engine = PlainEngine(policy(dtype), OneRank())
    iteration = Iteration(engine, OneRank(), batch, spec, 0)
    iteration._settle(iteration._old_pass())
    result = iteration.run()
    assert result["metrics"]["forward_calls"] == 2 * at_once.result["metrics"]["forward_calls"]
    assert difference(engine.gradients[0], at_once.engine.gradients[0]) <= tolerance
    assert abs(result["metrics"]["loss"] - at_once.result["metrics"]["loss"]) <= tolerance * at_once.token_loss_scale
