"""Log-probabilities and entropies in blocks, at a temperature, and of rows that share their prompt."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from tasks.train import forward
from tasks.train.batch import MicroBatch, micro_batch
from tasks.train.forward import PolicyModule, TokenStats, token_stats
from tasks.train.layout import Row, rows_of
from tests.tasks.train.tools import VOCABULARY, difference, policy, rollouts

COUNT, WIDTH = 23, 16


class CountingHead(nn.Linear):
    """Remembers the largest block that went through it."""

    rows: list[int]

    def __init__(self) -> None:
        super().__init__(WIDTH, VOCABULARY, bias=False, dtype=torch.float64)
        self.rows = []

    def forward(self, x: Tensor) -> Tensor:
        self.rows.append(len(x))
        return super().forward(x)


def case() -> tuple[Tensor, CountingHead, Tensor]:
    torch.manual_seed(0)
    hidden = torch.randn(COUNT, WIDTH, dtype=torch.float64, requires_grad=True)
    return hidden, CountingHead(), torch.randint(VOCABULARY, (COUNT,))


def stats_and_gradients(temperature: float, entropy_gradient: bool) -> tuple[TokenStats, list[Tensor], CountingHead]:
    hidden, head, target = case()
    stats = token_stats(
        hidden,
        head,
        target,
        most=len(target),
        vocabulary=VOCABULARY,
        temperature=temperature,
        entropy_gradient=entropy_gradient,
    )
    weights = torch.linspace(-1, 2, COUNT, dtype=torch.float64)
    total = (stats.log_probs * weights).sum() + (stats.log_probs_t1 * weights.flip(0)).sum()
    if entropy_gradient:
        total = total + (stats.entropies * weights.square()).sum()
    return stats, list(torch.autograd.grad(total, [hidden, head.weight])), head


@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("entropy_gradient", [False, True])
@pytest.mark.parametrize("rows", [1, 4, 22])
def test_several_blocks_equal_one(
    rows: int, entropy_gradient: bool, temperature: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, wanted_gradients, head = stats_and_gradients(temperature, entropy_gradient)
    assert head.rows == [COUNT]
    monkeypatch.setattr(forward, "LOGITS_BLOCK", rows * VOCABULARY)
    found, gradients, head = stats_and_gradients(temperature, entropy_gradient)
    assert max(head.rows) <= rows, "a block holds more logits than it may"
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-13, atol=1e-13)
    for one, other in zip(gradients, wanted_gradients, strict=True):
        assert difference(one, other) <= 1e-13


@pytest.mark.parametrize("temperature", [1.0, 0.6, 1.7])
def test_values_against_a_direct_computation(temperature: float) -> None:
    hidden, head, target = case()
    stats = token_stats(
        hidden, head, target, most=len(target), vocabulary=VOCABULARY, temperature=temperature, entropy_gradient=False
    )
    logits = (hidden @ head.weight.T).detach()
    for m in range(COUNT):
        at_one = torch.distributions.Categorical(logits=logits[m])
        hot = torch.distributions.Categorical(logits=logits[m] / temperature)
        torch.testing.assert_close(stats.log_probs[m].detach(), hot.log_prob(target[m]), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(stats.log_probs_t1[m].detach(), at_one.log_prob(target[m]), rtol=1e-12, atol=1e-12)
        torch.testing.assert_close(stats.entropies[m].detach(), at_one.entropy(), rtol=1e-12, atol=1e-12)


def test_the_entropy_carries_a_gradient_only_where_it_is_asked_for() -> None:
    hidden, head, target = case()
    for wanted in (False, True):
        stats = token_stats(
            hidden, head, target, most=len(target), vocabulary=VOCABULARY, temperature=1.0, entropy_gradient=wanted
        )
        assert stats.entropies.requires_grad is wanted


def test_bfloat16_logits_are_normalised_in_float32() -> None:
    hidden, head, target = case()
    stats = token_stats(
        hidden.bfloat16(),
        head.bfloat16(),
        target,
        most=len(target),
        vocabulary=VOCABULARY,
        temperature=0.7,
        entropy_gradient=False,
    )
    assert {s.dtype for s in stats[:3]} == {torch.float32}
    logits = (hidden.bfloat16() @ head.weight.T).float()
    torch.testing.assert_close(stats.log_probs_t1, logits.log_softmax(-1).gather(-1, target[:, None])[:, 0])


def test_the_heads_gradient_over_many_blocks_is_summed_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 500 gradients is rounded to bfloat16 once. Summed in bfloat16 they would be some times further off."""
    torch.manual_seed(0)
    hidden, target = torch.randn(500, WIDTH).bfloat16(), torch.randint(VOCABULARY, (500,))
    head = nn.Linear(WIDTH, VOCABULARY, bias=False).bfloat16()

    def gradient(head: nn.Module, hidden: Tensor) -> Tensor:
        numbers = token_stats(
            hidden, head, target, most=500, vocabulary=VOCABULARY, temperature=1.0, entropy_gradient=False
        )
        [found] = torch.autograd.grad(numbers.log_probs.sum(), list(head.parameters()))
        return found.double()

    monkeypatch.setattr(forward, "LOGITS_BLOCK", VOCABULARY)
    found = gradient(head, hidden)
    copy = nn.Linear(WIDTH, VOCABULARY, bias=False).double()
    copy.load_state_dict({"weight": head.weight.detach().double()})
    wanted = gradient(copy, hidden.double())
    assert difference(found, wanted) < 4e-3


