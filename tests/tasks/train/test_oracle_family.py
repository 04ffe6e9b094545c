"""What objectives choose of a whole minibatch, and what they adapt, against float64 NumPy and by properties."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from specs.objectives import EntropyTarget, PpoClip
from tasks.train.objectives.base import Minibatch, Tokens
from tasks.train.objectives.clip_cov import drawn_by_covariance
from tasks.train.objectives.entropy_target import adapted
from tasks.train.objectives.high_entropy import top_count
from tasks.train.objectives.ppo_clip import PpoClipObjective
from tasks.train.objectives.selection import TIE, covariances, drawn, largest, share_count
from tests.tasks.train import oracle

EXACT = 1e-12
#: log pi of each token of a response, and the response's advantage
responses = st.lists(
    st.tuples(st.lists(st.floats(-20.0, 0.0), min_size=1, max_size=9), st.floats(-2.0, 2.0)), min_size=1, max_size=8
)


def minibatch(values: list[tuple[list[float], float]]) -> Minibatch:
    log_probs = torch.tensor([x for tokens, _ in values for x in tokens], dtype=torch.float64)
    return Minibatch(
        lengths=torch.tensor([len(tokens) for tokens, _ in values], dtype=torch.long),
        advantages=torch.tensor([a for _, a in values], dtype=torch.float64),
        log_probs=log_probs,
        entropies=torch.zeros_like(log_probs),
        seed=3,
    )


@given(responses)
def test_covariances(values: list[tuple[list[float], float]]) -> None:
    made = minibatch(values)
    wanted = oracle.covariances([np.array(x) for x, _ in values], [a for _, a in values])
    np.testing.assert_allclose(covariances(made).numpy(), np.concatenate(wanted), rtol=1e-9, atol=1e-12)


def test_an_empty_minibatch_chooses_nothing() -> None:
    nothing = minibatch([])
    assert len(covariances(nothing)) == len(largest(covariances(nothing), 1)) == 0
    assert len(drawn_by_covariance(covariances(nothing), 1.0, 5.0, 0.5, 3)) == 0


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 3.0]), min_size=1, max_size=30), st.data())
def test_the_largest_are_chosen_with_all_that_tie_in_any_order_and_rounding(
    values: list[float], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, len(values)))
    found = largest(torch.tensor(values, dtype=torch.float64), count)
    assert found.tolist() == oracle.largest([np.array(values)], count)[0].tolist()
    order = data.draw(st.permutations(range(len(values))))
    rounding = torch.tensor(data.draw(st.lists(st.floats(-0.4, 0.4), min_size=len(values), max_size=len(values))))
    moved = torch.tensor(values, dtype=torch.float64)[list(order)] + TIE * rounding
    assert torch.equal(largest(moved, count), found[list(order)])


@given(st.lists(st.floats(0.0, 8.0), min_size=1, max_size=60, unique=True), st.sampled_from([0.1, 0.2, 0.5, 0.9]))
def test_the_share_of_high_entropy_is_that_of_the_quantile(values: list[float], share: float) -> None:
    exact = np.array(values)
    assert top_count(len(values), share) == oracle.at_or_above([exact], 1 - share)[0].sum() or (
        np.diff(np.sort(exact)).min() < 1e-8  # what is equal but for rounding is the oracle's tie
    )


def test_a_share_is_counted_exactly() -> None:
    assert [share_count(n, 0.1) for n in (0, 1, 9, 10, 29, 30, 1000)] == [1, 1, 1, 1, 2, 3, 100]
    assert share_count(10_000, 2e-4) == 2 and share_count(5_000, 2e-4) == 1 and share_count(700, 0.29) == 203
    assert [top_count(n, 0.2) for n in (1, 5, 6, 11, 101)] == [1, 1, 2, 3, 21]


@given(st.lists(st.booleans(), max_size=40), st.integers(0, 50), st.integers(0, 2**40))
def test_a_draw_takes_candidates_alone_and_as_many_as_there_are(candidates: list[bool], count: int, seed: int) -> None:
    mask = torch.tensor(candidates, dtype=torch.bool)
    found = drawn(mask, count, seed)
    assert int(found.sum()) == min(count, sum(candidates)) and not (found & ~mask).any()
    assert torch.equal(drawn(mask, count, seed), found)


def test_a_draw_is_uniform_keyed_and_hardly_moved_by_one_candidate_more() -> None:
    candidates = torch.arange(60) % 3 == 0
    draws = [drawn(candidates, 5, seed) for seed in range(2000)]
    often = torch.stack(draws).double().mean(0)
    assert often[~candidates].max() == 0
    # 2,000 draws of 5 of 20: a share of 0.25 with a standard error of 0.0097.
    assert (often[candidates] - 0.25).abs().max() < 5 * 0.0097
    more = candidates.clone()
    more[1] = True
    for seed, draw in enumerate(draws):
        assert int((drawn(more, 5, seed) ^ draw).sum()) in (0, 2), "one goes where one comes"


def test_the_tokens_drawn_lie_between_the_bounds() -> None:
    covariance = torch.tensor([-3.0, 0.5, 1.0, 1.5, 2.0, 4.9, 5.0, 9.0])
    assert drawn_by_covariance(covariance, 1.0, 5.0, 1.0, 7).tolist() == [False] * 3 + [True] * 3 + [False] * 2
    assert int(drawn_by_covariance(covariance, 1.0, 5.0, 0.25, 7).sum()) == 2
    assert int(drawn_by_covariance(covariance, 1.0, 5.0, 1e-4, 7).sum()) == 1, "at least one"


@given(
    st.lists(st.tuples(st.floats(-3.0, 3.0), st.floats(-2.0, 2.0, allow_subnormal=False)), min_size=1, max_size=20),
    st.sampled_from([1.5, 3.0]),
)
def test_dual_clip_and_where_it_takes_hold(values: list[tuple[float, float]], limit: float) -> None:
    log_ratio = torch.tensor([r for r, _ in values], dtype=torch.float64, requires_grad=True)
    advantage = torch.tensor([a for _, a in values], dtype=torch.float64)
    tokens = Tokens(log_ratio, log_ratio, advantage, responses=[(0, 0)], lengths=[len(values)])
    found, clipped = PpoClipObjective(PpoClip(dual_clip=limit)).token_losses(tokens)
    wanted = [
        oracle.token_losses("ppo_clip", np.array([r]), np.zeros(1), a, clip_low=0.2, clip_high=0.28, dual_clip=limit)[0]
        for r, a in values
    ]
    np.testing.assert_allclose(found.detach().numpy(), wanted, rtol=1e-11, atol=1e-300)
    (gradient,) = torch.autograd.grad(found.sum(), log_ratio)
    ratio = log_ratio.detach().exp()
    assert (found.detach() <= limit * advantage.abs() + 1e-12)[advantage < 0].all()
    assert (clipped >= ((ratio > limit) & (advantage < 0))).all()
    np.testing.assert_allclose(gradient.numpy(), torch.where(clipped, 0.0, -ratio * advantage).numpy(), rtol=1e-11)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=30), st.floats(0.0, 0.3))
def test_a_coefficient_follows_the_entropy_within_its_bounds(entropies: list[float], first: float) -> None:
    target = EntropyTarget(target=0.5, delta=0.02, min=0.05, max=0.2)
    found = wanted = max(target.min, min(target.max, first))
    for entropy in entropies:
        found = adapted(found, entropy, target)
        wanted, _ = oracle.adapted(wanted, [np.array([entropy])], target.model_dump())
        assert found == wanted and target.min <= found <= target.max
    assert adapted(0.1, 0.5, target) == pytest.approx(0.12), "at the target the bonus is on"
