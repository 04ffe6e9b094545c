"""From responses to verdicts, by the verifier that each problem names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tasks.data.puzzles.registry import PUZZLES
from tasks.errors import VerifierError
from tasks.records import FinishReason, Problem, Verdict, VerdictKind
from tasks.reward.code import CodeSettings, CodeVerifier
from tasks.reward.math import MathVerifier
from tasks.reward.puzzle import verify as verify_puzzle


class Judge:
    """Holds what verifiers keep alive between calls (worker processes, the sandbox); close it."""

    def __init__(self, *, math_deadline_s: float, math_workers: int, code: CodeSettings | None = None) -> None:
        self._math = MathVerifier(deadline_s=math_deadline_s, workers=math_workers)
        self._code = CodeVerifier(code or CodeSettings())

    def check(self, problems: Sequence[Problem]) -> None:
        """Raises VerifierError for the first problem whose verifier is unknown or whose reference it cannot read: before anything runs."""
        for problem in problems:
            if problem.verifier == "math":
                self._math.check_reference(problem)
            elif problem.verifier == "code":
                self._code.check_reference(problem)
            elif problem.verifier not in PUZZLES:
                raise VerifierError(
                    f"problem {problem.id}: no verifier {problem.verifier!r}; there are math, code, {', '.join(PUZZLES)} (data.verifier names one)"
                )

    def start(self, problems: Iterable[Problem]) -> None:
        """Starts the sandbox where there are programs to judge: SandboxError, before anything is sampled, if it does not contain them."""
        if any(problem.verifier == "code" for problem in problems):
            self._code.start()

    def judge(self, items: Sequence[tuple[Problem, str, FinishReason]], *, mask_truncated: bool) -> list[Verdict]:
        """One verdict for each (problem, visible response text, finish reason), in order. `mask_truncated`: what was cut at the limit is
        not judged (training may ask for that; an evaluation judges everything)."""
        verdicts: list[Verdict | None] = [None] * len(items)
        batches: dict[str, list[int]] = {"math": [], "code": []}
        for index, (problem, text, reason) in enumerate(items):
            if mask_truncated and reason is FinishReason.LENGTH:
                verdicts[index] = Verdict(
                    None, VerdictKind.TRUNCATED, "cut at the response limit (reward.truncated: mask)"
                )
            elif problem.verifier in batches:
                batches[problem.verifier].append(index)
            else:
                verdicts[index] = verify_puzzle(problem, text)
        for batch, judge in ((batches["math"], self._math.verify), (batches["code"], self._code.judge)):
            for index, verdict in zip(batch, judge([items[i][:2] for i in batch]), strict=True):
                verdicts[index] = verdict
        return [v for v in verdicts if v is not None]

    def close(self) -> None:
        try:
            self._math.close()
        finally:
            self._code.close()


def counts(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many of each kind, in a fixed order, kinds that did not occur left out."""
    return {str(kind): n for kind in VerdictKind if (n := sum(v.kind is kind for v in verdicts))}


def require_judged(verdicts: Sequence[Verdict], limit: float, where: str) -> None:
    """Raises VerifierError where the share of infrastructure failures is above `limit` (reward.max_not_judged_share)."""
    failures = [v for v in verdicts if v.kind is VerdictKind.INFRASTRUCTURE]
    if verdicts and len(failures) / len(verdicts) > limit:
        raise VerifierError(
            f"{where}: {len(failures)} of {len(verdicts)} responses could not be judged (reward.max_not_judged_share {limit}); first: {failures[0].detail}"
        )


def row(verdict: Verdict) -> dict[str, Any]:
    return {"score": verdict.score, "kind": str(verdict.kind), "detail": verdict.detail, "answer": verdict.answer}


def verdict_of(fields: Mapping[str, Any]) -> Verdict:
    return Verdict(fields["score"], VerdictKind(fields["kind"]), fields["detail"], fields["answer"])
