"""JSON with integers of any length. Python converts no text of more than 4300 digits, for the sake of servers.

Only for problems, which are trusted with time: what a program writes is read with the limit.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

_DIGITS = 4300
_BITS = 14_000  # an integer with fewer has no more digits than that


def loads(text: str) -> Any:
    """Return the value of a JSON text. Raises ValueError, and RecursionError where it is nested too deeply."""
    return json.loads(text, parse_int=_integer)


def dumps(value: Any) -> str:
    """Return a value that `loads` gave as JSON, as `json.dumps` does."""
    if isinstance(value, list):
        return f"[{', '.join(map(dumps, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{json.dumps(key)}: {dumps(item)}' for key, item in value.items())}}}"
    if type(value) is int and value.bit_length() > _BITS:
        return str(Decimal(value))
    return json.dumps(value)


def _integer(digits: str) -> int:
    return int(digits if len(digits) <= _DIGITS else Decimal(digits))
