"""The data of the browser of problems: an index in the page, and the samples in data files beside it.

Model output is hostile: it travels as JSON that has no markup in it, in a script that only puts it into an object by
the digest of its text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.report.evaluation.data import SOLVED_ABOVE, Evaluated, EvaluationReport, Question, SuiteResult
from tasks.report.sample_browser import cut, embed, finite_or_text

FILE_BYTES = 2_000_000  # of a data file, about: a click waits for one
FILES_BYTES = 256_000_000  # of all of them
TEXT_BYTES = 50_000  # of one text: nobody reads more than that in a browser
DETAIL_BYTES, ANSWER_BYTES = 2_000, 500
INDEX_BYTES = 1_500_000  # of all questions in the page itself, and of all answers and reasons there
UNKNOWN = Question("(the text of this question is not in the report)", "")


def browser_data(report: EvaluationReport, palette: Mapping[str, str]) -> tuple[str, dict[str, bytes]]:
    """Return (the page's index of all problems, as JSON without markup; the data files by name).

    A problem of the index has `found`, the different outcomes of its samples, each [place in `verdicts`, answer,
    reason]; and `marks`, a character per sample of each policy: the sample's place in `found`, counted from "0". A
    data file is a list of problems, in which each policy has a list of samples. Long texts keep their beginning and
    their end, so that a problem's samples fit their share.
    """
    files = _Files()
    verdicts: dict[tuple[str, str], int] = {}
    problems = sum(len(_problem_ids(suite)) for suite in report.suites)
    share = min(FILE_BYTES, FILES_BYTES // max(problems, 1))
    suites = []
    for suite in report.suites:
        samples = [_by_problem(policy) for policy in suite.policies]
        shown = []
        for name in _problem_ids(suite):
            question = suite.questions.get(name, UNKNOWN)
            rows = [of.get(name, []) for of in samples]
            file, place = files.add(_problem(question, rows, share))
            found, marks = _outcomes(rows, report.correct_at, verdicts, INDEX_BYTES // problems)
            shown.append(
                {
                    "id": name,
                    "prompt": cut(question.prompt, INDEX_BYTES // problems),
                    "reference": cut(question.reference, INDEX_BYTES // problems // 4),
                    "labels": [
                        label for label in (question.level, question.subject, question.source) if label is not None
                    ],
                    "file": file,
                    "place": place,
                    "found": found,
                    "marks": marks,
                }
            )
        policies = [{"label": p.label, "artifact": p.artifact, "colour": palette[p.label]} for p in suite.policies]
        suites.append({"name": suite.name, "policies": policies, "views": _views(suite), "problems": shown})
    written, digests = files.close()
    index = {"solved_above": SOLVED_ABOVE, "verdicts": list(verdicts), "digests": digests, "suites": suites}
    return embed(index), written


class _Files:
    """Data files that are filled one after the other; a problem is never split."""

    def __init__(self) -> None:
        self._bodies: list[str] = []
        self._open: list[str] = []
        self._bytes = 0

    def add(self, problem: str) -> tuple[int, int]:
        """Add a problem; return (the number of its file, from 0; its place there)."""
        if self._open and self._bytes + len(problem) > FILE_BYTES:
            self._flush()
        self._open.append(problem)
        self._bytes += len(problem)
        return len(self._bodies), len(self._open) - 1

    def close(self) -> tuple[dict[str, bytes], list[str]]:
        """Return (the files by name; the digests of their data)."""
        if self._open:
            self._flush()
        digests = [hashlib.sha256(body.encode()).hexdigest()[:16] for body in self._bodies]
        files = {
            f"report-data-{place}.js": f'(globalThis.reportData ??= {{}})["{digest}"] = {body};\n'.encode()
            for place, (digest, body) in enumerate(zip(digests, self._bodies, strict=True), 1)
        }
        return files, digests

    def _flush(self) -> None:
        self._bodies.append(f"[{','.join(self._open)}]")
        self._open, self._bytes = [], 0


def _problem(question: Question, policies: Sequence[Sequence[Mapping[str, Any]]], share: int) -> str:
    sizes = [[len(embed(row["text"])) for row in rows] for rows in policies]
    limit = min(TEXT_BYTES, fair_limit([size for of in sizes for size in of], share))
    samples = [
        [
            _sample(row, cut(row["text"], limit) if size > limit else row["text"])
            for row, size in zip(rows, of, strict=True)
        ]
        for rows, of in zip(policies, sizes, strict=True)
    ]
    return embed(
        {
            "prompt": cut(question.prompt, TEXT_BYTES),
            "reference": cut(question.reference, TEXT_BYTES),
            "samples": samples,
        }
    )


def _sample(row: Mapping[str, Any], text: str) -> dict[str, Any]:
    return {
        "text": text,
        "sample": row["sample"],
        "score": finite_or_text(row["score"]),
        "detail": cut(row["detail"], DETAIL_BYTES),
        "answer": None if row["answer"] is None else cut(row["answer"], ANSWER_BYTES),
        "end": row["finish_reason"],
        "tokens": row["response_tokens"],
        "entropy": finite_or_text(row.get("entropy")),
        "surprisal": finite_or_text(row.get("surprisal")),
    }


def fair_limit(sizes: Sequence[int], budget: int) -> int:
    """Return the largest limit with which the sum of min(size, limit) stays within `budget`.

    Short texts leave the rest of their share to long ones.
    """
    left = budget
    for place, size in enumerate(sorted(sizes)):
        if size * (len(sizes) - place) > left:
            return left // (len(sizes) - place)
        left -= size
    return max(sizes, default=0)


Outcome = tuple[int, str | None, str]
"""Of a sample: the place of its verdict in the list of verdicts, its answer, the reason."""


def _outcomes(
    policies: Sequence[Sequence[Mapping[str, Any]]], correct_at: float, verdicts: dict[tuple[str, str], int], share: int
) -> tuple[list[Outcome], list[str]]:
    """Return (a problem's different outcomes, with answers and reasons cut to fit `share`; a character per sample)."""
    places: dict[Outcome, int] = {}
    marks = []
    for rows in policies:
        found = [(_verdict(row, correct_at, verdicts), row["answer"], row["detail"]) for row in rows]
        marks.append("".join(chr(ord("0") + places.setdefault(each, len(places))) for each in found))
    limit = fair_limit([len(embed(text)) for _, *texts in places for text in texts if text], share)
    outcomes: list[Outcome] = [
        (verdict, None if answer is None else _start(answer, limit), _start(detail, limit))
        for verdict, answer, detail in places
    ]
    return outcomes, marks


def _start(text: str, limit: int) -> str:
    """Return the beginning of a text, at most about `limit` bytes once embedded."""
    size = len(embed(text))
    return text if size <= limit else f"{text[: len(text) * limit // size]}\u2026"


def _verdict(row: Mapping[str, Any], correct_at: float, verdicts: dict[tuple[str, str], int]) -> int:
    state = "unjudged" if row["score"] is None else "right" if row["score"] >= correct_at else "wrong"
    return verdicts.setdefault((str(row["kind"]), state), len(verdicts))


def _by_problem(policy: Evaluated) -> dict[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in sorted(policy.rows, key=lambda row: int(row["sample"])):
        found.setdefault(row["problem_id"], []).append(row)
    return found


def _problem_ids(suite: SuiteResult) -> list[str]:
    return list(dict.fromkeys(row["problem_id"] for policy in suite.policies for row in policy.rows))


def _views(suite: SuiteResult) -> list[list[int]]:
    """Return the places of the policies that are shown side by side: the pairs that are compared, then each alone."""
    places = {policy.label: place for place, policy in enumerate(suite.policies)}
    pairs = dict.fromkeys(
        (places[c.first], places[c.second]) for c in suite.comparisons if {c.first, c.second} <= places.keys()
    )
    last = len(suite.policies) - 1
    return [
        *map(list, pairs or dict.fromkeys((first, last) for first in range(last))),
        *([place] for place in reversed(range(last + 1))),
    ]
