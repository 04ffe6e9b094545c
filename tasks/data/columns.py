"""The columns of a row, and the checks of its plain values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

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


HALF_CHARACTER = "it holds half of a surrogate pair, which is no character: mend the text where it was cut"


def whole_characters(text: str) -> bool:
    """Return whether a text can be written as UTF-8: JSON's escapes can also write half a character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def number_as_text(value: object) -> object:
    """Return a finite number as text, digit by digit as it was written; anything else as it is."""
    value = value.item() if hasattr(value, "item") else value  # a number of NumPy, from a source of the user's own
    if type(value) is int:
        return str(value)
    if isinstance(value, float | Decimal) and math.isfinite(value):
        return format(Decimal(repr(value)) if isinstance(value, float) else value, "f")
    return value


def _whole_characters(value: str) -> str:
    if not whole_characters(value):
        raise ValueError(HALF_CHARACTER)
    return value


def _no_blank(value: str) -> str:
    if not value.strip():
        raise ValueError("it is empty")
    return value


def _whole_number_as_text(value: object) -> object:
    return str(value) if type(value) is int else value


AnyText = Annotated[str, AfterValidator(_whole_characters)]
Text = Annotated[AnyText, AfterValidator(_no_blank)]
Name = Annotated[AnyText, BeforeValidator(_whole_number_as_text), Field(min_length=1)]


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
