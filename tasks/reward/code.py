"""Judge programs: taken from the responses, graded in the sandbox, in one batch.

No program runs here, and none without a sandbox, which tries itself when it starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.api import Sandbox
from sandbox.job import Limits
from sandbox.problem import Problem as Tests
from sandbox.verdict import Kind
from sandbox.verdict import Verdict as Graded
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.canonical import canonical
from tasks.reward.program import extract

_DETAIL = 500  # characters
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


@dataclass(frozen=True, slots=True)
class CodeSettings:
    """`sandbox`: which backend; `slots`: programs at once, None for two a core. `cpu_s` (seconds) and `memory_mb` (MiB) are limits of one
    test; a problem whose `timeout_s` is more gets that many CPU seconds."""

    sandbox: Literal["auto", "docker", "jail"] = "auto"
    slots: int | None = None
    cpu_s: float = 4.0
    memory_mb: int = 512


class CodeVerifier:
    """Close it: it may hold a sandbox."""

    def __init__(self, settings: CodeSettings) -> None:
        self._settings = settings
        self._sandbox: Sandbox | None = None

    def check_reference(self, problem: Problem) -> None:
        """VerifierError where the problem's tests cannot be read."""
        try:
            Tests.read(problem.reference)
        except ValueError as error:
            raise VerifierError(f"problem {problem.id}: {error}") from error

    def start(self) -> Sandbox:
        """The sandbox, started if it was not. SandboxError where its self-test finds that it does not contain programs."""
        if self._sandbox is None:
            settings = self._settings
            self._sandbox = Sandbox(
                backend=settings.sandbox, slots=settings.slots, limits=self._limits(0)
            ).start()  # it says which it is
        return self._sandbox

    def judge(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """One verdict for each (problem, visible response text), in order."""
        found = [extract(text, problem.reference) for problem, text in items]
        tests = {id(problem): self._tests(problem) for problem, _ in items}  # a group's responses share their problem's
        programs = [
            (tests[id(problem)][0], each.text, tests[id(problem)][1])
            for (problem, _), each in zip(items, found, strict=True)
            if each.text is not None
        ]
        graded = iter(self.start().grade_many(programs) if programs else ())
        return [
            Verdict(0.0, VerdictKind.NO_ANSWER, each.how, trust="strong", cached=False)
            if each.text is None
            else _verdict(next(graded), canonical(each.text, problem.reference.get("entry_point") or ""))
            for (problem, _), each in zip(items, found, strict=True)
        ]

    def _tests(self, problem: Problem) -> tuple[Tests, Limits]:
        tests = Tests.read(problem.reference)
        return tests, self._limits(tests.timeout_s or 0)

    def _limits(self, stated: float) -> Limits:
        return Limits(cpu_s=max(self._settings.cpu_s, stated), memory_mb=self._settings.memory_mb)

    def close(self) -> None:
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None


def _verdict(graded: Graded, answer: str) -> Verdict:
    """Kinds go by their names; what the sandbox could not judge is no reward."""
    detail = f"trust weak: {graded.detail}" if graded.trust == "weak" else graded.detail
    # What a program prints of an object has its address in it: equal runs have equal verdicts, to the byte.
    detail = _ADDRESS.sub("0x...", detail)[:_DETAIL].encode("utf-8", "replace").decode()
    if graded.kind is Kind.SANDBOX_ERROR:
        return Verdict(None, VerdictKind.INFRASTRUCTURE, detail, answer, trust=graded.trust, cached=graded.cached)
    return Verdict(
        graded.score, VerdictKind(graded.kind.value), detail, answer, trust=graded.trust, cached=graded.cached
    )
