"""A night's evaluation of three policies on two suites, with invented answers and the numbers of `summarise`."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any

from tasks.evaluate.judged_sample import records_of
from tasks.evaluate.summary import summarise
from tasks.report.evaluation.data import Evaluated, EvaluationPoint, EvaluationReport, PairResult, Question, SuiteResult
from tests.tasks.report.sample_report import key

LABELS = ("base", "last night", "tonight")
WORDS = (
    "so",
    "we",
    "add",
    "the",
    "two",
    "numbers",
    "and",
    "take",
    "half",
    "of",
    "what",
    "is",
    "left,",
    "which",
    "gives",
    "each",
    "apples",
    "by",
    "week",
)


def question(suite: str, place: int) -> Question:
    chance = random.Random(f"question {suite} {place}")
    prompt = f"Problem {place}: {' '.join(chance.choices(WORDS, k=45))}?"
    return Question(
        prompt,
        str(chance.randint(1, 400)),
        f"Level {place % 5 + 1}",
        ("algebra", "geometry", "number theory")[place % 3],
        None,
    )


def row(
    problem: str, sample: int, chance: random.Random, reference: str, p_right: float, characters: int
) -> dict[str, Any]:
    right, other = chance.random() < p_right, chance.random()
    kind = (
        "accepted"
        if right
        else "infrastructure"
        if other < 0.01
        else "time_limit"
        if other < 0.02
        else "no_answer"
        if other < 0.1
        else "wrong"
    )
    answer = (
        None
        if kind in ("no_answer", "infrastructure", "time_limit")
        else reference
        if right
        else str(chance.randint(1, 40))
    )
    tokens = max(8, round(chance.lognormvariate(math.log(characters / 4), 0.4)))
    reasoning = " ".join(chance.choices(WORDS, k=tokens * 4 // 5))
    return {
        "problem_id": problem,
        "sample": sample,
        "score": None if kind == "infrastructure" else float(right),
        "kind": kind,
        "detail": ""
        if right
        else {
            "no_answer": "no \\boxed{} in the response",
            "time_limit": "5 s",
            "infrastructure": "the verifier was lost",
        }.get(kind, f"{answer} is not {reference}"),
        "answer": answer,
        "text": reasoning + ("" if answer is None else f" The answer is \\boxed{{{answer}}}."),
        "finish_reason": "length" if kind == "no_answer" and other < 0.05 else "stop",
        "response_tokens": tokens,
        "entropy": chance.uniform(0.2, 0.5),
        "surprisal": chance.uniform(0.2, 0.5),
    }


def rows(suite: str, label: str, problems: int, samples: int, characters: int) -> list[dict[str, Any]]:
    skill = {"base": 0.0, "last night": 0.12, "tonight": 0.16}.get(label, 0.0)
    found = []
    for place in range(problems):
        ease = random.Random(f"{suite} {place}").betavariate(0.5, 0.7)
        chance = random.Random(f"{suite} {place} {label}")
        p_right = min(max(ease + skill * chance.gauss(1, 2), 0.0), 1.0) if 0.02 < ease < 0.98 else float(ease > 0.5)
        reference = question(suite, place).reference
        about = {
            "solutions": None,
            "level": question(suite, place).level,
            "subject": question(suite, place).subject,
            "source": None,
        }
        found += [
            {**row(f"{suite}/test/{place}", s, chance, reference, p_right, characters), **about} for s in range(samples)
        ]
    return found


def summary(of: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the summary that an evaluation's step stores."""
    return summarise(records_of(of), 1.0).to_json()


def evaluated(suite: str, label: str, problems: int, samples: int, characters: int) -> Evaluated:
    of = rows(suite, label, problems, samples, characters)
    at = {"base": None, "last night": 80, "tonight": 100}.get(label)
    return Evaluated(label, at, key("lineage", label), summary(of), key("evaluation", suite, label), of)


def solved(policy: Evaluated) -> set[str]:
    """Return the questions of which more than half of the judged samples are right."""
    judged: dict[str, list[bool]] = {}
    for each in policy.rows:
        if each["score"] is not None:
            judged.setdefault(each["problem_id"], []).append(each["score"] >= 1)
    return {name for name, right in judged.items() if sum(right) / len(right) > 0.5}


