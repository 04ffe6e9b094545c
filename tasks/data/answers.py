"""References that are one text: the answer of a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tasks.data.columns import Columns, Strict, Text, look_up, number_as_text, validated
from tasks.errors import DataError
from tasks.records import Message

Prompt = tuple[Message, ...]
Reference = Mapping[str, Any]
#: From (row, columns, place, prompt) to the reference, and the prompt with what the verifier needs shown in it.
Reader = Callable[[Mapping[str, Any], Columns, str, Prompt], tuple[Reference, Prompt]]


class _Answer(Strict):
    answer: Text


def after_mark(answer: object, columns: Columns, where: str) -> object:
    """Return of a text what follows the mark `columns.answer_after`, any other value as it is.

    Raises DataError, which opens with `where`.
    """
    if columns.answer_after is None or not isinstance(answer, str):
        return answer
    _, found, rest = answer.rpartition(columns.answer_after)
    if not found:
        raise DataError(f"{where}: {columns.answer}: no {columns.answer_after!r} (data.answer_after) in it")
    return rest.strip()


def read_answer(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
    """Return the reference `{"answer": text}` and the prompt as it is; a number becomes its text.

    Raises DataError, which opens with `where`.
    """
    answer = after_mark(number_as_text(look_up(row, columns.answer, where)), columns, where)
    return {"answer": validated(_Answer, {"answer": answer}, {"answer": columns.answer}, where).answer}, prompt
