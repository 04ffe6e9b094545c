"""Rollouts as a Parquet table: one row per sample, lossless, the same bytes for the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DataError
from tasks.records import FinishReason, Rollout

SCHEMA = pa.schema(
    [
        pa.field("problem_id", pa.string(), nullable=False),
        pa.field("sample", pa.int32(), nullable=False),
        pa.field("prompt_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("response_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("logprobs", pa.list_(pa.float32()), nullable=False),
        pa.field("finish_reason", pa.string(), nullable=False),
        pa.field("lineage", pa.string(), nullable=False),
        pa.field("seed", pa.int64(), nullable=False),
    ]
)


def write_rollouts(path: Path, rollouts: Sequence[Rollout]) -> None:
    """Write the rows in their order. Log-probabilities are float32 values, as the engines give them."""
    columns = {
        name: [
            str(value) if isinstance(value, FinishReason) else value
            for value in (getattr(row, name) for row in rollouts)
        ]
        for name in SCHEMA.names
    }
    table = pa.Table.from_pydict(columns, schema=SCHEMA)
    pq.write_table(table, path, compression="zstd", row_group_size=4096, use_dictionary=False, write_statistics=False)


def read_rollouts(path: Path) -> list[Rollout]:
    """Read what `write_rollouts` wrote. Raises DataError for a file of another kind."""
    try:
        table = pq.read_table(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path}: cannot be read as a table of rollouts ({error}); remove it so that it is made again"
        ) from error
    if not table.schema.equals(SCHEMA):
        raise DataError(
            f"{path}: columns {table.schema.names} are not those of rollouts; remove it so that it is made again"
        )
    return [
        Rollout(
            problem_id=row["problem_id"],
            sample=row["sample"],
            prompt_ids=tuple(row["prompt_ids"]),
            response_ids=tuple(row["response_ids"]),
            logprobs=tuple(row["logprobs"]),
            finish_reason=FinishReason(row["finish_reason"]),
            lineage=row["lineage"],
            seed=row["seed"],
        )
        for row in table.to_pylist()
    ]
