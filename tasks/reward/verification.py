"""From responses to verdicts, by the verifier that each problem names."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack

from specs.rewards import Reward
from tasks.errors import VerifierError
from tasks.records import FinishReason, Problem, Verdict, VerdictKind
from tasks.reward.verifiers.base import Verifier
from tasks.reward.verifiers.registry import make_verifier

#: The verdict on a response that was cut, where the spec leaves those out.
MASKED = Verdict(None, VerdictKind.TRUNCATED, "cut at the response limit (reward.truncated: mask)")


class Verifiers:
    """The verifiers of a run, each made when a problem first names it, with the settings of the spec.

    They hold what they keep alive between calls (worker processes, the sandbox); close them. Usable from any thread.
    """

    def __init__(self, reward: Reward) -> None:
        self._reward = reward
        self._made: dict[str, Verifier] = {}
        self._lock = threading.Lock()

    def check(self, problems: Sequence[Problem]) -> None:
        """Raise VerifierError for the first problem whose verifier is unknown or whose reference it cannot read."""
        for problem in problems:
            self._of(problem).check(problem)

    def start(self, problems: Iterable[Problem]) -> None:
        """Start what the problems' verifiers need, before anything is sampled.

        SandboxError where there are programs to judge and the sandbox does not contain them.
        """
        for problem in {each.verifier: each for each in problems}.values():
            self._of(problem).start()

    def verify(self, items: Sequence[tuple[Problem, str, FinishReason]], *, mask_truncated: bool) -> list[Verdict]:
        """Return one verdict for each (problem, response text, finish reason), in order.

        `mask_truncated`: a response cut at the limit is not judged (training may ask for that; an evaluation judges
        all).
        """
        verdicts: list[Verdict | None] = [None] * len(items)
        batches: dict[str, list[int]] = {}
        for index, (problem, _, reason) in enumerate(items):
            if mask_truncated and reason is FinishReason.LENGTH:
                verdicts[index] = MASKED
            else:
                batches.setdefault(problem.verifier, []).append(index)
        for batch in batches.values():
            verifier = self._of(items[batch[0]][0])
            given = verifier.verify([items[index][:2] for index in batch])
            if len(given) != len(batch):
                raise VerifierError(f"verifier {verifier.name}: {len(given)} verdicts on {len(batch)} responses")
            for index, verdict in zip(batch, given, strict=True):
                verdicts[index] = verdict
        return [verdict for verdict in verdicts if verdict is not None]

    def close(self) -> None:
        """End what the verifiers keep alive."""
        with ExitStack() as stack, self._lock:
            for verifier in self._made.values():
                stack.callback(verifier.close)
            self._made = {}

    def _of(self, problem: Problem) -> Verifier:
        with self._lock:
            if problem.verifier not in self._made:
                try:
                    self._made[problem.verifier] = make_verifier(problem.verifier, self._reward)
                except VerifierError as error:
                    raise VerifierError(f"problem {problem.id}: {error}") from error
            return self._made[problem.verifier]
