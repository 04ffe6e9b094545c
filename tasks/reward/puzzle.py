"""Judge puzzle answers: each puzzle's own exact verifier, by the name in the problem. Nothing here can hang, nothing is evaluated."""

from __future__ import annotations

from tasks.data.puzzles.registry import PUZZLES
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict


def verify(problem: Problem, response_text: str) -> Verdict:
    """The verdict on one response; a VerifierError for a verifier that is no puzzle's, or a reference that is not its own."""
    if problem.verifier not in PUZZLES:
        raise VerifierError(
            f"problem {problem.id}: no puzzle verifier {problem.verifier!r}; there are {', '.join(PUZZLES)}"
        )
    return PUZZLES[problem.verifier].verify(problem.reference, response_text)
