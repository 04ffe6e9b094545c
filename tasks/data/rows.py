"""From a row of a file or a data set to a `Problem`: the schema, checked when the row is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from tasks.errors import DataError
from tasks.records import Message, Problem


@dataclass(frozen=True, slots=True)
class Columns:
    """Where in a row things are. `answer` may reach into nested records by dots (`reward_model.ground_truth`); with
    `answer_after` the reference is the text after the last occurrence of that marker (GSM8K: `####`).
    """

    prompt: str = "prompt"
    answer: str = "answer"
    answer_after: str | None = None
    verifier: str = "math"


def _no_blank(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("it is empty")
    return value


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


Text = Annotated[str, BeforeValidator(_no_blank)]
Name = Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


class _Turn(_Strict):
    role: Literal["system", "user", "assistant"]
    content: Text


class _TextRow(_Strict):
    id: Name | None = None
    prompt: Text
    answer: Text


class _ChatRow(_Strict):
    id: Name | None = None
    prompt: list[_Turn] = Field(min_length=1)
    answer: Text


def problem_from_row(row: Mapping[str, Any], columns: Columns, where: str, number: int) -> Problem:
    """`row` as a problem whose reference is `{"answer": ...}`. `where` (file and line) opens every error; `number` (from 0)
    is the problem's id if the row has none.
    """
    fields = {
        "prompt": _look_up(row, columns.prompt, where),
        "answer": _after(_look_up(row, columns.answer, where), columns, where),
        "id": row.get("id"),
    }
    model = _ChatRow if isinstance(fields["prompt"], list) else _TextRow
    try:
        checked = model.model_validate(fields)
    except ValidationError as error:
        raise DataError(f"{where}: {_first_fault(error, columns)}") from None
    if isinstance(checked, _ChatRow):
        prompt = tuple(Message(role=turn.role, content=turn.content) for turn in checked.prompt)
        if prompt[-1]["role"] != "user":
            raise DataError(f"{where}: {columns.prompt}: its last message is the {prompt[-1]['role']}'s: it must be the user's")
    else:
        prompt = (Message(role="user", content=checked.prompt),)
    name = checked.id or f"{number:06d}"
    return Problem(id=name, prompt=prompt, verifier=columns.verifier, reference={"answer": checked.answer})


def _look_up(row: Mapping[str, Any], path: str, where: str) -> Any:
    """The value at `path`: a key as it stands, or else its parts between dots, one inside the other."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise DataError(f"{where}: no key {path!r}; the row has {', '.join(map(str, row)) or 'no keys'}")
        value = value[part]
    return value


def _after(answer: Any, columns: Columns, where: str) -> Any:
    if columns.answer_after is None or not isinstance(answer, str):
        return answer
    _, found, rest = answer.rpartition(columns.answer_after)
    if not found:
        raise DataError(f"{where}: {columns.answer}: no {columns.answer_after!r} (data.answer_after) in it")
    return rest.strip()


def _first_fault(error: ValidationError, columns: Columns) -> str:
    fault = error.errors(include_url=False)[0]
    first, *rest = fault["loc"]
    key = {"prompt": columns.prompt, "answer": columns.answer}.get(str(first), str(first))
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
    message = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else fault["msg"]
    return f"{key}{place}: {message[:1].lower()}{message[1:]}, given {_short(fault['input'])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
