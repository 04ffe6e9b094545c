"""The evaluation texts that a training set holds already.

Exact findings are certain (but for signs), 13-gram ones are pointers to look at. Texts are compared as words: maximal
runs of letters and digits after NFKC and case folding, so that LaTeX falls into names and numbers.

- **exact**: all words of the two texts, written without gaps, are equal. Signs are gone too: `7 - 3` equals `7 + 3`,
  so of short sums an exact finding may be another problem.
- **13-gram**: at least half (`THRESHOLD`) of the evaluation text's distinct sequences of 13 words occur somewhere in
  one training set. Most such findings are siblings made from one template with other numbers, and a problem told in
  other words shares few 13-grams. GSM8K, MATH, DeepMath and AIME against nine evaluation sets gave 25: one was the same
  problem reworded; three of OlympiadBench's that differ from MATH's in notation and a few words had shares of 0.32 to
  0.39. Neither a finding nor its absence proves anything.

13 words are the longest sequences that GPT-3 was checked with, where a single one sufficed (Brown et al. 2020, arXiv
2005.14165, appendix C); a share of a text's sequences is what PaLM was checked by, with 70% of 8-grams (Chowdhery et
al. 2022, arXiv 2204.02311, section 8). Half of the 13-grams is Armature's own choice between them.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from tasks.errors import DataError

NGRAM = 13
THRESHOLD = 0.5

_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Finding:
    """An evaluation text in a training set.

    `share` in [0, 1]: of its distinct 13-grams, those that occur anywhere in that set (1 for an exact one).
    `training_id` names the row equal to it, or the row that has most of its 13-grams (of several the first id).
    """

    evaluation_id: str
    training: str
    training_id: str
    kind: Literal["exact", "13-gram"]
    share: float


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sets that were compared, by name, and the number of texts in each."""

    evaluation: str
    training: str
    evaluation_texts: int
    training_texts: int


@dataclass(frozen=True, slots=True)
class Report:
    """Findings and what they rest on, in an order that does not depend on that of the texts or sets.

    Of an evaluation text and a training set there is one exact finding for each equal row, or else at most one by
    13-grams. `too_short`: ids of evaluation texts with fewer than 13 words, which only the exact test could see.
    """

    findings: tuple[Finding, ...]
    pairs: tuple[Pair, ...]
    too_short: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class TrainingTexts:
    """A training set's index, made by `of`. It keeps digests, no text.

    `ids` [texts]; `rows_of` maps the digest of all words to the rows that consist of them; `ngrams` [distinct
    13-grams of each text, all texts together] holds their 64-bit digests in ascending order, `rows` [the same] the
    row (an index of `ids`) of each.
    """

    name: str
    ids: tuple[str, ...]
    rows_of: dict[bytes, list[int]]
    ngrams: npt.NDArray[np.uint64]
    rows: npt.NDArray[np.uint32]

    @classmethod
    def of(cls, name: str, texts: Iterable[tuple[str, str]]) -> TrainingTexts:
        """Return the index of `texts`, (id, text) each, read once."""
        ids: list[str] = []
        rows_of: dict[bytes, list[int]] = {}
        ngrams, rows = array("Q"), array("I")
        for row, (text_id, text) in enumerate(texts):
            words = _words(text)
            ids.append(text_id)
            rows_of.setdefault(_form(words), []).append(row)
            found = _ngrams(words)
            ngrams.extend(found)
            rows.extend([row] * len(found))
        digests = np.array(ngrams, dtype=np.uint64)
        order = np.argsort(digests)
        return cls(name, tuple(ids), rows_of, digests[order], np.array(rows, dtype=np.uint32)[order])

    def equal(self, words: Sequence[str]) -> list[str]:
        """Return the ids of the rows with these words; none if there are no words, which say nothing of a text."""
        return [self.ids[row] for row in self.rows_of.get(_form(words), ())] if words else []

    def closest(self, ngrams: set[int]) -> tuple[float, str] | None:
        """Return the share of `ngrams` that this set has, and the row with most of them; None below `THRESHOLD`."""
        wanted = np.array(sorted(ngrams), dtype=np.uint64)
        first, end = np.searchsorted(self.ngrams, wanted, "left"), np.searchsorted(self.ngrams, wanted, "right")
        found = int(np.count_nonzero(end > first))
        if not found or found / len(ngrams) < THRESHOLD:
            return None
        rows, counts = np.unique(
            np.concatenate([self.rows[a:b] for a, b in zip(first, end, strict=True)]), return_counts=True
        )
        return found / len(ngrams), min(self.ids[row] for row in rows[counts == counts.max()])


def contamination(evaluation: str, texts: Iterable[tuple[str, str]], training: Sequence[TrainingTexts]) -> Report:
    """Compare each of `texts`, (id, question) of the evaluation set called `evaluation`, with every training set.

    A text should be the bare question: an instruction or choices around it would hide an exact duplicate. DataError
    if two training sets have one name.
    """
    names = [each.name for each in training]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise DataError(
            f"contamination of {evaluation}: more than one training set is called {', '.join(twice)}: "
            "give each a name of its own"
        )
    findings: list[Finding] = []
    too_short: list[str] = []
    count = 0
    for text_id, text in texts:
        count += 1
        words = _words(text)
        ngrams = _ngrams(words)
        if not ngrams:
            too_short.append(text_id)
        for each in training:
            if equal := each.equal(words):
                findings.extend(Finding(text_id, each.name, row, "exact", 1.0) for row in equal)
            elif closest := each.closest(ngrams):
                share, row = closest
                findings.append(Finding(text_id, each.name, row, "13-gram", share))
    return Report(
        tuple(sorted(findings, key=lambda each: (each.evaluation_id, each.training, each.training_id))),
        tuple(
            Pair(evaluation, each.name, count, len(each.ids)) for each in sorted(training, key=lambda each: each.name)
        ),
        tuple(sorted(too_short)),
    )


def _words(text: str) -> list[str]:
    """Return the words of a text, folded.

    NFKC once more after folding: a letter that folds into two characters must not end a word where its capital does
    not.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return _WORD.findall(folded)


def _form(words: Sequence[str]) -> bytes:
    """Return a digest of the words, whatever the gaps between them: 128 bits, so that equal forms are equal texts."""
    return blake2b("".join(words).encode(), digest_size=16).digest()


def _ngrams(words: Sequence[str]) -> set[int]:
    """Return the distinct 13-grams as 64-bit digests.

    Among 10^7 of a training set and 10^5 of an evaluation set one collides by chance in 10^-7 of all cases.
    """
    return {
        int.from_bytes(blake2b(" ".join(words[i : i + NGRAM]).encode(), digest_size=8).digest(), "little")
        for i in range(len(words) - NGRAM + 1)
    }  # fmt: skip
