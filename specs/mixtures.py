"""The mixture that `data.train` may name in the place of one source: parts by name, each with a source and a weight.

    train: {a: {source: rows.parquet, weight: 3}, b: {source: "puzzle:countdown"}}

What a part does not say is as in `data` (specs/sources.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import Field, ValidationError

from specs.base import Section
from specs.hints import nearest

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]*")


class Part(Section):
    """A part of a mixture; what is null is as in `data`."""

    source: str = Field(min_length=1, description="A source, as `data.train` names one alone.")
    weight: float = Field(
        default=1.0, gt=0, description="Of the part in the draw: 3 and 1 give three quarters and one quarter."
    )
    verifier: str | None = Field(default=None, min_length=1, description="As data.verifier.")
    prompt_column: str | None = Field(default=None, min_length=1, description="As data.prompt_column.")
    answer_column: str | None = Field(default=None, min_length=1, description="As data.answer_column.")
    answer_after: str | None = Field(default=None, min_length=1, description="As data.answer_after.")
    subset: str | None = Field(default=None, min_length=1, description="As data.subset.")
    split: str | None = Field(default=None, min_length=1, description="As data.split.")
    revision: str | None = Field(default=None, min_length=1, description="As data.revision.")

    def own(self) -> dict[str, Any]:
        """Return the settings of `data` that the part says itself."""
        return self.model_dump(exclude={"source", "weight"}, exclude_none=True)


def read_parts(value: Mapping[Any, Any]) -> dict[str, Part]:
    """Return the parts of a mixture. ValueError, with a line for each problem, where they are none."""
    parts: dict[str, Part] = {}
    lines = [] if value else ["data.train: got {}, want one part or more, as a: {source: rows.parquet, weight: 3}"]
    for name, given in value.items():
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            lines.append(f"data.train.{name}: not the name of a part; want one like {_NAME.pattern}")
        elif not isinstance(given, Mapping | Part):
            lines.append(f"data.train.{name}: got {given!r}, want a mapping with {', '.join(Part.model_fields)}")
        else:
            try:
                parts[name] = Part.model_validate(given)
            except ValidationError as error:
                lines += _lines(f"data.train.{name}", error)
    if lines:
        raise ValueError("\n".join(lines))
    return parts


def _lines(key: str, error: ValidationError) -> Iterator[str]:
    for each in error.errors():
        name = str(each["loc"][0])
        want = "a number (float > 0)" if name == "weight" else "text (not empty)"
        if each["type"] == "extra_forbidden":
            near = nearest(name, tuple(Part.model_fields))
            advice = f"nearest is {key}.{near}" if near else f"want one of {', '.join(Part.model_fields)}"
            yield f"{key}.{name}: no such key; {advice}"
        elif each["type"] == "missing":
            yield f"{key}.{name}: missing; want {want}"
        else:
            yield f"{key}.{name}: got {each['input']!r}, want {want}"
