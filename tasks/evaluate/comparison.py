"""Evaluations of several policies on the same suite, compared in pairs of questions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from infra.store import Manifest, Store
from tasks.evaluate.judged_sample import JudgedSample, from_bytes
from tasks.evaluate.metrics.paired import PairedComparison, compare
from tasks.evaluate.summary import question_means

METRIC = "mean score"  # over a question's judged samples: avg@n, whose expectation is Pass@1


@dataclass(frozen=True)
class StoredEvaluation:
    """One policy on one suite, as the store has it."""

    store: Store
    manifest: Manifest

    @cached_property
    def samples(self) -> list[JudgedSample]:
        """Return the judged samples."""
        return from_bytes(self.store.read(self.manifest, "samples.parquet"))

    @cached_property
    def means(self) -> Mapping[str, float]:
        """Return the mean score of each question's judged samples; questions without one are left out."""
        return question_means(self.samples)

    @property
    def summary(self) -> Mapping[str, Any]:
        """Return the numbers of the evaluation, as its manifest has them."""
        return dict(self.manifest.result)


@dataclass(frozen=True)
class EvaluatedPolicy:
    """One policy on several suites.

    Reports name it `label`. `run` made it, None for a model's or a server's; `seed` is of the spec that it was
    evaluated by.
    """

    label: str
    iteration: int | None
    lineage: str
    evaluations: Mapping[str, StoredEvaluation]
    run: str | None
    seed: int


def difference(first: Manifest, second: Manifest) -> str | None:
    """Return why two evaluations of a suite cannot be compared, None where they can.

    Their samples and verdicts must depend on the same settings besides the policy.
    """
    names = {"data": "the problems", "reward": "the verifier's settings"}
    differing = [names[name] for name in names if first.inputs[name] != second.inputs[name]]
    differing += ["the version of the evaluation"] if first.version != second.version else []
    before, after = first.inputs["part"], second.inputs["part"]
    if before.get("tokenizer") == after.get("tokenizer") and first.inputs.get("thinking") != second.inputs.get(
        "thinking"
    ):
        differing.append("how thinking is judged")  # of two tokenizers each has thinking of its own
    differing += [name for name in sorted({*before, *after} - _HARMLESS) if before.get(name) != after.get(name)]
    return ", ".join(differing) or None


#: Settings that may differ. How many samples and problems: questions that both have are compared. Seeds, engine and
#: precision: they change draws, not the distribution.
_HARMLESS = {"samples", "problems", "seed", "engine", "dtype", "tokenizer"}


def harmless_difference(first: Manifest, second: Manifest) -> str | None:
    """Return the settings of two compared evaluations that differ and change no expectation; None without any."""
    before, after = first.inputs["part"], second.inputs["part"]
    changed = [
        f"{name} {before.get(name)} and {after.get(name)}"
        for name in ("engine", "dtype", "samples", "problems")
        if before.get(name) != after.get(name)
    ]
    return ", ".join(changed) or None


def compared(first: StoredEvaluation, second: StoredEvaluation, seed: int) -> PairedComparison:
    """Compare two evaluations on the questions that both have."""
    return compare(first.means, second.means, seed, intersection=True)


def regressions(comparisons: Sequence[tuple[str, str, PairedComparison]]) -> list[str]:
    """Return a line for each (suite, other policy, comparison) whose interval lies below 0."""
    return [
        f"{suite}: {METRIC} {result.difference:+.4f} against {other}, 95 % interval {result.interval[0]:+.4f} to "
        f"{result.interval[1]:+.4f}, "
        f"{result.questions} questions ({result.gained} gained, {result.lost} lost)"
        for suite, other, result in comparisons
        if result.regressed and result.interval is not None
    ]
