"""Judge puzzle answers: each puzzle's own exact verifier, by the name in the problem. Nothing here can hang, nothing is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tasks.data.puzzles import countdown, graph_colouring
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict

VERIFIERS: Mapping[str, Callable[[Mapping[str, Any], str], Verdict]] = {
    countdown.NAME: countdown.verify,
    graph_colouring.NAME: graph_colouring.verify,
}


def verify(problem: Problem, response_text: str) -> Verdict:
    """The verdict on one response; a VerifierError for a verifier that is no puzzle's, or a reference that is not its own."""
    judge = VERIFIERS.get(problem.verifier)
    if judge is None:
        raise VerifierError(f"problem {problem.id}: no puzzle verifier {problem.verifier!r}; there are {', '.join(VERIFIERS)}")
    return judge(problem.reference, response_text)
