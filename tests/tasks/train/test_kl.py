"""The KL from a reference policy: its estimates, what they cost, and that a measured one changes nothing."""

from __future__ import annotations

import copy
import pickle
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from specs.objectives import Kl
from tasks.train.iteration import Iteration
from tasks.train.objectives.kl import kl_estimate, kl_losses
from tests.tasks.train import oracle
from tests.tasks.train.tools import (
    OFF_POLICY,
    SPEC,
    OneRank,
    PlainEngine,
    changed,
    log_probs_of,
    nearby,
    policy,
    rollouts,
    run,
)

log_probs = st.lists(st.tuples(st.floats(-20.0, 0.0), st.floats(-20.0, 0.0)), min_size=1, max_size=8)


@pytest.mark.parametrize("estimator", ["k1", "k2", "k3"])
@given(pairs=log_probs)
def test_estimates_of_the_kl(estimator: str, pairs: list[tuple[float, float]]) -> None:
    now, reference = torch.tensor(pairs, dtype=torch.float64).T
    found = kl_estimate(now, reference, estimator)  # type: ignore[arg-type]
    wanted = oracle.kl(now.numpy(), reference.numpy(), estimator)
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-12, atol=1e-12)
    if estimator != "k1":
        assert (found >= 0).all()


def distributions(seed: int) -> tuple[Tensor, Tensor, Tensor]:
    """Logits with a gradient, and the log-probabilities of two other distributions over the same words."""
    draw = torch.Generator().manual_seed(seed)
    logits, old, reference = (torch.randn(11, generator=draw, dtype=torch.float64) for _ in range(3))
    return logits.requires_grad_(), old.log_softmax(-1), reference.log_softmax(-1)


def expected(settings: Kl, seed: int) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """The mean of the term over tokens of the old policy and its gradient; the KL itself and its gradient."""
    logits, old, reference = distributions(seed)
    now = logits.log_softmax(-1)
    mean = (old.exp() * kl_losses(now, now - old, reference, settings)).sum()
    exact = (now.exp() * (now - reference)).sum()
    gradients = [torch.autograd.grad(value, logits, retain_graph=True)[0] for value in (mean, exact)]
    return mean, gradients[0], exact, gradients[1]


@pytest.mark.parametrize("estimator", ["k1", "k3"])
@pytest.mark.parametrize("seed", range(3))
def test_with_the_ratio_value_and_gradient_are_those_of_the_kl(estimator: str, seed: int) -> None:
    """Off policy too: the tokens are the old policy's, and the KL is the policy's own."""
    mean, gradient, exact, wanted = expected(Kl.model_validate({"coefficient": 1.0, "estimator": estimator}), seed)
    torch.testing.assert_close(mean, exact, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(gradient, wanted, rtol=1e-12, atol=1e-12)
    plain = expected(Kl.model_validate({"coefficient": 1.0, "estimator": estimator, "with_ratio": False}), seed)
    assert float((plain[1] - wanted).norm()) > 0.1 * float(wanted.norm()), "then the ratio would be for nothing"


@pytest.mark.parametrize("spec", [SPEC, changed(OFF_POLICY, learning_rate=0.5)], ids=["one step", "three steps"])
def test_a_kl_costs_one_pass_and_with_coefficient_0_changes_nothing_else(spec: object) -> None:
    batch = rollouts(seed=14)
    without = run(policy(), batch, changed(spec, token_budget=60))  # type: ignore[arg-type]
    measured = run(policy(), batch, changed(spec, token_budget=60, kl={"coefficient": 0.0}))  # type: ignore[arg-type]
    of_a_pass = run(policy(), batch, changed(SPEC, token_budget=60)).result["metrics"]["forward_calls"]
    found, wanted = measured.result["metrics"], without.result["metrics"]
    assert found["forward_calls"] == wanted["forward_calls"] + of_a_pass
    assert found["reference_kl"] > 0 and found["reference_kl"] != found["reference_kl_k1"]
    ours = {"forward_calls", "reference_kl", "reference_kl_k1"}
    assert {key: value for key, value in found.items() if key not in ours} == {
        key: value for key, value in wanted.items() if key not in ours
    }
    assert not any(key.startswith("reference") for key in wanted)
    assert all(map(torch.equal, measured.engine.gradients, without.engine.gradients))
    trained = run(policy(), batch, changed(spec, token_budget=60, kl={"coefficient": 1.0}))  # type: ignore[arg-type]
    assert not torch.equal(trained.engine.gradients[0], without.engine.gradients[0])


def test_the_metric_is_the_mean_of_k3_and_of_k1_over_the_tokens_of_all_ranks() -> None:
    module, batch = policy(), rollouts(seed=15)
    reference = nearby(module)
    spec = changed(SPEC, temperature=0.8, kl={"coefficient": 0.1}, token_budget=40)
    done = run(module, batch, spec, ranks=2, reference=reference)
    held = log_probs_of(run(reference, batch, changed(spec, kl=None)).iteration.old)
    old = log_probs_of(done.iteration.old)
    pairs = [(old[key].numpy(), held[key].numpy()) for key in sorted(old)]
    for name, estimator in (("reference_kl", "k3"), ("reference_kl_k1", "k1")):
        wanted = np.concatenate([oracle.kl(*pair, estimator) for pair in pairs]).mean()
        assert done.result["metrics"][name] == pytest.approx(wanted, rel=1e-10)


def test_what_travels_between_ranks_grows_with_the_tokens_and_not_with_the_pieces() -> None:
    """Sliced tensors travel with the whole of what they are slices of, each of them."""

    class Weighing(OneRank):
        sizes: ClassVar[list[int]] = []

        def gather(self, value: Any) -> list[Any]:
            self.sizes.append(len(pickle.dumps(value)))
            return [value]

    batch, spec = rollouts(seed=17, prompts=2, samples=40, longest=60), changed(SPEC, kl={"coefficient": 0.1})
    engine = PlainEngine(policy(), OneRank(), reference=policy())
    Iteration(engine, Weighing(), batch, changed(spec, token_budget=10**6), 0).run()
    tokens = sum(len(response) for group in batch.response_ids for response in group)
    # Four numbers of a token, of 8 bytes each, and what a tensor has around them.
    assert 8 * tokens < sum(Weighing.sizes) < 4 * 8 * tokens + 4 * 80 * 800


def test_a_policy_that_is_its_own_reference_has_no_kl() -> None:
    """At the first step of a run the two are one: the term is exactly 0, and so is the gradient of k3."""
    module, batch = policy(torch.float32), rollouts(seed=16)
    spec = changed(SPEC, kl={"coefficient": 10.0})
    done = run(module, batch, spec, reference=copy.deepcopy(module))
    assert done.result["metrics"]["reference_kl"] == done.result["metrics"]["reference_kl_k1"] == 0.0
    without = run(module, batch, SPEC)
    assert torch.equal(done.engine.gradients[0], without.engine.gradients[0])
