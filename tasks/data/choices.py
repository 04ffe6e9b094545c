"""Multiple choice: the reference is the label of the right choice, and the choices where a row has them in a column.

Rows as data sets have them: MMLU (`choices`: a list, the answer a number from 0), ARC (`choices`: {text, label}, the
answer one of the labels), or a label or a choice's own text as the answer. The label is stored, A for the first one.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from typing import Any

from tasks.data.answers import Prompt, after_mark
from tasks.data.columns import Columns, look_up, number_as_text, short, whole_characters
from tasks.errors import DataError
from tasks.records import Message

#: The labels that a problem may have; more choices than these are refused.
LABELS = string.ascii_uppercase[:10]
CHOICES = "choices"

_LABEL = re.compile(r"\(?([A-Ja-j])\)?[.:)]?")


def read_choice(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[dict[str, Any], Prompt]:
    """Return the reference `{answer: label, choices: texts}`, and the prompt with the choices where it shows none yet.

    Without a column `choices`, the answer is a label, and the reference has nothing else. Raises DataError, which opens
    with `where`.
    """
    answer = after_mark(look_up(row, columns.answer, where), columns, where)
    if row.get(CHOICES) is None:
        return {"answer": _label(answer, f"{where}: {columns.answer}")}, prompt
    texts, names = _choices(row[CHOICES], where)
    label = LABELS[_position(answer, texts, names, f"{where}: {columns.answer}")]
    return {"answer": label, CHOICES: texts}, _showing(prompt, texts)


def lettered(question: str, choices: Sequence[str]) -> str:
    """Return a question with its choices below it, each behind its letter."""
    lines = [f"{name}. {choice}" for name, choice in zip(string.ascii_uppercase, choices, strict=False)]
    return "\n".join([question, "", *lines, "", "Answer with the letter of the right choice."])


def label_of(text: str) -> str | None:
    """Return the label that a text is: B, b, (B), B. or B); None for anything else."""
    found = _LABEL.fullmatch(text.strip())
    return found[1].upper() if found else None


def _label(answer: object, where: str) -> str:
    label = label_of(answer) if isinstance(answer, str) else None
    if label is None:
        raise DataError(
            f"{where}: want a label from A to {LABELS[-1]}, or a column {CHOICES} that the answer is one of, "
            f"given {short(answer)}"
        )
    return label


def _choices(value: Any, where: str) -> tuple[list[str], list[str]]:
    """Return the texts of the choices, and the row's own labels for them, where it has any."""
    names: Any = []
    if isinstance(value, Mapping):
        value, names = value.get("text"), value.get("label") or []
    texts = [number_as_text(each) for each in value] if _is_list(value) else []
    plain = [each for each in texts if isinstance(each, str) and each.strip() and whole_characters(each)]
    if not 2 <= len(plain) <= len(LABELS) or len(plain) < len(texts):
        raise DataError(
            f"{where}: {CHOICES}: want a list of 2 to {len(LABELS)} texts, or {{text: [...], label: [...]}}, given "
            f"{short(value)}"
        )
    if not _is_list(names) or (names and len(names) != len(plain)):
        raise DataError(f"{where}: {CHOICES}.label: want one for each of {len(plain)} texts, given {short(names)}")
    return plain, [str(name) for name in names]


def _is_list(value: object) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _position(answer: Any, texts: list[str], names: list[str], where: str) -> int:
    """Return the place of the right choice, from 0: that of its number, of the row's own label, its letter or text."""
    answer = answer.item() if hasattr(answer, "item") else answer  # a number of NumPy
    if type(answer) is int and not names and 0 <= answer < len(texts):
        return answer
    text = str(answer).strip() if type(answer) in (str, int) else ""
    if text in names:
        return names.index(text)
    letter = label_of(text)
    places = {k for k, each in enumerate(texts) if each.strip() == text}
    if letter is not None and LABELS.index(letter) < len(texts):
        places.add(LABELS.index(letter))
    if len(places) != 1:
        reason = "which of them is not clear" if places else "it is none of them"
        raise DataError(
            f"{where}: want a label from A to {LABELS[len(texts) - 1]}, the number of a choice from 0 to "
            f"{len(texts) - 1}, or its text: {reason}, given {short(answer)}"
        )
    return places.pop()


def _showing(prompt: Prompt, texts: Sequence[str]) -> Prompt:
    *earlier, last = prompt
    shown = " ".join(last["content"].split())
    if all(
        re.search(rf"(?<!\w){name}\W{{1,4}}{re.escape(' '.join(text.split()))}", shown)
        for name, text in zip(LABELS, texts, strict=False)
    ):
        return prompt
    return (*earlier, Message(role=last["role"], content=lettered(last["content"].rstrip(), texts)))
