"""Judges the stored samples of an evaluation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from transformers import PreTrainedTokenizerFast

from tasks.evaluate.judged_sample import JudgedSample
from tasks.evaluate.problems import SuiteData
from tasks.evaluate.samples import Name, Sample
from tasks.records import Verdict
from tasks.reward.judge import Response
from tasks.reward.responses import ResponseTexts
from tasks.reward.verdicts import require_judged


def judge_samples(
    judge: Callable[[Sequence[Response]], list[Verdict]],
    problems: SuiteData,
    stored: Mapping[Name, Sample],
    samples: int,
    tokenizer: PreTrainedTokenizerFast,
    max_not_judged_share: float,
    suite: str,
) -> list[JudgedSample]:
    """Return the first `samples` samples of each problem, all of them in `stored`, with their verdicts.

    Raises VerifierError where more than `max_not_judged_share` could not be judged.
    """
    chosen = [(fact, stored[fact.problem.id, s]) for fact in problems.facts for s in range(samples)]
    asked = {each.problem.id: each for each in problems.encoded}
    texts = ResponseTexts(tokenizer).of([(asked[fact.problem.id], sample.response_ids) for fact, sample in chosen])
    verdicts = judge(
        [
            Response(fact.problem, text, sample.response_ids, sample.finish_reason)
            for (fact, sample), text in zip(chosen, texts, strict=True)
        ]
    )
    require_judged(verdicts, max_not_judged_share, f"evaluation on {suite}")
    return [
        JudgedSample(
            problem_id=fact.problem.id,
            sample=sample.sample,
            score=verdict.score,
            kind=str(verdict.kind),
            detail=verdict.detail,
            answer=verdict.answer,
            text=text,
            finish_reason=str(sample.finish_reason),
            response_tokens=len(sample.response_ids),
            entropy=sample.entropy,
            surprisal=sample.surprisal,
            solutions=fact.problem.solutions,
            level=fact.level,
            subject=fact.subject,
            source=fact.source,
        )
        for (fact, sample), text, verdict in zip(chosen, texts, verdicts, strict=True)
    ]
