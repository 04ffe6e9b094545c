"""The metrics against brute force over all k-subsets, and their invariances."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU

from tasks.evaluate.metrics.diversity import (
    answer_diversity,
    distinct_n,
    mean_per_text_distinct_n,
    self_bleu,
    text_kernel,
    vendi,
)
from tasks.evaluate.metrics.majority import maj_at_k
from tasks.evaluate.metrics.pass_at_k import g_pass_at_k, pass_at_k, pass_pow_k
from tasks.evaluate.metrics.uncertainty import clustered_standard_error, naive_standard_error

ANSWERS = st.lists(st.sampled_from(["a", "b", "c", "d", None]), min_size=1, max_size=9)


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int, int]:
    n = draw(st.integers(1, 9))
    return n, draw(st.integers(0, n)), draw(st.integers(1, n))


def _share(n: int, c: int, k: int, m: int) -> float:
    subsets = list(combinations([1] * c + [0] * (n - c), k))
    return float(Fraction(sum(sum(subset) >= m for subset in subsets), len(subsets)))


@given(counts())
def test_chances_are_the_shares_of_subsets(drawn: tuple[int, int, int]) -> None:
    n, c, k = drawn
    assert pass_at_k(n, c, k) == _share(n, c, k, 1)
    assert pass_pow_k(n, c, k) == _share(n, c, k, k)
    for m in range(k + 1):
        assert g_pass_at_k(n, c, k, m) == _share(n, c, k, m)


@pytest.mark.parametrize("function", [pass_at_k, pass_pow_k, lambda n, c, k: g_pass_at_k(n, c, k, 1)])
@pytest.mark.parametrize(("n", "c", "k"), [(4, 2, 5), (4, 5, 1), (4, -1, 1), (4, 2, 0), (0, 0, 1)])
def test_counts_that_make_no_sense_are_refused(function: object, n: int, c: int, k: int) -> None:
    with pytest.raises(ValueError, match=f"k={k}"):
        function(n, c, k)  # type: ignore[operator]


def test_ten_thousand_samples_keep_their_digits() -> None:
    assert pass_at_k(10_000, 3, 16) == float(Fraction(49910051, 10413541875))
    assert pass_at_k(10_000, 1, 5_000) == 0.5
    assert pass_pow_k(10_000, 9_999, 5_000) == 0.5


def _vote(answers: tuple[str | None, ...], gold: str) -> Fraction:
    given_answers = [answer for answer in answers if answer is not None]
    top = max((given_answers.count(answer) for answer in given_answers), default=0)
    winners = {answer for answer in given_answers if given_answers.count(answer) == top}
    return Fraction(1, len(winners)) if gold in winners else Fraction(0)


@settings(deadline=None)
@given(ANSWERS, st.data())
def test_majority_is_the_mean_over_subsets(answers: list[str | None], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(answers)))
    subsets = list(combinations(answers, k))
    assert maj_at_k(answers, "a", k) == float(sum(_vote(subset, "a") for subset in subsets) / len(subsets))


@given(ANSWERS, st.randoms())
def test_majority_ignores_order_and_the_names_of_wrong_answers(answers: list[str | None], random: object) -> None:
    shuffled = [f"wrong {x}" if x not in ("a", None) else x for x in answers]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for k in range(1, len(answers) + 1):
        assert maj_at_k(shuffled, "a", k) == maj_at_k(answers, "a", k)


@pytest.mark.parametrize("k", [0, 3])
def test_majority_of_more_than_there_are_is_refused(k: int) -> None:
    with pytest.raises(ValueError, match="n=2"):
        maj_at_k(["a", "b"], "a", k)


@given(st.lists(st.sampled_from("abcd"), min_size=2, max_size=12))
def test_pair_disagreement_is_over_pairs(answers: list[str]) -> None:
    pairs = list(combinations(answers, 2))
    ours = answer_diversity(answers)
    assert math.isclose(ours["unbiased_pair_disagreement"], sum(x != y for x, y in pairs) / len(pairs), abs_tol=1e-12)
    assert 1 - 1e-12 <= ours["effective_number"] <= ours["distinct"] + 1e-12


@given(st.integers(1, 12))
def test_answers_that_all_differ_have_the_largest_entropy(n: int) -> None:
    assert math.isclose(answer_diversity(range(n))["effective_number"], n)


def test_distinct_n_pools_the_group_and_the_mean_does_not() -> None:
    assert distinct_n(["a b", "a b"], 1) == 0.5
    assert mean_per_text_distinct_n(["a b", "a b"], 1) == 1.0


@pytest.mark.parametrize(
    ("texts", "n", "pooled", "each"),
    [
        ([], 1, None, None),
        ([""], 1, None, None),
        (["  \n"], 1, None, None),
        (["a"], 1, 1.0, 1.0),
        (["a"], 2, None, None),
        (["7", "8", "9"], 2, None, None),
        (["a b"], 3, None, None),
        (["a b c"], 3, 1.0, 1.0),
        (["a", "a b"], 2, 1.0, 1.0),  # the short one has no pair
        (["", "a a a", "b"], 2, 0.5, 0.5),
        (["a a a", "a a a", "a"], 2, 0.25, 0.5),
        (["a b", "a b c d"], 4, 1.0, 1.0),
    ],
)
def test_texts_shorter_than_n_words_have_no_share_of_n_grams(
    texts: list[str], n: int, pooled: float | None, each: float | None
) -> None:
    assert (distinct_n(texts, n), mean_per_text_distinct_n(texts, n)) == (pooled, each)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(1, 4), min_size=1, max_size=5), st.sampled_from([0.5, 1.0, 2.0, 5.0]))
def test_vendi_of_blocks_is_the_hill_number_of_their_sizes(sizes: list[int], order: float) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    shares = np.array(sizes) / sum(sizes)
    wanted = np.exp(-np.sum(shares * np.log(shares))) if order == 1.0 else np.sum(shares**order) ** (1 / (1 - order))
    kernel = (labels[:, None] == labels[None, :]).astype(float)
    assert math.isclose(vendi(kernel, order), wanted, rel_tol=1e-5)
    assert math.isclose(vendi(kernel, math.inf), 1 / shares.max(), rel_tol=1e-9)


@pytest.mark.parametrize("kernel", [[[1.0, 0.5], [0.2, 1.0]], [[2.0]], [[1.0, 0.0]]])
def test_another_matrix_than_a_kernel_is_refused(kernel: list[list[float]]) -> None:
    with pytest.raises(ValueError, match="kernel"):
        vendi(kernel)


def test_self_bleu_is_high_for_copies_and_zero_for_strangers() -> None:
    assert self_bleu(["a b c d e"] * 3) == pytest.approx([1.0] * 3)
    assert self_bleu(["a b c d e", "f g h i j"]) == pytest.approx([0.0, 0.0])
    with pytest.raises(ValueError, match="two texts"):
        self_bleu(["alone"])


TEXTS = st.lists(st.lists(st.sampled_from(["a", "b", "c", "A", "+"]), max_size=9).map(" ".join), min_size=2, max_size=6)


@settings(deadline=None)
@given(TEXTS)
def test_self_bleu_is_sacrebleus_sentence_score(texts: list[str]) -> None:
    bleu = BLEU(tokenize="none", smooth_method="exp", effective_order=True)
    assert self_bleu(texts) == [
        bleu.sentence_score(text, [*texts[:i], *texts[i + 1 :]]).score / 100 for i, text in enumerate(texts)
    ]


def test_the_text_kernel_by_hand() -> None:
    kernel = text_kernel(["a b", "b a", "a b c", "d", "", " "])
    assert kernel[0, 1] == pytest.approx(2 / 3)  # a, b and a pair each; the pairs differ
    assert kernel[0, 2] == pytest.approx(3 / math.sqrt(3 * 5))
    assert kernel[4].tolist() == [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]


@settings(deadline=None)
@given(TEXTS, st.randoms(use_true_random=False))
def test_vendi_of_texts_lies_between_one_and_their_number(texts: list[str], order: object) -> None:
    score = vendi(text_kernel(texts))
    assert 1 - 1e-9 <= score <= len(set(texts)) + 1e-6
    shuffled = list(texts)
    order.shuffle(shuffled)  # type: ignore[attr-defined]
    assert math.isclose(vendi(text_kernel(shuffled)), score, rel_tol=1e-9)
    assert math.isclose(
        vendi(text_kernel([*texts, *texts])), score, rel_tol=1e-6
    )  # copies of the whole group add no diversity


@given(
    st.integers(2, 6).flatmap(
        lambda n: st.lists(st.lists(st.integers(0, 1), min_size=n, max_size=n), min_size=2, max_size=8)
    )
)
def test_clustered_error_is_that_of_the_questions_means(scores: list[list[int]]) -> None:
    means = [sum(row) / len(row) for row in scores]
    assert math.isclose(
        clustered_standard_error(scores) or 0.0, float(np.std(means, ddof=1)) / math.sqrt(len(means)), abs_tol=1e-12
    )


@given(st.lists(st.integers(0, 1), min_size=2, max_size=8), st.integers(2, 5))
def test_copies_of_a_sample_add_nothing_to_the_clustered_error(values: list[int], copies: int) -> None:
    once, often = [[value] for value in values], [[value] * copies for value in values]
    assert math.isclose(clustered_standard_error(once) or 0.0, clustered_standard_error(often) or 0.0, abs_tol=1e-12)
    assert (naive_standard_error(often) or 0.0) <= (clustered_standard_error(often) or 0.0) + 1e-12
    assert clustered_standard_error(once[:1]) is None
