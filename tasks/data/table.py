"""Encoded problems as Parquet bytes and back: one row per problem, lossless, the same bytes for the same rows."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.errors import DataError
from tasks.records import EncodedProblem, Message, Problem

SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("prompt", pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())])), nullable=False),
        pa.field("verifier", pa.string(), nullable=False),
        pa.field("reference", pa.string(), nullable=False),  # a JSON object
        pa.field("solutions", pa.int64()),
        pa.field("prompt_ids", pa.list_(pa.int32()), nullable=False),
        pa.field("content", pa.list_(pa.int32()), nullable=False),
    ]
)


def to_bytes(rows: Sequence[EncodedProblem]) -> bytes:
    """Return the rows in their order, as one Parquet file."""
    columns = {
        "id": [row.problem.id for row in rows],
        "prompt": [list(row.problem.prompt) for row in rows],
        "verifier": [row.problem.verifier for row in rows],
        "reference": [json.dumps(row.problem.reference, sort_keys=True, ensure_ascii=True) for row in rows],
        "solutions": [row.problem.solutions for row in rows],
        "prompt_ids": [row.prompt_ids for row in rows],
        "content": [row.content for row in rows],
    }
    sink = io.BytesIO()
    table = pa.Table.from_pydict(columns, schema=SCHEMA)
    pq.write_table(table, sink, compression="zstd", row_group_size=4096, use_dictionary=False, write_statistics=False)
    return sink.getvalue()


def from_bytes(payload: bytes, name: str) -> list[EncodedProblem]:
    """Return the rows that `to_bytes` wrote. DataError, which opens with `name`, for a file of another kind."""
    try:
        table = pq.read_table(io.BytesIO(payload))
    except (pa.ArrowException, OSError) as error:
        raise DataError(f"{name}: not a Parquet table ({error}): remove it, so that it is made again") from error
    if not table.schema.remove_metadata().equals(SCHEMA):
        raise DataError(
            f"{name}: columns {table.schema.names} are not those of encoded problems: "
            "remove it, so that it is made again"
        )
    return [
        EncodedProblem(
            problem=Problem(
                id=row["id"],
                prompt=tuple(Message(role=message["role"], content=message["content"]) for message in row["prompt"]),
                verifier=row["verifier"],
                reference=json.loads(row["reference"]),
                solutions=row["solutions"],
            ),
            prompt_ids=tuple(row["prompt_ids"]),
            content=tuple(row["content"]),
        )
        for row in table.to_pylist()
    ]