def compared(first: Evaluated, second: Evaluated) -> PairResult:
    gained, lost = solved(second) - solved(first), solved(first) - solved(second)
    difference = second.summary["avg"] - first.summary["avg"]
    result = {
        "difference": difference,
        "interval": [difference - 0.03, difference + 0.02],
        "normal_interval": None,
        "questions": first.summary["problems"],
        "gained": len(gained),
        "lost": len(lost),
        "gained_ids": sorted(gained),
        "lost_ids": sorted(lost),
        "regressed": False,
        "improved": difference > 0.03,
    }
    return PairResult(first.label, second.label, "Pass@1", result)


@cache
def suite(
    name: str, problems: int = 60, samples: int = 16, labels: tuple[str, ...] = LABELS, characters: int = 300
) -> SuiteResult:
    """Return a suite with a policy for each label. It is made once, so no test may change it in place."""
    policies = [evaluated(name, label, problems, samples, characters) for label in labels]
    about = {
        "source": "huggingface.co/datasets/openai/gsm8k, test",
        "size": f"{problems} of 1,319 questions",
        "licence": "MIT",
        "sampling": f"{samples} samples, T 0.6, top-p 0.95, 2,048 tokens",
        "differs": "the first questions of the set",
        "contamination": "0 of 60 overlap",
    }
    questions = {f"{name}/test/{place}": question(name, place) for place in range(problems)}
    return SuiteResult(name, about, policies, [compared(first, policies[-1]) for first in policies[:-1]], questions)


def history(
    suites: Sequence[SuiteResult], iterations: Sequence[int] = (0, 20, 40, 60, 80, 100)
) -> list[EvaluationPoint]:
    found = []
    for each in suites:
        last = each.policies[-1].summary
        for at in iterations:
            part = 1 - 0.3 * math.exp(-at / 40)
            scaled = {
                name: {k: None if v is None else v * part for k, v in last[name].items()}
                for name in ("pass_at", "pass_at_se")
            }
            bands = {
                "pass_at_interval": {k: [end * part for end in ends] for k, ends in last["pass_at_interval"].items()}
            }
            spread = {
                of: {
                    **last["diversity"][of],
                    "vendi": last["diversity"][of]["vendi"] / part,
                    "answer_entropy": 1.4 - part,
                }
                for of in ("all", "correct")
            }
            now = {
                **last,
                **scaled,
                "diversity": spread,
                **bands,
                "entropy": 0.5 / part - 0.2,
                "distinct_answers": 9 - at / 40,
            }
            found.append(EvaluationPoint(at, each.name, now, key("over", each.name, at)))
    return found


def report(suites: Sequence[SuiteResult] | None = None) -> EvaluationReport:
    of = [suite("gsm8k"), suite("math500", problems=50)] if suites is None else suites
    return EvaluationReport(
        title="Nightly evaluation of smollm2",
        subtitle={
            "run": "smollm2/91c0ffee",
            "iteration": "100",
            "store": "file:///home/someone/armature/.armature/store",
            "night": "2026-11-26",
        },
        verdict="No regression",
        alarms=("gsm8k: 1.0% of the samples were not judged",),
        suites=of,
        history=history(of),
        ks=(1, 8, 16),
        correct_at=1.0,
        spec_yaml="name: smollm2\nseed: 17\n",
    )


def with_text(of: EvaluationReport, text: str) -> EvaluationReport:
    """Return the report with `text` wherever a model, a data set, a spec or a store could have written it."""

    def policy(each: Evaluated, place: int) -> Evaluated:
        written = dict.fromkeys(("text", "detail", "kind", "answer", "finish_reason"), text)
        bad = [{**r, **written, "problem_id": text + r["problem_id"]} for r in each.rows]
        return replace(each, label=f"{text}{place}", lineage=text, artifact=text, rows=bad)

    def whole(each: SuiteResult) -> SuiteResult:
        policies = [policy(p, place) for place, p in enumerate(each.policies)]
        labels = {old.label: new.label for old, new in zip(each.policies, policies, strict=True)}
        comparisons = [
            replace(c, first=labels[c.first], second=labels[c.second], metric=text) for c in each.comparisons
        ]
        questions = {text + name: Question(text, text, text, text, text) for name in each.questions}
        return SuiteResult(text, {text: text}, policies, comparisons, questions)

    points = [replace(each, suite=text, artifact=text) for each in of.history]
    return replace(
        of,
        title=text,
        subtitle={text: text},
        verdict=text,
        alarms=(text,),
        suites=[whole(each) for each in of.suites],
        history=points,
        spec_yaml=text,
    )
