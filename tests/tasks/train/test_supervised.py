"""Supervised steps are plain cross-entropy, with a weight for the prompt's tokens."""

from __future__ import annotations

import copy
import threading

import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from tasks.train.supervised import Demonstrations, supervised_step
from tests.tasks.train.tools import Meeting, OneRank, PlainEngine, ThreadRank, difference, policy, rollouts

BATCH = rollouts(prompts=7, samples=1, seed=20)
DEMONSTRATIONS = Demonstrations(BATCH.prompt_ids, BATCH.content, [group[0] for group in BATCH.response_ids])


def plain(prompt_weight: float) -> tuple[float, Tensor]:
    """(loss, gradient) of weighted cross-entropy, one sequence at a time."""
    module = policy()
    total, tokens = torch.zeros((), dtype=torch.float64), 0.0
    for prompt, content, response in zip(
        DEMONSTRATIONS.prompt_ids, DEMONSTRATIONS.content, DEMONSTRATIONS.response_ids, strict=True
    ):
        ids = torch.tensor([[*prompt, *response]])
        weights = torch.zeros(ids.shape[1], dtype=torch.float64)
        weights[len(prompt) :] = 1.0
        weights[[p for p in content if p > 0]] = prompt_weight
        losses = cross_entropy(module.lm(input_ids=ids).logits[0, :-1], ids[0, 1:], reduction="none")
        total = total + (losses * weights[1:]).sum()
        tokens += float(weights[1:].sum())
    loss = total / tokens
    return loss.item(), torch.cat([g.flatten() for g in torch.autograd.grad(loss, list(module.parameters()))])


@pytest.mark.parametrize("prompt_weight", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("budget", [10_000, 40, 1])
def test_it_is_weighted_cross_entropy(prompt_weight: float, budget: int) -> None:
    engine = PlainEngine(policy(), OneRank())
    before = torch.cat([p.detach().clone().flatten() for p in engine.module.parameters()])
    numbers = supervised_step(
        engine, OneRank(), DEMONSTRATIONS, prompt_weight=prompt_weight, token_budget=budget, learning_rate=0.5
    )
    loss, gradient = plain(prompt_weight)
    assert numbers["loss"] == pytest.approx(loss, rel=1e-12)
    assert difference(engine.gradients[0], gradient) <= 1e-12
    assert numbers["grad_norm"] == pytest.approx(float(gradient.norm()))
    after = torch.cat([p.detach().flatten() for p in engine.module.parameters()])
    assert difference(before - after, 0.5 * gradient) <= 1e-9


def test_the_number_of_ranks_changes_nothing() -> None:
    meeting = Meeting(3)
    numbers: list[dict[str, float]] = [{}] * 3
    engines = [PlainEngine(copy.deepcopy(policy()), ThreadRank(r, 3, meeting)) for r in range(3)]

    def work(rank: int) -> None:
        numbers[rank] = supervised_step(
            engines[rank],
            ThreadRank(rank, 3, meeting),
            DEMONSTRATIONS,
            prompt_weight=0.1,
            token_budget=40,
            learning_rate=0.5,
        )

    threads = [threading.Thread(target=work, args=(r,)) for r in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    loss, gradient = plain(0.1)
    assert numbers[0] == numbers[1] == numbers[2]
    assert numbers[0]["loss"] == pytest.approx(loss, rel=1e-12)
    assert difference(engines[0].gradients[0], gradient) <= 1e-12
