"""The diversity of the answers or texts of a group."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sacrebleu.metrics.bleu import BLEU

KERNEL = "word 1-2-gram cosine"
"""The name of `text_kernel`; a Vendi score means nothing without its kernel."""
_BLEU_ORDERS = (1, 2, 3, 4)


def answer_entropy(answers: Sequence[Hashable]) -> float:
    """Return the Shannon entropy of the empirical distribution, in nats."""
    shares = [count / len(answers) for count in Counter(answers).values()]
    return 0.0 - sum(share * math.log(share) for share in shares)


def answer_diversity(answers: Sequence[Hashable]) -> dict[str, float]:
    """Return entropy and related numbers of a group of answers (at least one).

    `effective_number` = exp(entropy) (Hill number of order 1); `simpson` = 1 - sum p^2; `unbiased_pair_disagreement` =
    the chance that two different samples disagree (0 for a single one); `normalised_by_log_n` = entropy / log(samples)
    (0 for a single one). Raises ValueError without an answer.
    """
    if not answers:
        raise ValueError("no answers")
    n, counts = len(answers), Counter(answers)
    entropy = answer_entropy(answers)
    simpson = 1.0 - sum(count**2 for count in counts.values()) / n**2
    return {
        "distinct": len(counts),
        "distinct_ratio": len(counts) / n,
        "entropy_nats": entropy,
        "entropy_bits": entropy / math.log(2),
        "normalised_by_log_n": entropy / math.log(n) if n > 1 else 0.0,
        "effective_number": math.exp(entropy),
        "simpson_1_minus_sum_p2": simpson,
        "unbiased_pair_disagreement": simpson * n / (n - 1) if n > 1 else 0.0,
    }


def _ngrams(text: str, n: int) -> list[tuple[str, ...]]:
    words = text.split()
    return list(zip(*(words[i:] for i in range(n)), strict=False))


def distinct_n(texts: Sequence[str], n: int) -> float | None:
    """Return the share of different n-grams among those of the pooled group (Li et al. 2016, arXiv 1510.03055).

    Words are split at white space. None, not defined, where every text is shorter than n words: 0 would say that all
    n-grams are the same.
    """
    grams = [gram for text in texts for gram in _ngrams(text, n)]
    return len(set(grams)) / len(grams) if grams else None


def mean_per_text_distinct_n(texts: Sequence[str], n: int) -> float | None:
    """Return the mean over texts of each text's own share of different n-grams, another metric than `distinct_n`.

    Texts shorter than n words, which have no such share, are left out; None where all are.
    """
    shares = [share for text in texts if (share := distinct_n([text], n)) is not None]
    return sum(shares) / len(shares) if shares else None


def self_bleu(texts: Sequence[str]) -> list[float]:
    """Return BLEU (0 to 1) of each text against all the others (Zhu et al. 2018, arXiv 1802.01886).

    Their mean is self-BLEU; higher is less diverse. It is sacrebleu's sentence BLEU with tokenize none, exponential
    smoothing and effective order. N-grams are counted once per text and not once per pair, so that the work grows only
    with the number of words. Raises ValueError for fewer than two texts.
    """
    if len(texts) < 2:
        raise ValueError("self-BLEU needs at least two texts")
    grams = [[Counter(_ngrams(text, n)) for n in _BLEU_ORDERS] for text in texts]
    lengths = [counts[0].total() for counts in grams]
    most = [_two_most([counts[place] for counts in grams]) for place in range(len(_BLEU_ORDERS))]
    scores = []
    for i, counts in enumerate(grams):
        # the other texts' largest count of an n-gram: the largest of all, or the second if the largest is this text's
        found = [
            sum(min(count, most[o][g][count == most[o][g][0]]) for g, count in own.items())
            for o, own in enumerate(counts)
        ]
        nearest = min((abs(length - lengths[i]), length) for j, length in enumerate(lengths) if j != i)[1]
        totals = [own.total() for own in counts]
        bleu = BLEU.compute_bleu(found, totals, lengths[i], nearest, smooth_method="exp", effective_order=True)
        scores.append(float(bleu.score) / 100)
    return scores


def _two_most(counts: Sequence[Counter[tuple[str, ...]]]) -> dict[tuple[str, ...], tuple[int, int]]:
    """Return {n-gram: (its largest count, its second largest count, 0 if a single text has it)}."""
    most: dict[tuple[str, ...], tuple[int, int]] = {}
    for own in counts:
        for gram, count in own.items():
            first, second = most.get(gram, (0, 0))
            most[gram] = (count, first) if count > first else (first, max(second, count))
    return most


def vendi(kernel: Sequence[Sequence[float]] | NDArray[Any], order: float = 1.0) -> float:
    """Return the Vendi score, the effective number of different items.

    `kernel` [n, n]: symmetric similarities with ones on the diagonal. The score is exp of the Rényi entropy of order
    `order` of the eigenvalues of K / n (Friedman & Dieng 2023, arXiv 2210.02410; orders: arXiv 2310.12952). Raises
    ValueError for another matrix.
    """
    matrix = np.asarray(kernel, dtype=np.float64)
    if (
        matrix.ndim != 2
        or matrix.shape[0] != matrix.shape[1]
        or not np.allclose(matrix, matrix.T)
        or not np.allclose(np.diag(matrix), 1.0)
    ):
        raise ValueError("a kernel is a symmetric matrix with ones on its diagonal")
    values = np.linalg.eigvalsh(matrix / len(matrix))
    values = values[values > 1e-12]
    if order == 1.0:
        return float(np.exp(-np.sum(values * np.log(values))))
    if math.isinf(order):
        return float(1.0 / values.max())
    return float(np.sum(values**order) ** (1.0 / (1.0 - order)))


def text_kernel(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the word 1-2-gram cosine (`KERNEL`) [n, n]: the cosine between counts of words and of neighbouring pairs.

    Words are split at white space. Texts without words equal each other and nothing else. The same text has 1, texts
    with no word in common have 0.
    """
    counts = [Counter([*_ngrams(text, 1), *_ngrams(text, 2)] or [()]) for text in texts]
    columns = {gram: place for place, gram in enumerate(dict.fromkeys(gram for own in counts for gram in own))}
    table = np.zeros((len(texts), len(columns)))
    for row, own in zip(table, counts, strict=True):
        row[[columns[gram] for gram in own]] = list(own.values())
    table /= np.linalg.norm(table, axis=1, keepdims=True)
    kernel = table @ table.T
    np.fill_diagonal(kernel, 1.0)
    return kernel
