"""Samples of an evaluation: the same seeds for every policy, so that policies are compared on paired draws."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.data.dataset import Dataset
from tasks.data.encode import decode
from tasks.data.seeds import derive_seed
from tasks.errors import DataError
from tasks.records import EncodedProblem
from tasks.reward.judge import Judge, require_judged, row
from tasks.rollout.client import Roller
from tasks.rollout.protocol import PromptGroup, Sampling


def suite_problems(dataset: Dataset, suite: str, limit: int | None) -> Sequence[EncodedProblem]:
    """The problems of a suite, the first `limit` of them."""
    if suite != "heldout":
        raise DataError(f"evaluate.suites: no suite {suite!r}; there is heldout (data.heldout problems of a puzzle)")
    if not dataset.heldout:
        raise DataError("evaluate.suites: heldout is empty; set data.heldout (puzzles only)")
    return dataset.heldout[:limit]


def evaluate(
    roller: Roller, judge: Judge, dataset: Dataset, part: Mapping[str, Any], suite: str, max_not_judged_share: float
) -> list[dict[str, Any]]:
    """A row for each sample of each problem (tasks.table.SAMPLES), judged. `part` is specs.identity.evaluate_part."""
    problems = suite_problems(dataset, suite, part["problems"])
    sampling = Sampling(part["temperature"], part["max_response_tokens"], dataset.stop_token_ids, part["top_p"])
    groups = [
        PromptGroup(p.prompt_ids, tuple(derive_seed(part["seed"], "evaluate", suite, p.problem.id, s) for s in range(part["samples"])))
        for p in problems
    ]
    completions = roller.generate(groups, sampling)
    flat = [(p.problem, s, done) for p, done_of in zip(problems, completions, strict=True) for s, done in enumerate(done_of)]
    texts = [decode(done.response_ids, dataset.tokenizer) for _, _, done in flat]
    verdicts = judge.judge([(problem, text, done.finish_reason) for (problem, _, done), text in zip(flat, texts, strict=True)], mask_truncated=False)
    require_judged(verdicts, max_not_judged_share, f"evaluation on {suite}")
    return [
        {
            "problem_id": problem.id,
            "sample": sample,
            **row(verdict),
            "text": text,
            "finish_reason": str(done.finish_reason),
            "response_tokens": len(done.response_ids),
            "entropy": sum(done.entropies) / len(done.entropies) if done.entropies else None,
            "solutions": problem.solutions,
        }
        for (problem, sample, done), text, verdict in zip(flat, texts, verdicts, strict=True)
    ]
