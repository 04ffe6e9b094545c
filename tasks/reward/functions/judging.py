"""What follows from each call of a user's function on a batch of groups: scores, further calls, or an error.

- A group that hangs, or ends its worker, is split into single responses. The one that hangs again has no score
  (TIME_LIMIT); one that ends its worker twice stops the run, as what a function raises does.
- A service that does not answer is asked again, at most twice; then its responses are not judged (INFRASTRUCTURE).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from tasks.errors import VerifierError
from tasks.records import VerdictKind
from tasks.reward.functions.calling import Answer, Fault
from tasks.reward.functions.pool import Call, Ended
from tasks.reward.terms.base import ResponseGroup, TermScore

_DEATHS = 2  # of workers on one response; the first may be the machine's fault (memory that another process took)


@dataclass(slots=True)
class Judging:
    """The state of one batch. `label`: how messages name the function."""

    label: str
    groups: Sequence[ResponseGroup]
    deadline_s: float
    refused: list[tuple[Call, str]] = field(default_factory=list)
    printed: str = ""
    retries: int = 0
    _scores: list[list[TermScore | None]] = field(default_factory=list)
    _metrics: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        self._scores = [[None] * len(group.texts) for group in self.groups]

    def calls(self) -> list[Call]:
        """Return the first call of each group. It has half of the deadline: its single responses have the other."""
        sizes = [len(group.texts) for group in self.groups]
        return [Call(number, 0, size, self.deadline_s / 2) for number, size in enumerate(sizes) if size]

    def settle(self, call: Call, outcome: Answer | Fault | Ended) -> list[Call]:
        """Take what came of a call, and return the calls that follow at once. VerifierError where the run stops."""
        if isinstance(outcome, Answer):
            self._take(call, outcome)
        elif isinstance(outcome, Ended):
            return self._after_end(call, outcome)
        elif outcome.service:
            self.refused.append((call, outcome.text))
        else:
            raise VerifierError(f"{self._where(call)}: {outcome.text}")
        return []

    def again(self) -> list[Call]:
        """Return the calls that a service refused, for another try."""
        calls = [call for call, _ in self.refused]
        self.retries += len(calls)
        self.refused = []
        return calls

    def give_up(self) -> None:
        """Let the responses of the calls that a service refused be not judged."""
        for call, text in self.refused:
            self._fail(call, VerdictKind.INFRASTRUCTURE, text)
        self.refused = []

    def scores(self) -> list[list[TermScore]]:
        """Return a score for each response of each group."""
        return [[each for each in group if each is not None] for group in self._scores]

    def metrics(self) -> dict[str, float]:
        """Return the means of what was logged, and how often services were asked again, if they were."""
        means = {name: sum(values) / len(values) for name, values in self._metrics.items()}
        return means | ({"retries": float(self.retries)} if self.retries else {})

    def _take(self, call: Call, answer: Answer) -> None:
        scored = [TermScore(value, extra=extra) for value, extra in zip(answer.values, answer.extra, strict=True)]
        self._scores[call.group][call.first : call.first + call.count] = scored
        self.printed = self.printed or answer.printed
        for name, value in answer.metrics:
            self._metrics[name].append(value)

    def _after_end(self, call: Call, end: Ended) -> list[Call]:
        if not call.split:
            singles, deaths = range(call.first, call.first + call.count), int(call.count == 1 and not end.hung)
            return [replace(call, first=each, count=1, split=True, deaths=deaths) for each in singles]
        if end.hung:
            self._fail(call, VerdictKind.TIME_LIMIT, f"no score within deadline_s ({self.deadline_s:g} s)")
            return []
        if call.deaths + 1 == _DEATHS:
            raise VerifierError(
                f"{self._where(call)}, response {call.first}: {end.how}, twice; the function has to return or raise"
            )
        return [replace(call, deaths=call.deaths + 1)]

    def _fail(self, call: Call, kind: VerdictKind, detail: str) -> None:
        failed = TermScore(None, kind, detail)
        self._scores[call.group][call.first : call.first + call.count] = [failed] * call.count

    def _where(self, call: Call) -> str:
        return f"{self.label} on problem {self.groups[call.group].problem_id}"
