"""The rows of problems as their source has them, which users' own reward functions read: JSON in a Parquet file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, time
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa

from tasks import table
from tasks.data.columns import look_up
from tasks.records import Message, Problem, SourceRow

#: Names that a reward function is given already.
RESERVED = frozenset(
    {"prompt", "prompts", "completion", "completions", "completion_ids", "trainer_state", "log_extra", "log_metric"}
)
ROWS = "rows.parquet"  # the file of a columns step
_SCHEMA = {"problem_id": pa.string(), "prompt": pa.string(), "columns": pa.string()}


def row_of(row: Mapping[str, Any], prompt_column: str) -> SourceRow:
    """Return a source's row, without what JSON cannot hold (images, bytes)."""
    prompt = look_up(row, prompt_column, "")
    chat = tuple(Message(role=turn["role"], content=turn["content"]) for turn in prompt) if _is_chat(prompt) else None
    columns = {name: value for name, value in row.items() if name not in RESERVED and _fits(value)}
    return SourceRow(chat or str(prompt), {name: _plain(value) for name, value in columns.items()})


def row_of_problem(problem: Problem) -> SourceRow:
    """Return the row of a problem that no row was read for: its prompt, and its reference as columns."""
    user = [message["content"] for message in problem.prompt]
    return SourceRow(user[0] if len(user) == 1 else problem.prompt, _plain(problem.reference))


def to_bytes(rows: Mapping[str, SourceRow]) -> bytes:
    """Return rows by problem id as a Parquet file; the same bytes for the same rows."""
    texts = (
        {"problem_id": name, "prompt": _json(row.prompt), "columns": _json(row.columns)} for name, row in rows.items()
    )
    return table.to_bytes(list(texts), _SCHEMA)


def from_bytes(data: bytes) -> dict[str, SourceRow]:
    """Return what `to_bytes` wrote."""
    return {row["problem_id"]: _read(json.loads(row["prompt"]), row["columns"]) for row in table.from_bytes(data)}


def _read(prompt: Any, columns: str) -> SourceRow:
    return SourceRow(prompt if isinstance(prompt, str) else tuple(prompt), json.loads(columns))


def _is_chat(prompt: object) -> bool:
    return not isinstance(prompt, str) and isinstance(prompt, Iterable)


def _fits(value: object) -> bool:
    """Return whether a value can be JSON."""
    if isinstance(value, Mapping):
        return all(map(_fits, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_fits, value))
    return (
        value is None or isinstance(value, str | int | float | date | time | Decimal | UUID) or hasattr(value, "tolist")
    )


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: numbers of NumPy as numbers, dates and decimals as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if hasattr(value, "tolist"):
        return value.tolist()
    return str(value) if isinstance(value, date | time | Decimal | UUID) else value


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=True)
