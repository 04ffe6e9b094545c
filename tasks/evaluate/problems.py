"""The problems of an evaluation: a suite's, or a run's own held-out ones.

A suite's are kept in the store, so that questions can be read as long as their answers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from transformers import PreTrainedTokenizerFast

from infra.caching import canonical
from tasks.data.dataset import Dataset
from tasks.data.encode import encode, too_long
from tasks.data.prompts import PromptFormat
from tasks.errors import DataError
from tasks.evaluate.suites.load import SuiteProblem
from tasks.records import EncodedProblem, Message, Problem


@dataclass(frozen=True)
class SuiteData:
    """Problems of one suite in their order, as the policy sees them, and further facts about each."""

    encoded: tuple[EncodedProblem, ...]
    facts: tuple[SuiteProblem, ...]

    @cached_property
    def by_id(self) -> Mapping[str, SuiteProblem]:
        """Return the facts by the problem's id."""
        return {each.problem.id: each for each in self.facts}

    @property
    def questions(self) -> list[tuple[str, str]]:
        """Return (id, bare question)."""
        return [(each.problem.id, each.question) for each in self.facts]

    def first(self, limit: int | None) -> SuiteData:
        """Return the first `limit` problems, all of them for None."""
        return SuiteData(self.encoded[:limit], self.facts[:limit])


def heldout(dataset: Dataset) -> SuiteData:
    """Return the run's own held-out problems. Raises DataError where it has none."""
    if not dataset.heldout:
        raise DataError("evaluate.suites: heldout is empty; set data.heldout")
    return SuiteData(
        dataset.heldout,
        tuple(SuiteProblem(p.problem, question_of(p.problem), None, None, None) for p in dataset.heldout),
    )


def question_of(problem: Problem) -> str:
    """Return the text of the last user turn."""
    return problem.prompt[-1]["content"]


def encoded(
    suite: str,
    problems: Sequence[SuiteProblem],
    form: PromptFormat,
    tokenizer: PreTrainedTokenizerFast,
    max_prompt_tokens: int,
) -> SuiteData:
    """Return problems through the suite's prompt and the policy's chat template.

    Raises DataError where a prompt is longer than `max_prompt_tokens`.
    """
    form.check(tokenizer.chat_template)
    rows = []
    for each in problems:
        row = encode(each.problem, tokenizer, form)
        if len(row.prompt_ids) > max_prompt_tokens:
            raise DataError(
                f"evaluate.suites: {suite}: {too_long(row, max_prompt_tokens)}".removesuffix(
                    ", or set data.drop_long_prompts"
                )
            )
        rows.append(row)
    return SuiteData(tuple(rows), tuple(problems))


def to_bytes(problems: Sequence[SuiteProblem]) -> bytes:
    """Return the problems as a line of JSON each."""
    return "".join(canonical(_row(each)) + "\n" for each in problems).encode()


def from_bytes(payload: bytes) -> tuple[SuiteProblem, ...]:
    """Return the problems that `to_bytes` wrote."""
    return tuple(_problem(json.loads(line)) for line in payload.decode().splitlines())


def _row(each: SuiteProblem) -> dict[str, Any]:
    problem = each.problem
    return {
        "id": problem.id,
        "prompt": list(problem.prompt),
        "verifier": problem.verifier,
        "reference": dict(problem.reference),
        "solutions": problem.solutions,
        "question": each.question,
        "level": each.level,
        "subject": each.subject,
        "source": each.source,
    }


def _problem(row: Mapping[str, Any]) -> SuiteProblem:
    prompt = tuple(Message(role=message["role"], content=message["content"]) for message in row["prompt"])
    problem = Problem(row["id"], prompt, row["verifier"], row["reference"], row["solutions"])
    return SuiteProblem(problem, row["question"], row["level"], row["subject"], row["source"])
