"""The verifier `choice`: the choice that a response names against the right one (tasks/reward/choice_answers.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tasks.data.answers import Prompt, Reference
from tasks.data.choices import CHOICES, LABELS, read_choice
from tasks.data.columns import Columns
from tasks.errors import VerifierError
from tasks.records import Problem, Verdict, VerdictKind
from tasks.reward.choice_answers import read_choice_answer
from tasks.reward.verifiers.base import Verifier

#: Labels of a question whose choices are not known. "I" is a word, unless the right choice is I or beyond.
_FEW = LABELS[:8]


class ChoiceVerifier(Verifier):
    """The verifier of multiple choice. It has no settings, and nothing in it can hang."""

    @staticmethod
    def read(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
        """Return the right label, with the choices where the row has them, and the prompt that shows these.

        DataError, which opens with `where`.
        """
        return read_choice(row, columns, where, prompt)

    def check(self, problem: Problem) -> None:
        """Raise VerifierError, which names the problem, where its reference names no choice."""
        _reference(problem)

    def verify(self, items: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Return one verdict for each (problem, response text), in order."""
        return [_verdict(problem, text) for problem, text in items]


def _reference(problem: Problem) -> tuple[str, tuple[str, ...], str]:
    """Return the right label, the choices, and the labels of a problem. VerifierError where they do not fit."""
    answer, choices = problem.reference.get("answer"), problem.reference.get(CHOICES) or ()
    count = len(choices) or len(LABELS)
    if not isinstance(answer, str) or len(answer) != 1 or answer not in LABELS[:count]:
        raise VerifierError(
            f"problem {problem.id}: reference['answer'] must be a label from A to {LABELS[count - 1]}, not {answer!r}; "
            "mend the data"
        )
    labels = LABELS[: len(choices)] if choices else _FEW if answer in _FEW else LABELS
    return answer, tuple(map(str, choices)), labels


def _verdict(problem: Problem, response: str) -> Verdict:
    right, choices, labels = _reference(problem)
    answer, how = read_choice_answer(response, choices, labels)
    if answer is None:
        return Verdict(0.0, VerdictKind.NO_ANSWER, how)
    accepted = answer == right
    return Verdict(float(accepted), VerdictKind.ACCEPTED if accepted else VerdictKind.WRONG, how, answer)


VERIFIER = ChoiceVerifier
