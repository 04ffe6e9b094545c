"""What a user's function returned, checked: one finite number, or None, for each response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WANT = "want a list with one finite number, or None, for each response"
LARGEST = 1e100  # of a score: squares of larger ones, which a standard deviation needs, are no longer finite


class ResultError(Exception):
    """A function returned what is no score. Says what, and what is wanted."""


def scores_of(result: Any, count: int) -> list[float | None]:
    """Return the scores of `count` responses. Raises ResultError."""
    given = result.tolist() if hasattr(result, "tolist") else result  # an array of NumPy or torch
    if not isinstance(given, list | tuple):
        raise ResultError(f"it returned {_short(result)}, {WANT}")
    if len(given) != count:
        raise ResultError(f"it returned {len(given)} scores for {count} responses, {WANT}")
    return [number_of(each, f" for response {index}") for index, each in enumerate(given)]


def number_of(value: Any, where: str = "") -> float | None:
    """Return a score as a float. Raises ResultError, which says `where` it stands, for what is no finite number."""
    plain = value.item() if hasattr(value, "item") else value  # a number of NumPy or torch
    if plain is None:
        return None
    if not isinstance(plain, bool | int | float) or not abs(plain) <= LARGEST:
        raise ResultError(f"it returned {_short(plain)}{where}, {WANT}")
    return float(plain)


def one_score(result: Any) -> tuple[float | None, dict[str, Any]]:
    """Return the score of one response in verl's form, and what else the function says of it. Raises ResultError."""
    if not isinstance(result, Mapping):
        return number_of(result), {}
    if "score" not in result:
        raise ResultError(f"it returned a mapping without `score`: {_short(result)}")
    return number_of(result["score"]), {str(key): value for key, value in result.items() if key != "score"}


def _short(value: object) -> str:
    text = " ".join(repr(value).split())
    return text if len(text) <= 100 else f"{text[:100]}..."
