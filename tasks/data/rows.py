"""From a row of a file or a data set to a `Problem`: the schema, checked when the row is read.

The reference is read by the verifier that will judge the responses.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator

from tasks.data.answers import Prompt, Reader
from tasks.data.columns import AnyText, Columns, Name, Strict, Text, look_up, validated
from tasks.errors import DataError
from tasks.records import Message, Problem


class _Turn(Strict):
    role: Literal["system", "user", "assistant"]
    content: AnyText

    @field_validator("content")
    @classmethod
    def _not_empty(cls, content: str, turn: ValidationInfo) -> str:
        # An empty system message says something: no default of the chat template's own.
        if not content.strip() and turn.data.get("role") != "system":
            raise ValueError("it is empty")
        return content


class _TextRow(Strict):
    id: Name | None = None
    prompt: Text


class _ChatRow(Strict):
    id: Name | None = None
    prompt: list[_Turn] = Field(min_length=1)


def problem_from_row(row: Mapping[str, Any], columns: Columns, where: str, number: int, read: Reader) -> Problem:
    """Return `row` as a problem for `columns.verifier`, whose reader of references is `read`.

    `where` (file and line) opens every error; `number` (from 0) is the problem's id if the row has none. DataError.
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
    reference, prompt = read(row, columns, where, prompt)
    return Problem(id=name or f"{number:06d}", prompt=prompt, verifier=columns.verifier, reference=reference)