def answer(module: PolicyModule, micro: MicroBatch) -> TokenStats:
    stats: TokenStats = module(
        micro.input_ids, micro.position_ids, micro.mask, micro.source, micro.target, temperature=0.8
    )
    return stats


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 5), st.sampled_from([1, 20, 40, 1000]))
def test_rows_that_share_a_prompt_equal_separate_sequences(seed: int, samples: int, limit: int) -> None:
    module = policy()
    batch = rollouts(prompts=3, samples=samples, seed=seed)
    rows = [
        row
        for g in range(3)
        for row in rows_of(
            g, len(batch.prompt_ids[g]), {s: len(r) for s, r in enumerate(batch.response_ids[g])}, limit=limit
        )
    ]
    micro = micro_batch(rows, batch)
    with torch.no_grad():
        stats = answer(module, micro)
    assert sorted(key[:2] for key in micro.responses) == [(g, s) for g in range(3) for s in range(samples)]
    for g, s, start, stop in micro.responses:
        sequence = [*batch.prompt_ids[g], *batch.response_ids[g][s]]
        with torch.no_grad():
            logits = module.lm(input_ids=torch.tensor([sequence])).logits[0, len(batch.prompt_ids[g]) - 1 : -1]
        target = torch.tensor(batch.response_ids[g][s])[:, None]
        plain = logits.log_softmax(-1)
        torch.testing.assert_close(stats.log_probs_t1[start:stop], plain.gather(-1, target)[:, 0], rtol=0, atol=1e-12)
        torch.testing.assert_close(
            stats.log_probs[start:stop], (logits / 0.8).log_softmax(-1).gather(-1, target)[:, 0], rtol=0, atol=1e-12
        )
        torch.testing.assert_close(stats.entropies[start:stop], -(plain.exp() * plain).sum(-1), rtol=0, atol=1e-12)
    for g, start, stop in micro.prompts:
        positions = [p for p in batch.content[g] if p > 0]
        with torch.no_grad():
            logits = module.lm(input_ids=torch.tensor([batch.prompt_ids[g]])).logits[0]
        expected = torch.stack([logits[p - 1].log_softmax(-1)[batch.prompt_ids[g][p]] for p in positions])
        torch.testing.assert_close(stats.log_probs_t1[start:stop], expected, rtol=0, atol=1e-12)


def test_a_response_sees_its_prompt_and_itself_and_nothing_else() -> None:
    """Another token in one response changes its own later log-probabilities and no other's."""
    module, batch = policy(), rollouts(prompts=1, samples=3, seed=4, longest=9)
    batch = replace(batch, response_ids=[[[1, 2, 3, 4], [5, 6, 7, 8], [9, 10, 11]]])
    other_batch = replace(batch, response_ids=[[[1, 2, 3, 4], [5, 30, 7, 8], [9, 10, 11]]])
    row = Row(0, (0, 1, 2), len(batch.prompt_ids[0]) + 11)
    one, other = micro_batch([row], batch), micro_batch([row], other_batch)
    with torch.no_grad():
        before, after = answer(module, one).log_probs, answer(module, other).log_probs
    _, _, start, stop = one.responses[1]
    touched = torch.zeros(len(before), dtype=torch.bool)
    touched[start + 1 : stop] = True
    assert (before[~touched] == after[~touched]).all()
    assert (before[touched] != after[touched]).all()


def test_rows_of_one_response_need_no_mask() -> None:
    batch = rollouts(prompts=2, samples=2, seed=4)
    rows = [row for g in range(2) for row in rows_of(g, len(batch.prompt_ids[g]), {0: len(batch.response_ids[g][0])})]
    assert micro_batch(rows, batch).mask is None
