"""The columns of a row, and the checks of its plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from specs.sections import Data
from tasks.errors import DataError

DEFAULT_ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that hold a row's prompt and reference, and the verifier that reads the reference.

    `answer` may reach into nested records by dots (`reward_model.ground_truth`); with `answer_after` the reference is
    the text after the last occurrence of that marker (GSM8K: `####`).
    """

    prompt: str = "prompt"
    answer: str = DEFAULT_ANSWER
    answer_after: str | None = None
    verifier: str = "math"

    @classmethod
    def of(cls, data: Data, verifier: str) -> Columns:
        """Return the columns that the data section of a spec names."""
        return cls(data.prompt_column, data.answer_column, data.answer_after, verifier)


def _no_blank(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise ValueError("it is empty")
    return value


def _number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


Text = Annotated[str, BeforeValidator(_no_blank)]
Name = Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1)]


class Strict(BaseModel):
    """The base of models that check rows: other columns are let through, and no value is converted."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore")


Model = TypeVar("Model", bound=Strict)


def validated(model: type[Model], fields: Mapping[str, Any], columns: Mapping[str, str], where: str) -> Model:
    """Return `fields` as a `model`; `columns` maps fields of the model to columns.

    Raises DataError, which opens with `where` and names the column, for what the model does not allow.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise DataError(f"{where}: {_first_fault(error, columns)}") from None


def look_up(row: Mapping[str, Any], path: str, where: str) -> Any:
    """Return the value at `path`: a key as it stands, or else its parts between dots, one inside the other."""
    if path in row:
        return row[path]
    value: Any = row
    for part in path.split("."):
        if not isinstance(value, Mapping) or part not in value:
            raise DataError(f"{where}: no key {path!r}; the row has {', '.join(map(str, row)) or 'no keys'}")
        value = value[part]
    return value


def short(value: object) -> str:
    """Return the value as text of at most 60 characters, for messages."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _first_fault(error: ValidationError, columns: Mapping[str, str]) -> str:
    fault = error.errors(include_url=False)[0]
    first, *rest = fault["loc"]
    place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in rest)
    message = str(fault["ctx"]["error"]) if fault["type"] == "value_error" else fault["msg"]
    column = f"{columns.get(str(first), str(first))}{place}"
    return f"{column}: {message[:1].lower()}{message[1:]}, given {short(fault['input'])}"
