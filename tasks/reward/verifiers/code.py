"""The verifier `code`: programs taken from the responses, graded in the sandbox, in one batch.

No program runs here, and none without a sandbox, which tests itself when it starts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sandbox import idle_tests
from sandbox.api import Sandbox
from sandbox.job import Limits
from sandbox.problem import Problem as Tests
from sandbox.verdict import Kind
from sandbox.verdict import Verdict as Graded
from specs.rewards import Reward
from tasks.data.answers import Prompt, Reference
from tasks.data.code import read_code
from tasks.data.columns import Columns
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.canonical import canonical
from tasks.reward.program import extract
from tasks.reward.verifiers.base import Verifier

_DETAIL = 500  # characters
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")


class CodeVerifier(Verifier):
    """The verifier of programs, with the settings `reward.code`; it may hold a sandbox."""

    VERSION = 2
    READER_VERSION = 2

    def __init__(self, name: str, reward: Reward) -> None:
        super().__init__(name, reward)
        self._settings = reward.code
        self._sandbox: Sandbox | None = None

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return the tests of a row, and the prompt with its starter code. DataError, which opens with `where`."""
        return read_code(row, columns, where, prompt)

    def check(self, problem: Problem) -> None:
        """Raise VerifierError where the problem's tests cannot be read, or would accept every program."""
        try:
            idle_tests.refuse(Tests.read(problem.reference))
        except ValueError as error:
            raise VerifierError(f"problem {problem.id}: {error}") from error

    def start(self) -> None:
        """Start the sandbox. SandboxError where its self-test finds that it does not contain programs."""
        self._started()

    def _started(self) -> Sandbox:
        if self._sandbox is None:
            settings = self._settings
            self._sandbox = Sandbox(
                backend=settings.sandbox, slots=settings.slots, limits=self._limits(0)
            ).start()  # it logs which one it is
        return self._sandbox

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""
        found = [extract(text, problem.reference) for problem, text in items]
        tests = {id(problem): self._tests(problem) for problem, _ in items}  # a group's responses share their problem's
        programs = [
            (tests[id(problem)][0], each.text, tests[id(problem)][1])
            for (problem, _), each in zip(items, found, strict=True)
            if each.text is not None
        ]
        graded = iter(self._started().grade_many(programs) if programs else ())
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
        """End the sandbox."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None


def _verdict(graded: Graded, answer: str) -> Verdict:
    """Return the sandbox's verdict as a reward's, kinds by their names; a failure of the sandbox is no reward of 0."""
    detail = f"trust weak: {graded.detail}" if graded.trust == "weak" else graded.detail
    # An object's printed form holds its address, which differs from run to run; equal runs have equal verdicts.
    detail = _ADDRESS.sub("0x...", detail)[:_DETAIL].encode("utf-8", "replace").decode()
    if graded.kind is Kind.SANDBOX_ERROR:
        return Verdict(None, VerdictKind.INFRASTRUCTURE, detail, answer, trust=graded.trust, cached=graded.cached)
    return Verdict(
        graded.score, VerdictKind(graded.kind.value), detail, answer, trust=graded.trust, cached=graded.cached
    )


VERIFIER = CodeVerifier
