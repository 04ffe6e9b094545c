"""From a row of a file or a data set to a `Problem`: the schema, checked when the row is read. Each verifier has its reader of references."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.data.code import read_code
from tasks.data.columns import Columns, Name, Strict, Text, look_up, validated
from tasks.errors import DataError
from tasks.records import Message, Problem

Prompt = tuple[Message, ...]
Reference = Mapping[str, Any]
#: From (row, columns, where, prompt) to the reference, and the prompt with what the verifier needs shown.
Reader = Callable[[Mapping[str, Any], Columns, str, Prompt], tuple[Reference, Prompt]]


class _Turn(Strict):
    role: Literal["system", "user", "assistant"]
    content: Text


class _TextRow(Strict):
    id: Name | None = None
    prompt: Text


class _ChatRow(Strict):
    id: Name | None = None
    prompt: list[_Turn] = Field(min_length=1)


class _Answer(Strict):
    answer: Text


def problem_from_row(row: Mapping[str, Any], columns: Columns, where: str, number: int) -> Problem:
    """`row` as a problem for `columns.verifier`. `where` (file and line) opens every error; `number` (from 0) is the problem's id if
    the row has none.
    """
    fields = {"prompt": look_up(row, columns.prompt, where), "id": row.get("id")}
    named = {"prompt": columns.prompt}
    prompt: Prompt
    if isinstance(fields["prompt"], list):
        chat = validated(_ChatRow, fields, named, where)
        name, prompt = chat.id, tuple(Message(role=turn.role, content=turn.content) for turn in chat.prompt)
        if prompt[-1]["role"] != "user":
            raise DataError(
                f"{where}: {columns.prompt}: its last message is the {prompt[-1]['role']}'s: it must be the user's"
            )
    else:
        text = validated(_TextRow, fields, named, where)
        name, prompt = text.id, (Message(role="user", content=text.prompt),)
    reference, prompt = READERS.get(columns.verifier, read_answer)(row, columns, where, prompt)
    return Problem(id=name or f"{number:06d}", prompt=prompt, verifier=columns.verifier, reference=reference)


def read_answer(row: Mapping[str, Any], columns: Columns, where: str, prompt: Prompt) -> tuple[Reference, Prompt]:
    """The reference is text: `{"answer": ...}`."""
    answer = look_up(row, columns.answer, where)
    if columns.answer_after is not None and isinstance(answer, str):
        _, found, rest = answer.rpartition(columns.answer_after)
        if not found:
            raise DataError(f"{where}: {columns.answer}: no {columns.answer_after!r} (data.answer_after) in it")
        answer = rest.strip()
    return {"answer": validated(_Answer, {"answer": answer}, {"answer": columns.answer}, where).answer}, prompt


#: By verifier; `read_answer` for those that have none of their own.
READERS: Mapping[str, Reader] = {"code": read_code}
