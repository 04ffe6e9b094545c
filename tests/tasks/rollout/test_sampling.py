from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare

from tasks.rollout.protocol import Sampling
from tasks.rollout.sampling import draw, invert_cdf, truncate, uniforms

logit_rows = st.lists(st.lists(st.floats(-12, 12, width=32), min_size=7, max_size=7), min_size=1, max_size=4)
fractions = st.floats(0.0, 1.0, exclude_max=True)


@given(st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5), st.integers(1, 11))
def test_uniforms_are_philox_streams_keyed_by_the_seed(seeds: list[int], count: int) -> None:
    got = uniforms(seeds, count)
    assert got.dtype == torch.float64 and got.shape == (len(seeds), count)
    for row, seed in zip(got, seeds, strict=True):
        assert row.tolist() == np.random.Generator(np.random.Philox(key=seed)).random(count).tolist()


def test_the_number_of_a_position_does_not_depend_on_how_many_are_asked_for() -> None:
    assert torch.equal(uniforms([9], 40)[:, :7], uniforms([9], 7))


@given(logit_rows, fractions)
def test_a_token_of_probability_zero_is_never_drawn(rows: list[list[float]], fraction: float) -> None:
    probabilities = torch.tensor(rows, dtype=torch.float64).softmax(-1)
    probabilities[:, [0, 3, 6]] = 0.0
    for u in (fraction, 0.0, 1.0 - 2.0**-53):
        ids = invert_cdf(probabilities, torch.full((len(rows),), u, dtype=torch.float64))
        assert set(ids.tolist()) <= {1, 2, 4, 5}


def test_samples_follow_the_distribution() -> None:
    logits = torch.tensor([[0.0, 1.0, -1.0, 2.0, 0.5]])
    count = 20_000
    u = uniforms(range(count), 1)[:, 0]
    ids = draw(logits.expand(count, -1), u, Sampling(temperature=1.7, max_tokens=1, stop_token_ids=())).ids
    expected = (logits[0].double() / 1.7).softmax(-1) * count
    assert chisquare(torch.bincount(ids, minlength=5).numpy(), expected.numpy()).pvalue > 1e-3


@given(logit_rows, st.integers(0, 7), st.floats(0.01, 1.0))
def test_truncation_keeps_the_smallest_nucleus_of_the_top_k(rows: list[list[float]], top_k: int, top_p: float) -> None:
    logits = torch.tensor(rows, dtype=torch.float64)
    kept = truncate(logits, top_k, top_p).isfinite()
    for row, mask in zip(logits, kept, strict=True):
        order = sorted(range(len(row)), key=lambda i: (-row[i].item(), i))[: top_k or None]
        probability = row[order].softmax(-1)
        size = int(mask.sum())
        assert set(order[:size]) == set(mask.nonzero()[:, 0].tolist()), "the likeliest ones, ties to the lower id"
        assert probability[: size - 1].sum() < top_p + 1e-12, "one fewer would not reach top_p"
        assert size == len(order) or probability[:size].sum() >= top_p - 1e-12


@settings(max_examples=50)
@given(logit_rows, fractions, st.integers(0, 6), st.floats(0.05, 1.0), st.floats(0.2, 3.0))
def test_draws_lie_in_the_nucleus_and_carry_its_probability(
    rows: list[list[float]], u: float, top_k: int, top_p: float, temperature: float
) -> None:
    logits = torch.tensor(rows)
    drawn = draw(logits, torch.full((len(rows),), u, dtype=torch.float64), Sampling(temperature, 1, (), top_p, top_k))
    reference = (
        truncate(logits / temperature, top_k, top_p).double().log_softmax(-1).gather(-1, drawn.ids[:, None])[:, 0]
    )
    assert reference.isfinite().all()
    assert drawn.logprobs.dtype == torch.float32
    torch.testing.assert_close(drawn.logprobs.double(), reference, rtol=0, atol=1e-5)
    plain = logits.double().softmax(-1)
    torch.testing.assert_close(drawn.entropies.double(), -(plain * plain.log()).sum(-1), rtol=0, atol=1e-5)


@pytest.mark.parametrize("u", [0.0, 0.999])
def test_temperature_zero_is_greedy_with_log_probability_zero(u: float) -> None:
    drawn = draw(torch.tensor([[0.0, 3.0, 1.0]]), torch.tensor([u], dtype=torch.float64), Sampling(0.0, 1, ()))
    assert drawn.ids.tolist() == [1] and drawn.logprobs.tolist() == [0.0]
